// Telling one's own other devices: copies of what was said to others, and how things stand. Alone, nothing is told.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type Content,
  ContentSchema,
  OwnDeletionSchema,
  type OwnRecord,
  OwnRecordSchema,
  OwnStateSchema,
  OwnStateWantedSchema,
} from '../../protocol/generated/content_pb.ts'
import { type AccountId, MessageId, uuidToBytes } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { type ContentBody, writeContent } from '../messages/content.ts'
import type { Own } from '../own.ts'
import type { Clock, Random } from '../ports.ts'
import { addToOutbox, type OutboxRow } from '../storage/outbox.ts'
import { readOwnRecord, writeOwnRecord } from '../storage/own-records.ts'

export interface TellNeeds {
  sql: Sql
  clock: Clock
  random: Random
  own: Own
}

/** [P91] What a person says; how far others got with it, each device hears by itself. */
const COPIED: ReadonlySet<Content['body']['case']> = new Set(['text', 'edit', 'recall'])

/**
 * [P91] In the transaction that notes that the relay has it: the same content for our own devices, under its own number.
 * Whether there is something to send them.
 */
export function promiseCopy({ sql, clock, random, own }: TellNeeds, row: OutboxRow): boolean {
  if (own.others.length === 0 || row.recipient === own.account || row.kind !== 'content' || row.device !== null)
    return false
  const content = fromBinary(ContentSchema, row.content)
  if (!COPIED.has(content.body.case)) return false
  content.recipient = uuidToBytes(own.account)
  content.conversation = uuidToBytes(row.recipient)
  content.sequence = 0n
  content.previous = new Uint8Array()
  delete content.profile
  addToOutbox(sql, {
    submission: uuidToBytes(MessageId.parse(random.uuid())),
    recipient: own.account,
    kind: 'content',
    content: toBinary(ContentSchema, content),
    at: clock.now(),
  })
  return true
}

/** In a transaction, and only where there are other devices. About `conversation`: whom it was said to, or oneself. */
export function promiseToOwn(
  { sql, clock, random, own }: TellNeeds,
  body: ContentBody,
  { conversation = own.account, message = MessageId.parse(random.uuid()) } = {} as {
    conversation?: AccountId
    message?: MessageId
  },
): void {
  const at = clock.now()
  addToOutbox(sql, {
    submission: uuidToBytes(MessageId.parse(random.uuid())),
    recipient: own.account,
    kind: 'content',
    content: writeContent({ sender: own, recipient: own.account, conversation, message, at, body }),
    at,
  })
}

/**
 * [P92] In a transaction: this is so from now on, on all own devices. Whether there is something to send. While there is
 * one device, nothing is noted that was not before: what a new one has to know is read from where it stands.
 */
export function announce(needs: TellNeeds, key: string, value: unknown): boolean {
  return announceTogether(needs, { [key]: value })
}

/** As announce: what belongs together is set at the same time, so that of two devices all of the one counts, or of the other. */
export function announceTogether(needs: TellNeeds, values: Readonly<Record<string, unknown>>): boolean {
  const { sql, clock, own } = needs
  const before = Object.keys(values).flatMap((key) => readOwnRecord(sql, key) ?? [])
  // Behind what it takes the place of, also where another device's clock is ahead.
  const at = Math.max(clock.now(), ...before.map((row) => row.at + 1))
  const isAlone = own.others.length === 0
  const records: OwnRecord[] = []
  for (const [key, value] of Object.entries(values)) {
    // Alone, what was told before is kept true: whoever is added is told it as it is by then.
    if (isAlone && !before.some((row) => row.key === key)) continue
    const row = { key, value: JSON.stringify(value), at, device: own.device }
    writeOwnRecord(sql, row)
    records.push(ownRecord(row))
  }
  if (isAlone) return false
  promiseToOwn(needs, stateBody(records))
  return true
}

/** [P93] In a transaction: gone here, gone there. */
export function announceDeletion(needs: TellNeeds, messages: readonly MessageId[]): boolean {
  if (needs.own.others.length === 0) return false
  const value = create(OwnDeletionSchema, { messages: messages.map(uuidToBytes) })
  promiseToOwn(needs, { case: 'ownDeletion', value })
  return true
}

export function wantedBody(): ContentBody {
  return { case: 'ownStateWanted', value: create(OwnStateWantedSchema) }
}

export function stateBody(records: OwnRecord[]): ContentBody {
  return { case: 'ownState', value: create(OwnStateSchema, { records }) }
}

export function ownRecord(row: { key: string; value: string; at: number; device: number }): OwnRecord {
  return create(OwnRecordSchema, { key: row.key, value: row.value, atMs: BigInt(row.at), device: row.device })
}
