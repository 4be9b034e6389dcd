// Golden frames: what version 1 wrote reads as it did then, and what is written now is what version 1 reads.

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type DescMessage, fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { decodeClientFrame, decodeRelayFrame } from '../../src/protocol/frames.ts'
import { ENUMS, FRAME_TYPES, FRAMES_V1, type RecordedEnums, SIGNED_TYPES } from './golden.ts'

const recordedIn = (folder: string) =>
  readdirSync(join(FRAMES_V1, folder))
    .filter((file) => file.endsWith('.bin'))
    .map((file) => basename(file, '.bin'))

function golden(folder: string, name: string): { bytes: Buffer; json: JsonValue } {
  const file = join(FRAMES_V1, folder, name)
  return { bytes: readFileSync(`${file}.bin`), json: JSON.parse(readFileSync(`${file}.json`, 'utf8')) }
}

describe.each(Object.entries(FRAME_TYPES))('frames of a %s', (folder, type) => {
  const cases = type.oneofs[0]?.fields.map(({ name }) => name)

  test('each type has its golden frame, and none was given up', () => {
    expect(recordedIn(folder).toSorted(), 'node test/golden/record-frames.ts records what is new').toEqual(
      cases?.toSorted(),
    )
  })

  test.each(recordedIn(folder))('[P4] %s: every field is what it was', (name) => stays(folder, name, type))

  test.each(recordedIn(folder))('[P4] %s with what a later version adds is read all the same', (name) => {
    const { bytes, json } = golden(folder, name)
    const read = folder === 'client' ? decodeClientFrame : decodeRelayFrame
    const frame = read(withUnknownFields(type, bytes))
    expect(frame && toJson(type, frame)).toEqual(json)
  })
})

test.each(SIGNED_TYPES)('[P21] a $name that was signed is what it was', (type) => stays('signed', type.name, type))

function stays(folder: string, name: string, type: DescMessage): void {
  const { bytes, json } = golden(folder, name)
  expect(toJson(type, fromBinary(type, bytes))).toEqual(json)
  expect(Buffer.from(toBinary(type, fromJson(type, json)))).toEqual(bytes)
}

/** Field 999 of text in the message itself and at the end of its body. */
function withUnknownFields(type: DescMessage, bytes: Uint8Array): Uint8Array {
  const unknown = [{ no: 999, wireType: 2, data: Uint8Array.of(3, 1, 2, 3) }]
  const message = fromBinary(type, bytes) as { $unknown?: unknown; body?: { value?: { $unknown?: unknown } } }
  message.$unknown = unknown
  if (message.body?.value !== undefined) message.body.value.$unknown = unknown
  const longer = toBinary(type, message as never)
  expect(longer.length).toBeGreaterThanOrEqual(bytes.length + 2 * 6)
  return longer
}

test('[P7] numbers of reasons, kinds and types mean what they meant', () => {
  const recorded: RecordedEnums = JSON.parse(readFileSync(join(FRAMES_V1, 'enums.json'), 'utf8'))
  const now = Object.fromEntries(
    ENUMS.map(({ name, values }) => [name, Object.fromEntries(values.map((value) => [value.name, value.number]))]),
  )
  expect(recorded, 'node test/golden/record-frames.ts records what is new').toEqual(now)
})
