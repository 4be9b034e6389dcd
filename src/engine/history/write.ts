// Segments, written: rows become bytes.

import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  BasicsSchema,
  type IdentitySchema,
  type MessageSchema,
  type PersonSchema,
  SegmentSchema,
} from '../../protocol/generated/history_pb.ts'
import { uuidToBytes } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { readDeviceList } from '../storage/device-lists.ts'
import {
  type ChainRow,
  conversationsByName,
  everybody,
  incomingChains,
  messagesBetween,
  missingOf,
  storedSettings,
} from '../storage/history.ts'
import { type PinnedIdentity, readIdentity } from '../storage/identities.ts'
import type { MessageRow } from '../storage/messages.ts'
import type { PersonRow } from '../storage/people.ts'
import type { StretchPlace } from './segments.ts'

/** Counts up when a reader that does not know better would get something wrong. */
export const FORMAT = 1

type What = NonNullable<MessageInitShape<typeof SegmentSchema>['what']>

export function writeBasics(sql: Sql): Uint8Array<ArrayBuffer> {
  const basics = create(BasicsSchema, {
    settings: storedSettings(sql),
    people: everybody(sql).map((person) => personOf(sql, person)),
    conversations: conversationsByName(sql).map((row) => ({
      id: row.id,
      kind: row.kind,
      account: uuidToBytes(row.account),
      state: row.state,
      lastPosition: BigInt(row.last_position),
      readPosition: BigInt(row.read_position),
      draft: row.draft,
      lastMs: BigInt(row.last_at),
    })),
    chains: incomingChains(sql).map((chain) => chainOf(sql, chain)),
  })
  return segment({ case: 'basics', value: basics })
}

export function writeStretch(
  sql: Sql,
  { conversation, first, last }: StretchPlace,
): { bytes: Uint8Array<ArrayBuffer>; messages: number } {
  const messages = messagesBetween(sql, conversation, first, last).map(messageOf)
  const value = { conversation, firstPosition: BigInt(first), lastPosition: BigInt(last), messages }
  return { bytes: segment({ case: 'stretch', value }), messages: messages.length }
}

function segment(what: What): Uint8Array<ArrayBuffer> {
  return toBinary(SegmentSchema, create(SegmentSchema, { format: FORMAT, what }))
}

function personOf(sql: Sql, person: PersonRow): MessageInitShape<typeof PersonSchema> {
  const identity = readIdentity(sql, person.account)
  const devices = readDeviceList(sql, person.account)
  return {
    account: uuidToBytes(person.account),
    username: person.username,
    name: person.name,
    profileVersion: BigInt(person.profile_version),
    toldProfileVersion: BigInt(person.told_profile_version),
    blocked: person.blocked === 1,
    ...(identity && { identity: identityOf(identity) }),
    ...(devices && {
      deviceList: {
        version: BigInt(devices.version),
        list: new Uint8Array(devices.list),
        signature: new Uint8Array(devices.signature),
      },
    }),
  }
}

function identityOf(pinned: PinnedIdentity): MessageInitShape<typeof IdentitySchema> {
  const { key, firstSeen, verifiedAt, changedAt, wasVerified, previousKey } = pinned
  return {
    key: new Uint8Array(key),
    firstSeenMs: BigInt(firstSeen),
    wasVerified,
    ...(verifiedAt !== null && { verifiedMs: BigInt(verifiedAt) }),
    ...(changedAt !== null && { changedMs: BigInt(changedAt) }),
    ...(previousKey !== null && { previousKey: new Uint8Array(previousKey) }),
  }
}

function chainOf(sql: Sql, chain: ChainRow) {
  return {
    account: uuidToBytes(chain.account),
    device: chain.device,
    registrationId: chain.registrationId,
    sequence: BigInt(chain.sequence),
    hash: new Uint8Array(chain.hash),
    missing: missingOf(sql, chain).map(BigInt),
  }
}

function messageOf(row: MessageRow): MessageInitShape<typeof MessageSchema> {
  return {
    position: BigInt(row.position),
    sequence: BigInt(row.sequence),
    id: uuidToBytes(row.id),
    author: uuidToBytes(row.author),
    own: row.own === 1,
    sentMs: BigInt(row.sent_at),
    kind: row.kind,
    held: row.held === 1,
    ...(row.text !== null && { text: row.text }),
    ...(row.gap_from !== null && { gapFrom: BigInt(row.gap_from) }),
    ...(row.gap_to !== null && { gapTo: BigInt(row.gap_to) }),
    ...(row.gap_device !== null && { gapDevice: row.gap_device }),
    ...(row.gap_registration_id !== null && { gapRegistrationId: row.gap_registration_id }),
    ...(row.asked_at !== null && { askedMs: BigInt(row.asked_at) }),
    ...(row.delivery !== null && { delivery: row.delivery }),
    ...(row.delivery_at !== null && { deliveryMs: BigInt(row.delivery_at) }),
    ...(row.failure !== null && { failure: row.failure }),
  }
}
