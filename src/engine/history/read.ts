// Segments, read: what does not parse is left out, row by row or as a whole, whoever wrote it.

import { fromBinary } from '@bufbuild/protobuf'
import { z } from 'zod'
import {
  type Basics,
  type Chain,
  type Conversation,
  type Identity,
  type Message,
  type Person,
  SegmentSchema,
  type Stretch,
} from '../../protocol/generated/history_pb.ts'
import { Failure } from '../../shared/answer.ts'
import {
  AccountId,
  bytesToUuid,
  ConversationId,
  DeviceId,
  Instant,
  MessageId,
  RegistrationId,
  Username,
} from '../../shared/ids.ts'
import { ConversationState, Delivery, DisplayName, MessageContent } from '../../shared/model.ts'
import type { StoredDeviceList } from '../storage/account.ts'
import type { ConversationRow } from '../storage/conversations.ts'
import type { ChainRow } from '../storage/history.ts'
import type { PinnedIdentity } from '../storage/identities.ts'
import type { MessageRow } from '../storage/messages.ts'
import type { PersonRow } from '../storage/people.ts'
import { type StretchPlace, stretchAround } from './segments.ts'
import { FORMAT } from './write.ts'

export interface ReadPerson {
  row: PersonRow
  identity: PinnedIdentity | undefined
  deviceList: StoredDeviceList | undefined
}

export type ReadSegment =
  | {
      is: 'basics'
      settings: { name: string; value: string }[]
      people: ReadPerson[]
      conversations: Omit<ConversationRow, 'unread'>[]
      chains: (ChainRow & { missing: number[] })[]
    }
  | { is: 'stretch'; place: StretchPlace; messages: MessageRow[] }

/** newer: a later version wrote it. */
export function readSegment(bytes: Uint8Array): ReadSegment | 'malformed' | 'newer' {
  try {
    const segment = fromBinary(SegmentSchema, bytes)
    if (segment.format > FORMAT) return 'newer'
    switch (segment.what.case) {
      case 'basics':
        return readBasics(segment.what.value)
      case 'stretch':
        return readStretch(segment.what.value) ?? 'malformed'
      default:
        return 'malformed'
    }
  } catch {
    return 'malformed'
  }
}

function readBasics({ settings, people, conversations, chains }: Basics): ReadSegment {
  const read = people.flatMap((person) => readPerson(person) ?? [])
  const known = new Set(read.map(({ row }) => row.account))
  return {
    is: 'basics',
    settings: settings.map(({ name, value }) => ({ name, value })),
    people: read,
    conversations: conversations
      .flatMap((conversation) => readConversation(conversation) ?? [])
      .filter(({ account }) => known.has(account)),
    chains: chains.flatMap((chain) => readChain(chain) ?? []),
  }
}

const Flag = z.boolean().transform((yes) => (yes ? 1 : 0))
const Place = z.int().min(1)
const Count = z.int().min(0)

const PersonFields = z.object({
  account: AccountId,
  username: Username,
  name: DisplayName,
  profile_version: Count,
  told_profile_version: Count,
  blocked: Flag,
})

function readPerson(person: Person): ReadPerson | undefined {
  const row = PersonFields.safeParse({
    account: bytesToUuid(person.account),
    username: person.username,
    name: person.name,
    profile_version: Number(person.profileVersion),
    told_profile_version: Number(person.toldProfileVersion),
    blocked: person.blocked,
  })
  if (!row.success) return undefined
  const { deviceList } = person
  return {
    row: row.data,
    identity: person.identity && readIdentity(person.identity),
    deviceList: deviceList && {
      version: Number(deviceList.version),
      list: deviceList.list,
      signature: deviceList.signature,
    },
  }
}

function readIdentity(identity: Identity): PinnedIdentity {
  return {
    key: identity.key,
    firstSeen: instant(identity.firstSeenMs),
    verifiedAt: optionalInstant(identity.verifiedMs),
    changedAt: optionalInstant(identity.changedMs),
    wasVerified: identity.wasVerified,
    previousKey: identity.previousKey ?? null,
  }
}

const ConversationFields = z.object({
  id: ConversationId,
  kind: z.enum(['person', 'notes']),
  account: AccountId,
  state: ConversationState,
  last_position: Count,
  read_position: Count,
  draft: z.string(),
  last_at: Instant,
})

function readConversation(conversation: Conversation): Omit<ConversationRow, 'unread'> | undefined {
  return ConversationFields.safeParse({
    ...conversation,
    account: bytesToUuid(conversation.account),
    last_position: Number(conversation.lastPosition),
    read_position: Number(conversation.readPosition),
    last_at: Number(conversation.lastMs),
  }).data
}

const ChainFields = z.object({
  account: AccountId,
  device: DeviceId,
  registrationId: RegistrationId,
  sequence: Count,
  hash: z.instanceof(Uint8Array).refine(({ length }) => length === 32),
  missing: z.array(Place),
})

function readChain(chain: Chain): (ChainRow & { missing: number[] }) | undefined {
  return ChainFields.safeParse({
    ...chain,
    account: bytesToUuid(chain.account),
    sequence: Number(chain.sequence),
    missing: chain.missing.map(Number),
  }).data
}

function readStretch(stretch: Stretch): ReadSegment | undefined {
  const conversation = ConversationId.safeParse(stretch.conversation).data
  if (conversation === undefined) return undefined
  const first = Number(stretch.firstPosition)
  if (!Place.safeParse(first).success) return undefined
  const place = stretchAround(conversation, first)
  if (place.first !== first || place.last !== Number(stretch.lastPosition)) return undefined
  const messages = stretch.messages
    .flatMap((message) => readMessage(message, conversation) ?? [])
    .filter(({ position }) => position >= place.first && position <= place.last)
  return { is: 'stretch', place, messages }
}

const Kind = z.enum(MessageContent.options.map((option) => option.shape.kind.value))
const DeliveryState = z.enum(Delivery.options.map((option) => option.shape.state.value))

const MessageFields = z.object({
  conversation: ConversationId,
  position: Place,
  sequence: Count,
  id: MessageId,
  author: AccountId,
  own: Flag,
  sent_at: Instant,
  kind: Kind,
  text: z.string().nullable(),
  gap_from: Place.nullable(),
  gap_to: Place.nullable(),
  gap_device: DeviceId.nullable(),
  gap_registration_id: z.int().min(0).nullable(),
  asked_at: Instant.nullable(),
  delivery: DeliveryState.nullable(),
  delivery_at: Instant.nullable(),
  failure: z
    .string()
    .refine((json) => Failure.safeParse(JSON.parse(json)).success)
    .nullable(),
  held: Flag,
})

function readMessage(message: Message, conversation: ConversationId): MessageRow | undefined {
  return MessageFields.safeParse({
    conversation,
    position: Number(message.position),
    sequence: Number(message.sequence),
    id: bytesToUuid(message.id),
    author: bytesToUuid(message.author),
    own: message.own,
    sent_at: Number(message.sentMs),
    kind: message.kind,
    text: message.text ?? null,
    gap_from: optionalNumber(message.gapFrom),
    gap_to: optionalNumber(message.gapTo),
    gap_device: message.gapDevice ?? null,
    gap_registration_id: message.gapRegistrationId ?? null,
    asked_at: optionalNumber(message.askedMs),
    delivery: message.delivery ?? null,
    delivery_at: optionalNumber(message.deliveryMs),
    failure: message.failure ?? null,
    held: message.held,
  }).data
}

function optionalNumber(value: bigint | undefined): number | null {
  return value === undefined ? null : Number(value)
}

function optionalInstant(value: bigint | undefined): Instant | null {
  return value === undefined ? null : instant(value)
}

function instant(value: bigint): Instant {
  return Instant.parse(Number(value))
}
