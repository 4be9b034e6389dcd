// Frames of the devices that load a relay, made and read by hand: on the second core they are to cost no more than those of
// the references do.

import { randomBytes, randomFillSync } from 'node:crypto'
import { encodeClientFrame } from '../../../src/protocol/frames.ts'
import {
  AcknowledgeSchema,
  ClientFrameSchema,
  DeliverSchema,
  IncomingEnvelopeSchema,
  RelayFrameSchema,
} from '../../../src/protocol/generated/relay_pb.ts'
import { type Person, submissionTo } from '../../relay/device.ts'

/** Answers are told apart from pushes by their request: the bench asks for nothing else. */
export const ASKED = 1_000_000

const VARINT = 0
const LENGTH = 2
const tagOf = ({ number }: { number: number }, wireType: number) => (number << 3) | wireType

const ACCEPTED = tagOf(RelayFrameSchema.field.accepted, LENGTH)
const DELIVER = tagOf(RelayFrameSchema.field.deliver, LENGTH)
const ENVELOPE = tagOf(DeliverSchema.field.envelopes, LENGTH)
const POSITION = tagOf(IncomingEnvelopeSchema.field.position, VARINT)
const REQUEST = tagOf(ClientFrameSchema.field.request, VARINT)
const ACKNOWLEDGE = tagOf(ClientFrameSchema.field.acknowledge, LENGTH)
const POSITIONS = tagOf(AcknowledgeSchema.field.positions, LENGTH)

const ID_BYTES = 16
const ids = { bytes: Buffer.alloc(256 * ID_BYTES), used: Number.POSITIVE_INFINITY }

/** Of one person's submissions to another, which differ in nothing but their random ids. The frame is good until the next. */
export function submissionFrames(receiver: Person, content: Uint8Array): () => Buffer {
  const id = randomBytes(ID_BYTES)
  const frame = Buffer.from(encodeClientFrame(ASKED, { case: 'submit', value: submissionTo(receiver, content, id) }))
  const at = frame.indexOf(id)
  return () => {
    if (ids.used >= ids.bytes.length) {
      randomFillSync(ids.bytes)
      ids.used = 0
    }
    ids.bytes.copy(frame, at, ids.used, ids.used + ID_BYTES)
    ids.used += ID_BYTES
    return frame
  }
}

/** What it acknowledges is below 2³². */
export function acknowledgement(positions: readonly number[]): Buffer {
  const packed = Buffer.alloc(5 * positions.length)
  let length = 0
  for (const position of positions) length = writeVarint(packed, length, position)
  const frame = Buffer.alloc(32 + length)
  let at = writeVarint(frame, writeVarint(frame, 0, REQUEST), ASKED)
  at = writeVarint(frame, writeVarint(frame, at, ACKNOWLEDGE), 1 + varintSize(length) + length)
  at = writeVarint(frame, writeVarint(frame, at, POSITIONS), length)
  packed.copy(frame, at, 0, length)
  return frame.subarray(0, at + length)
}

/** Whether it says that a submission was taken. */
export function isAccepted(frame: Buffer): boolean {
  const request = readVarint(frame, 0)
  return request.value === REQUEST && readVarint(frame, readVarint(frame, request.end).end).value === ACCEPTED
}

/** The positions of what is pushed; none if it pushes something else. */
export function positionsIn(frame: Buffer): number[] {
  const kind = readVarint(frame, 0)
  const found: number[] = []
  if (kind.value !== DELIVER) return found
  let at = readVarint(frame, kind.end).end
  while (at < frame.length) {
    const envelope = readVarint(frame, at)
    if (envelope.value !== ENVELOPE) throw new Error('a push of something else than envelopes')
    const length = readVarint(frame, envelope.end)
    const first = readVarint(frame, length.end)
    if (first.value !== POSITION) throw new Error('an envelope without position')
    found.push(readVarint(frame, first.end).value)
    at = length.end + length.value
  }
  return found
}

function readVarint(bytes: Buffer, start: number): { value: number; end: number } {
  let value = 0
  for (let at = start, scale = 1; ; at++, scale *= 0x80) {
    const byte = bytes[at]
    if (byte === undefined) throw new Error('a frame that breaks off')
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return { value, end: at + 1 }
  }
}

/** Returns where it ends. */
function writeVarint(bytes: Buffer, start: number, value: number): number {
  let at = start
  let left = value
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes[at++] = (left % 0x80) | 0x80
  bytes[at++] = left
  return at
}

function varintSize(value: number): number {
  return value < 0x80 ? 1 : 1 + varintSize(Math.floor(value / 0x80))
}
