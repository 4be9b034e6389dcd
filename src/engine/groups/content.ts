// What lies in a stream: written by this device, or read and believed only if it says of itself what is so.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  Algorithm,
  EncryptedDataSchema,
  type GroupContent,
  GroupContentSchema,
  GroupEditSchema,
  GroupEnvelopeSchema,
  GroupRecallSchema,
  GroupTextSchema,
} from '../../protocol/generated/group_pb.ts'
import {
  AccountId,
  bytesToUuid,
  DeviceId,
  type GroupId,
  GroupSessionId,
  Instant,
  type MessageId,
  uuidToBytes,
} from '../../shared/ids.ts'
import { isText } from '../messages/content.ts'
import type { Address } from '../signal/address.ts'
import { sameBytes } from '../signal/bytes.ts'

export type GroupBody = GroupContent['body']

/** What is around a sealed message, for everyone to see. */
export interface Envelope {
  epoch: number
  algorithm: number
  session: GroupSessionId
  owner: Address
  ciphertext: Uint8Array
}

export interface ContentPlace {
  group: GroupId
  epoch: number
  sender: Address
  message: MessageId
  /** Undefined: readable. */
  session: GroupSessionId | undefined
}

export function textBody(text: string): Uint8Array {
  const body: GroupBody = { case: 'text', value: create(GroupTextSchema, { text }) }
  return toBinary(GroupContentSchema, create(GroupContentSchema, { body }))
}

export function editBody(message: MessageId, text: string): Uint8Array {
  const body: GroupBody = { case: 'edit', value: create(GroupEditSchema, { message: uuidToBytes(message), text }) }
  return toBinary(GroupContentSchema, create(GroupContentSchema, { body }))
}

export function recallBody(message: MessageId): Uint8Array {
  const body: GroupBody = { case: 'recall', value: create(GroupRecallSchema, { message: uuidToBytes(message) }) }
  return toBinary(GroupContentSchema, create(GroupContentSchema, { body }))
}

/** [P132] Says everything about itself that is said outside, too. */
export function writeGroupContent(body: Uint8Array, place: ContentPlace, sequence: number, at: Instant) {
  const content = fromBinary(GroupContentSchema, body)
  content.group = uuidToBytes(place.group)
  content.epoch = BigInt(place.epoch)
  content.sender = uuidToBytes(place.sender.account)
  content.senderDevice = place.sender.device
  content.message = uuidToBytes(place.message)
  content.session = place.session === undefined ? new Uint8Array() : uuidToBytes(place.session)
  content.sequence = BigInt(sequence)
  content.timeMs = BigInt(at)
  return toBinary(GroupContentSchema, content)
}

export function writeEnvelope(epoch: number, session: GroupSessionId, owner: Address, ciphertext: Uint8Array) {
  const senderKey = new Uint8Array(17)
  senderKey.set(uuidToBytes(owner.account))
  senderKey[16] = owner.device
  return toBinary(
    GroupEnvelopeSchema,
    create(GroupEnvelopeSchema, {
      epoch: BigInt(epoch),
      data: create(EncryptedDataSchema, {
        algorithm: Algorithm.SENDER_KEY,
        ciphertext,
        senderKey,
        session: uuidToBytes(session),
      }),
    }),
  )
}

/** Undefined: malformed. An unknown algorithm is for the caller to leave out [D3]. */
export function readEnvelope(bytes: Uint8Array): Envelope | undefined {
  try {
    const { epoch, data } = fromBinary(GroupEnvelopeSchema, bytes)
    if (data === undefined) return undefined
    const account = AccountId.safeParse(bytesToUuid(data.senderKey.subarray(0, 16)))
    const device = DeviceId.safeParse(data.senderKey[16])
    const session = GroupSessionId.safeParse(bytesToUuid(data.session))
    const number = Number(epoch)
    if (!account.success || !device.success || !session.success || data.senderKey.length !== 17) return undefined
    if (!Number.isSafeInteger(number) || number < 1) return undefined
    const owner = { account: account.data, device: device.data }
    return { epoch: number, algorithm: data.algorithm, session: session.data, owner, ciphertext: data.ciphertext }
  } catch {
    return undefined
  }
}

export interface ReadGroupContent {
  sequence: number
  at: Instant
  body: GroupBody
}

/** [P132] Undefined: it is not what it came as, or breaks the rules of what may be said. */
export function readGroupContent(bytes: Uint8Array, place: ContentPlace): ReadGroupContent | undefined {
  let content: GroupContent
  try {
    content = fromBinary(GroupContentSchema, bytes)
  } catch {
    return undefined
  }
  const isItself =
    sameBytes(content.group, uuidToBytes(place.group)) &&
    // What is readable may have been written when an epoch was the newest that was over when it was taken.
    (place.session === undefined || content.epoch === BigInt(place.epoch)) &&
    sameBytes(content.sender, uuidToBytes(place.sender.account)) &&
    content.senderDevice === place.sender.device &&
    sameBytes(content.message, uuidToBytes(place.message)) &&
    sameBytes(content.session, place.session === undefined ? new Uint8Array() : uuidToBytes(place.session))
  const at = Instant.safeParse(Number(content.timeMs))
  const sequence = Number(content.sequence)
  if (!isItself || !at.success || !Number.isSafeInteger(sequence)) return undefined
  const { body } = content
  if ((body.case === 'text' || body.case === 'edit') && !isText(body.value.text)) return undefined
  return { sequence, at: at.data, body: content.body }
}
