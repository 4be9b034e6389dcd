// Where golden frames are, and what they are of. test/fixtures/README.md says what for.

import { join } from 'node:path'
import type { DescEnum, DescMessage } from '@bufbuild/protobuf'
import {
  ClientFrameSchema,
  DeviceListSchema,
  file_relay,
  RelayFrameSchema,
} from '../../src/protocol/generated/relay_pb.ts'

/** Recorded when version 1 was all there was. A later version gets a folder of its own, and this one stays. */
export const FRAMES_V1 = join(import.meta.dirname, '../fixtures/frames-v1')

/** By folder. */
export const FRAME_TYPES: Readonly<Record<'client' | 'relay', DescMessage>> = {
  client: ClientFrameSchema,
  relay: RelayFrameSchema,
}

/** Not frames, but kept and signed as they are. */
export const SIGNED_TYPES: readonly DescMessage[] = [DeviceListSchema]

export const ENUMS: readonly DescEnum[] = file_relay.enums

/** Names and numbers of an enum. */
export type RecordedEnums = Record<string, Record<string, number>>

/** A conversation between devices and a relay, as bytes in base64, in order. */
export interface RecordedConversation {
  /** What the relay's clock showed, and the byte that all its random bytes were. */
  time: number
  chance: number
  steps: RecordedStep[]
}

export type RecordedStep =
  | { who: string; says: string }
  | { who: string; hears: string }
  | { who: string; does: 'dial' | 'hang up' }
