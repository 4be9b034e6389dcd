// Contents: what goes inside the encryption, written and read.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  BlobPointerSchema,
  type Content,
  ContentSchema,
  type ProfileDetails,
  ProfileDetailsSchema,
  ProfileSchema,
} from '../../protocol/generated/content_pb.ts'
import { AccountId, bytesToUuid, DeviceId, Instant, MessageId, Username, uuidToBytes } from '../../shared/ids.ts'
import { MAX_TEXT_BYTES } from '../../shared/limits.ts'
import { About, DisplayName, MessageText } from '../../shared/model.ts'
import type { Link } from '../storage/chains.ts'

/**
 * Who has one of these has a number already, or never gets one [P44]: typing comes and goes; what carries keys of groups is
 * repeated until it is known to have come.
 */
const fields = ContentSchema.field
const NOT_NUMBERED = [
  fields.sequence,
  fields.typing,
  fields.groupKeys,
  fields.groupKeysStored,
  fields.groupInvitation,
  fields.groupReads,
  fields.historyWanted,
  fields.historyPart,
  fields.historyStopped,
].map((field) => field.number)

export type ContentBody = Content['body']
export interface ProfileContent {
  username: Username
  name: string
  version: number
  /** Left out for those who may only know the name. */
  details?: DetailsContent
}

export interface DetailsContent {
  about: string
  /** A serialised BlobPointer. */
  avatar: Uint8Array | undefined
  version: number
}

export interface NewContent {
  sender: { account: AccountId; device: DeviceId }
  recipient: AccountId
  /** Whom it was said to, in a copy for an own device. */
  conversation?: AccountId
  message: MessageId
  at: Instant
  body: ContentBody
  profile?: ProfileContent | undefined
}

/** Not numbered yet: that happens when it is sealed, so that what is never sent leaves no gap. */
export function writeContent(content: NewContent): Uint8Array<ArrayBuffer> {
  const written = create(ContentSchema, {
    sender: uuidToBytes(content.sender.account),
    senderDevice: content.sender.device,
    recipient: uuidToBytes(content.recipient),
    conversation: uuidToBytes(content.conversation ?? content.sender.account),
    timeMs: BigInt(content.at),
    message: uuidToBytes(content.message),
    body: content.body,
  })
  if (content.profile !== undefined) {
    const { username, name, version, details } = content.profile
    written.profile = create(ProfileSchema, { username, name, version: BigInt(version) })
    if (details !== undefined) written.profile.details = writeDetails(details)
  }
  return toBinary(ContentSchema, written)
}

/** Who numbers, and what they know of their own devices [P94]. */
export interface Installation {
  registrationId: number
  listVersion: number
}

function writeDetails({ about, avatar, version }: DetailsContent): ProfileDetails {
  const details = create(ProfileDetailsSchema, { about, version: BigInt(version) })
  if (avatar !== undefined) details.avatar = fromBinary(BlobPointerSchema, avatar)
  return details
}

/** [P44] Gives a content the next number of its chain. One that has its number keeps it: it is sent again. */
export function numberContent(
  bytes: Uint8Array,
  last: Link,
  installation: Installation,
): { bytes: Uint8Array; link: Link | undefined } {
  if (!mayBeNumbered(bytes)) return { bytes, link: undefined }
  const sequence = last.sequence + 1
  // Fields may stand in any order: these are written behind the others, which need not be read for it.
  const number = writeNumber(sequence, last.hash, installation)
  const numbered = new Uint8Array(bytes.length + number.length)
  numbered.set(bytes)
  numbered.set(number, bytes.length)
  return { bytes: numbered, link: { sequence, hash: sha256(numbered) } }
}

/** Field by field, without what is empty, as a Content with nothing else would be. */
function writeNumber(
  sequence: number,
  previous: Uint8Array,
  { registrationId, listVersion }: Installation,
): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(fields.sequence.number, WireType.Varint).uint64(sequence)
  if (previous.length > 0) writer.tag(fields.previous.number, WireType.LengthDelimited).bytes(previous)
  if (registrationId > 0) writer.tag(fields.senderRegistrationId.number, WireType.Varint).uint32(registrationId)
  if (listVersion > 0) writer.tag(fields.deviceListVersion.number, WireType.Varint).uint64(listVersion)
  return writer.finish()
}

/** It has no number yet, and gets one. */
function mayBeNumbered(bytes: Uint8Array): boolean {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (NOT_NUMBERED.includes(field)) return false
    reader.skip(type)
  }
  return true
}

/** A content as the rest of the engine believes it. */
export interface ReadContent {
  sender: AccountId
  device: DeviceId
  registrationId: number
  recipient: AccountId
  conversation: AccountId
  sequence: number
  previous: Uint8Array
  hash: Uint8Array
  message: MessageId
  at: Instant
  profile: ProfileContent | undefined
  body: ContentBody
  /** Of the sender's device list; 0: not said. */
  listVersion: number
}

/** Undefined: it does not keep to the rules [P43–P48], whoever sealed it. */
export function readContent(bytes: Uint8Array): ReadContent | undefined {
  let content: Content
  try {
    content = fromBinary(ContentSchema, bytes)
  } catch {
    return undefined
  }
  const sender = AccountId.safeParse(bytesToUuid(content.sender))
  const recipient = AccountId.safeParse(bytesToUuid(content.recipient))
  const conversation = AccountId.safeParse(bytesToUuid(content.conversation))
  const device = DeviceId.safeParse(content.senderDevice)
  const message = MessageId.safeParse(bytesToUuid(content.message))
  const at = Instant.safeParse(Number(content.timeMs))
  const sequence = Number(content.sequence)
  if (
    !sender.success ||
    !recipient.success ||
    !conversation.success ||
    !device.success ||
    !message.success ||
    !at.success
  )
    return undefined
  if (!Number.isSafeInteger(sequence) || !(content.previous.length === 0 || content.previous.length === 32))
    return undefined
  if ((content.body.case === 'text' || content.body.case === 'edit') && !isText(content.body.value.text))
    return undefined
  return {
    sender: sender.data,
    device: device.data,
    registrationId: content.senderRegistrationId,
    recipient: recipient.data,
    conversation: conversation.data,
    sequence,
    previous: content.previous,
    hash: sha256(bytes),
    message: message.data,
    at: at.data,
    profile: content.profile === undefined ? undefined : readProfile(content.profile),
    body: content.body,
    listVersion: Number(content.deviceListVersion),
  }
}

/** [P48] */
export function isText(text: string): boolean {
  return MessageText.safeParse(text).success && utf8Length(text) <= MAX_TEXT_BYTES
}

export function utf8Length(text: string): number {
  let bytes = 0
  // By number, not by character: a string of its own for each would have to be made.
  for (let at = 0; at < text.length; at++) {
    const point = text.codePointAt(at) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    if (point >= 0x10000) at++
  }
  return bytes
}

function readProfile(profile: NonNullable<Content['profile']>): ProfileContent | undefined {
  const username = Username.safeParse(profile.username)
  const name = DisplayName.safeParse(profile.name)
  const version = Number(profile.version)
  if (!username.success || !name.success || !Number.isSafeInteger(version)) return undefined
  const details = profile.details === undefined ? undefined : readDetails(profile.details)
  return { username: username.data, name: name.data, version, ...(details && { details }) }
}

/** Undefined: nothing that we would show. The name beside it counts all the same. */
function readDetails(details: ProfileDetails): DetailsContent | undefined {
  const about = About.safeParse(details.about)
  const version = Number(details.version)
  const avatar = details.avatar && toBinary(BlobPointerSchema, details.avatar)
  return about.success && Number.isSafeInteger(version) ? { about: about.data, avatar, version } : undefined
}
