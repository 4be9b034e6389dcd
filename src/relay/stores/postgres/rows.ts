// Between rows and the contract: ids as PostgreSQL's uuid, envelopes as they are held.

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
