// Saying something: committed first, then on its way.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  ContentSchema,
  NothingSchema,
  type Receipt_Kind,
  ReceiptSchema,
  RequestAcceptedSchema,
  TextSchema,
} from '../../protocol/generated/content_pb.ts'
import { type AccountId, type Instant, MessageId, personConversation, uuidToBytes } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { type Own, ownProfile } from '../own.ts'
import type { Clock, Random } from '../ports.ts'
import { setLastOutgoing } from '../storage/chains.ts'
import { findConversation } from '../storage/conversations.ts'
import { addToOutbox, newestInOutbox, rewriteContent } from '../storage/outbox.ts'
import { findPersonRow, markDetailsTold, markProfileTold } from '../storage/people.ts'
import type { SealedContent } from '../sync/seal.ts'
import { type ContentBody, type ProfileContent, writeContent } from './content.ts'

export interface SendNeeds {
  sql: Sql
  clock: Clock
  random: Random
  own: Own
}

export interface Outgoing {
  recipient: AccountId
  /** Of a message that a person wrote: the submission bears its name, and its delivery hangs on it. */
  message?: MessageId
  /** Of a content that no delivery hangs on, where it has to be known. */
  id?: MessageId
  body: ContentBody
}

/** A content on its way into the outbox. */
export interface Prepared {
  recipient: AccountId
  /** Of a message that a person wrote. */
  message: MessageId | undefined
  submission: Uint8Array
  content: Uint8Array
  /** It tells them our profile, in these versions. */
  tells: { profile: number; details: number | undefined } | undefined
  at: Instant
}

/** Writes the content, with our profile if they do not have it yet [P66]. */
export function prepare({ sql, clock, random, own }: SendNeeds, outgoing: Outgoing): Prepared {
  const at = clock.now()
  const message = outgoing.message ?? outgoing.id ?? MessageId.parse(random.uuid())
  const profile = owedProfile(sql, own, outgoing.recipient)
  const content = writeContent({
    sender: own,
    recipient: outgoing.recipient,
    message,
    at,
    body: outgoing.body,
    profile,
  })
  return {
    recipient: outgoing.recipient,
    message: outgoing.message,
    submission: uuidToBytes(message),
    content,
    tells: profile && { profile: profile.version, details: profile.details?.version },
    at,
  }
}

/** In a transaction, which also flushes the unit it was sealed in, if it is [P81]. */
export function putIntoOutbox(sql: Sql, prepared: Prepared, sealed: SealedContent | undefined): void {
  const { recipient, message, submission, tells, at } = prepared
  if (tells !== undefined) markProfileTold(sql, recipient, tells.profile)
  if (tells?.details !== undefined) markDetailsTold(sql, recipient, tells.details)
  const content = sealed?.content ?? prepared.content
  addToOutbox(
    sql,
    { submission, recipient, ...(message && { message }), kind: 'content', content, at },
    sealed?.envelopes,
  )
  if (sealed?.link !== undefined) setLastOutgoing(sql, recipient, sealed.link)
}

/** In a transaction: it will go out. Returns what was promised. */
export function promise(needs: SendNeeds, outgoing: Outgoing): Prepared {
  const prepared = prepare(needs, outgoing)
  putIntoOutbox(needs.sql, prepared, undefined)
  return prepared
}

/** What one receipt names at most: however many are confirmed at once, each fits an envelope. */
const MOST_CONFIRMED = 500

/** In a transaction. Nothing goes out for an empty list. */
export function promiseReceipts(
  needs: SendNeeds,
  recipient: AccountId,
  kind: Receipt_Kind,
  messages: readonly MessageId[],
): void {
  for (let at = addToReceipt(needs.sql, recipient, kind, messages); at < messages.length; at += MOST_CONFIRMED) {
    const body = receiptBody(kind, messages.slice(at, at + MOST_CONFIRMED))
    promise(needs, { recipient, body })
  }
}

/** To one that has not been sealed yet, as many as it has room for. Returns how many. */
function addToReceipt(sql: Sql, recipient: AccountId, kind: Receipt_Kind, messages: readonly MessageId[]): number {
  const row = newestInOutbox(sql, recipient)
  if (row?.state !== 'waiting' || row.kind !== 'content' || row.message !== null || row.device !== null) return 0
  const content = fromBinary(ContentSchema, row.content)
  // One that has a number was sealed before, and stays as it was.
  if (content.body.case !== 'receipt' || content.body.value.kind !== kind || content.sequence !== 0n) return 0
  const named = content.body.value.messages
  const more = messages.slice(0, Math.max(0, MOST_CONFIRMED - named.length))
  if (more.length === 0) return 0
  named.push(...more.map(uuidToBytes))
  rewriteContent(sql, row, toBinary(ContentSchema, content))
  return more.length
}

/**
 * While they have not answered, every message says who we are: an earlier one may have been lost. More than the name is
 * for those who have accepted, and whom we have [P170].
 */
function owedProfile(sql: Sql, own: Own, recipient: AccountId): ProfileContent | undefined {
  const state = findConversation(sql, personConversation(recipient))?.state
  const person = findPersonRow(sql, recipient)
  const owesName = state === 'outgoing-request' || (person?.told_profile_version ?? 0) < own.profileVersion
  const owesDetails = state === 'open' && (person?.told_details_version ?? 0) < own.detailsVersion
  return owesName || owesDetails ? ownProfile(own, state === 'open') : undefined
}

/** Whether there is something about us that they may know and do not. */
export function owesProfile(sql: Sql, own: Own, recipient: AccountId): boolean {
  return owedProfile(sql, own, recipient) !== undefined
}

export function textBody(text: string): ContentBody {
  return { case: 'text', value: create(TextSchema, { text }) }
}

function receiptBody(kind: Receipt_Kind, messages: readonly MessageId[]): ContentBody {
  return { case: 'receipt', value: create(ReceiptSchema, { kind, messages: messages.map(uuidToBytes) }) }
}

export function requestAcceptedBody(): ContentBody {
  return { case: 'requestAccepted', value: create(RequestAcceptedSchema) }
}

export function nothingBody(): ContentBody {
  return { case: 'nothing', value: create(NothingSchema) }
}
