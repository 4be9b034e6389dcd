// Between the numbers on the wire and our words for them. Each word has one number; a number without a word is unknown.

import { Encryption as WireEncryption, Permission as WirePermission, Role as WireRole } from '../generated/group_pb.ts'
import type { Encryption, Permission, Role } from './change.ts'

export const WIRE_ROLES = {
  member: WireRole.MEMBER,
  admin: WireRole.ADMIN,
  owner: WireRole.OWNER,
} as const satisfies Record<Role, WireRole>

export const WIRE_PERMISSIONS = {
  send: WirePermission.SEND,
  invite: WirePermission.INVITE,
  approve: WirePermission.APPROVE,
  remove: WirePermission.REMOVE,
  ban: WirePermission.BAN,
  mute: WirePermission.MUTE,
  recall: WirePermission.RECALL,
  details: WirePermission.DETAILS,
  'set-role': WirePermission.SET_ROLE,
  policies: WirePermission.POLICIES,
} as const satisfies Record<Permission, WirePermission>

export const WIRE_ENCRYPTION = {
  required: WireEncryption.REQUIRED,
  optional: WireEncryption.OPTIONAL,
  off: WireEncryption.OFF,
} as const satisfies Record<Encryption, WireEncryption>

function wordsOf<Word extends string>(numbers: Record<Word, number>): (number: number) => Word | undefined {
  const words = new Map(Object.entries(numbers).map(([word, number]) => [number, word as Word]))
  return (number) => words.get(number)
}

export const readRole = wordsOf(WIRE_ROLES)
export const readPermission = wordsOf(WIRE_PERMISSIONS)
export const readEncryption = wordsOf(WIRE_ENCRYPTION)
