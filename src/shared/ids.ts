// The names things go by: branded, so that swapping two of them does not compile, and parsed where they enter.

import { z } from 'zod'
import { PROFILE_NAME, USERNAME } from './typed.ts'

/** A random UUIDv4 in lower case. libsignal binds a session to its two addresses only when names are UUIDs. */
export const AccountId = z.uuidv4().toLowerCase().brand<'AccountId'>()
export type AccountId = z.infer<typeof AccountId>

/** 1–127: libsignal refuses the rest. */
export const DeviceId = z.int().min(1).max(127).brand<'DeviceId'>()
export type DeviceId = z.infer<typeof DeviceId>

/** 1–0x3FFF, random for each installation: 14 bits, because multi-recipient messages refuse more. */
export const RegistrationId = z.int().min(1).max(0x3fff).brand<'RegistrationId'>()
export type RegistrationId = z.infer<typeof RegistrationId>

/** A random UUIDv4: names a message on every device, and makes sending it twice harmless. */
export const MessageId = z.uuidv4().toLowerCase().brand<'MessageId'>()
export type MessageId = z.infer<typeof MessageId>

/** A random UUIDv4: names a group on its relay and on every device. */
export const GroupId = z.uuidv4().toLowerCase().brand<'GroupId'>()
export type GroupId = z.infer<typeof GroupId>

/** A random UUIDv4: one sender device's sender key in one epoch; libsignal's distribution id. */
export const GroupSessionId = z.uuid().toLowerCase().brand<'GroupSessionId'>()
export type GroupSessionId = z.infer<typeof GroupSessionId>

/** `person:<account>`, where talking to oneself is `person:<own account>`; or `group:<group>`. */
export const ConversationId = z
  .templateLiteral([z.enum(['person', 'group']), ':', z.uuidv4()])
  .refine((id) => id === id.toLowerCase(), 'written in lower case')
  .brand<'ConversationId'>()
export type ConversationId = z.infer<typeof ConversationId>

/** Milliseconds since 1970-01-01 UTC. */
export const Instant = z.int().min(0).brand<'Instant'>()
export type Instant = z.infer<typeof Instant>

/**
 * Unique on a relay: 3–32 of a–z, 0–9, `.`, `_`, `-`, beginning with a letter and not ending in a sign. Upper case is
 * folded. Only ASCII is taken, so that no two names look alike by way of another alphabet.
 */
export const Username = z.string().trim().toLowerCase().regex(USERNAME).brand<'Username'>()
export type Username = z.infer<typeof Username>

/** The name of a profile on this computer: 1–32 of a–z, 0–9 and `-`. It names a folder. */
export const ProfileName = z.string().regex(PROFILE_NAME).brand<'ProfileName'>()
export type ProfileName = z.infer<typeof ProfileName>

export function personConversation(account: AccountId): ConversationId {
  return `person:${account}` as ConversationId
}

/** Of a conversation with a person; throws for a group's. */
export function accountOf(conversation: ConversationId): AccountId {
  return AccountId.parse(conversation.slice('person:'.length))
}

export function groupConversation(group: GroupId): ConversationId {
  return `group:${group}` as ConversationId
}

/** Undefined: a conversation with a person. */
export function groupOf(conversation: ConversationId): GroupId | undefined {
  return conversation.startsWith('group:') ? GroupId.parse(conversation.slice('group:'.length)) : undefined
}

/** Where in a UUID's text each of its bytes begins. */
const DIGITS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]
/** Of a UUID's text, its dashes in place: written over with each. */
const characters = Array.from({ length: 36 }, () => '-'.charCodeAt(0))

/** The 16 bytes of a UUID, as the wire carries it. */
export function uuidToBytes(id: AccountId | MessageId | GroupId | GroupSessionId): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16)
  for (let at = 0; at < 16; at++) {
    const digit = DIGITS[at] ?? 0
    bytes[at] = 16 * digitOf(id.charCodeAt(digit)) + digitOf(id.charCodeAt(digit + 1))
  }
  return bytes
}

/** Of the character codes of 0–9 and a–f. */
function digitOf(code: number): number {
  return code < 0x60 ? code - 0x30 : code - 0x57
}

function codeOf(digit: number): number {
  return digit < 10 ? digit + 0x30 : digit + 0x57
}

/** The text of 16 bytes, or undefined if there are not 16. Parse the result: it need not be a UUIDv4. */
export function bytesToUuid(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 16) return undefined
  // Character by character, into one string: this is done for every id of every frame, and joining pieces leaves them behind.
  for (let at = 0; at < 16; at++) {
    const byte = bytes[at] ?? 0
    const digit = DIGITS[at] ?? 0
    characters[digit] = codeOf(byte >> 4)
    characters[digit + 1] = codeOf(byte & 0xf)
  }
  return String.fromCharCode(...characters)
}
