// Between rows and the contract: ids as PostgreSQL's uuid, columns of them, envelopes as they are held.

import type { EnvelopeType } from '../../../protocol/generated/relay_pb.ts'
import { type Instant, uuidToBytes } from '../../../shared/ids.ts'
import type { HeldEnvelope, OutgoingEnvelope, Submission } from '../../store.ts'
import type { HeldItem, Publication } from '../../streams/contract.ts'

/** Any 16 bytes are a uuid to PostgreSQL, and dashes are optional. */
export function uuidOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

export function heldEnvelope(
  { submission, sender, senderDevice }: Submission,
  { type, content }: OutgoingEnvelope,
  position: number,
  takenAt: Instant,
): HeldEnvelope {
  return { position, submission, sender: uuidToBytes(sender), senderDevice, type, content, takenAt }
}

export function heldItem(
  { kind, message, content, sender, senderDevice }: Publication,
  position: number,
  takenAt: Instant,
): HeldItem {
  return { position, kind, sender: uuidToBytes(sender), senderDevice, message, content, takenAt }
}

/** An array as PostgreSQL reads it, of numbers and uuids: they need no quotes, and nobody has to look for any. */
export function column(values: readonly (number | string)[]): string {
  return `{${values.join()}}`
}

/** An envelope in one value, which costs less on the way than one for each of its columns. */
export const PACKED_ENVELOPE = `
  int8send(position) || uuid_send(submission) || uuid_send(sender) || int2send(sender_device) || int2send(type) ||
  int8send(taken_at) || content`

export function unpackEnvelope(packed: Buffer): HeldEnvelope {
  return {
    position: readWhole(packed, 0),
    submission: packed.subarray(8, 24),
    sender: packed.subarray(24, 40),
    senderDevice: packed.readUInt16BE(40),
    type: packed.readUInt16BE(42) as EnvelopeType,
    takenAt: readWhole(packed, 44),
    content: packed.subarray(52),
  }
}

/** Of eight bytes: positions and times are below 2⁵³. */
function readWhole(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
}
