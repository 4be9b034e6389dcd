// The bytes that get signed: a label that says what for, then each part behind its length, so that no two statements
// share their bytes.

import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { type AccountId, bytesToUuid, type DeviceId, type GroupId, GroupSessionId, uuidToBytes } from '../shared/ids.ts'

/** label and parts, each as a 32-bit big-endian length and its bytes. */
export function labelled(label: string, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = [utf8ToBytes(label), ...parts]
  const bytes = new Uint8Array(all.reduce((size, part) => size + 4 + part.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const part of all) {
    view.setUint32(at, part.length)
    bytes.set(part, at + 4)
    at += 4 + part.length
  }
  return bytes
}

export interface Challenge {
  relay: Uint8Array
  nonce: Uint8Array
  account: AccountId
  device: DeviceId
  registrationId: number
  identityKey: Uint8Array
  timeMs: bigint
}

/** [P11] What a device signs to prove itself to one relay, once. */
export function challengeBytes(challenge: Challenge): Uint8Array<ArrayBuffer> {
  return labelled(
    'sotto relay authentication v1',
    challenge.relay,
    challenge.nonce,
    uuidToBytes(challenge.account),
    Uint8Array.of(challenge.device),
    Uint8Array.of(challenge.registrationId >> 8, challenge.registrationId & 0xff),
    challenge.identityKey,
    bigEndian(challenge.timeMs),
  )
}

/** [P21] What the identity key signs over a serialised DeviceList. */
export function deviceListBytes(list: Uint8Array): Uint8Array<ArrayBuffer> {
  return labelled('sotto device list v1', list)
}

/** Of a session's id: chosen at random when the session is begun. */
export const SESSION_SALT_BYTES = 16

/** What the id of a session is made of. */
export interface SessionOrigin {
  group: GroupId
  epoch: number
  owner: AccountId
  device: DeviceId
  /** SESSION_SALT_BYTES. */
  salt: Uint8Array
}

export interface Announced extends SessionOrigin {
  session: GroupSessionId
  /** The serialised distribution message at iteration 0. */
  distribution: Uint8Array
}

/**
 * [P128] The id names its owner: 122 bits of a SHA-256, as a UUID of version 8 (RFC 9562). Who holds somebody else's
 * session can therefore not announce another under the same id, to have that one taken for it.
 */
export function sessionIdOf({ group, epoch, owner, device, salt }: SessionOrigin): GroupSessionId {
  const statement = labelled(
    'sotto group session id v1',
    uuidToBytes(group),
    bigEndian(BigInt(epoch)),
    uuidToBytes(owner),
    Uint8Array.of(device),
    salt,
  )
  const id = sha256(statement).slice(0, 16)
  id[6] = ((id[6] as number) & 0x0f) | 0x80
  id[8] = ((id[8] as number) & 0x3f) | 0x80
  return GroupSessionId.parse(bytesToUuid(id))
}

/** [P128] What the owner's identity key signs over a session of a group, so that nobody can pass off another as theirs. */
export function announcementBytes(announced: Announced): Uint8Array<ArrayBuffer> {
  return labelled(
    'sotto group session v1',
    uuidToBytes(announced.group),
    bigEndian(BigInt(announced.epoch)),
    uuidToBytes(announced.owner),
    Uint8Array.of(announced.device),
    uuidToBytes(announced.session),
    sha256(announced.distribution),
  )
}

/** [P97] What the old and the new identity key sign when one takes the other's place. */
export function replacementBytes(
  account: AccountId,
  { oldKey, newKey, list }: { oldKey: Uint8Array; newKey: Uint8Array; list: Uint8Array },
): Uint8Array<ArrayBuffer> {
  return labelled('sotto identity replacement v1', uuidToBytes(account), oldKey, newKey, list)
}

function bigEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}
