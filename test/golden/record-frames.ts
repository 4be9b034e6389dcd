// Records golden frames of what has none yet: `node test/golden/record-frames.ts`. What is recorded stays as it is.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DescMessage, type Message, toBinary, toJson } from '@bufbuild/protobuf'
import { ENUMS, FRAME_TYPES, FRAMES_V1, type RecordedEnums, SIGNED_TYPES } from './golden.ts'
import { sampleMessage, sampleOfEachCase } from './sample-message.ts'

function record(folder: string, name: string, type: DescMessage, message: Message): void {
  const place = join(FRAMES_V1, folder)
  const bytes = join(place, `${name}.bin`)
  if (existsSync(bytes)) return
  mkdirSync(place, { recursive: true })
  writeFileSync(bytes, toBinary(type, message))
  writeFileSync(join(place, `${name}.json`), `${JSON.stringify(toJson(type, message), null, 2)}\n`)
  console.log(`recorded ${folder}/${name}`)
}

for (const [folder, type] of Object.entries(FRAME_TYPES))
  for (const { name, message } of sampleOfEachCase(type)) record(folder, name, type, message)
for (const type of SIGNED_TYPES) record('signed', type.name, type, sampleMessage(type))

const file = join(FRAMES_V1, 'enums.json')
const recorded: RecordedEnums = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
for (const { name, values } of ENUMS)
  recorded[name] = { ...Object.fromEntries(values.map((value) => [value.name, value.number])), ...recorded[name] }
writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`)
