// What members tell of having read one's own words: believed of who they were said to, counted, and shown [P147].

import type { GroupReads, GroupReads_Read } from '../../protocol/generated/group_pb.ts'
import { isRecipient } from '../../protocol/groups/entitlement.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import { MAX_MEMBERS_TOLD_OF_READING } from '../../protocol/limits.ts'
import { type AccountId, bytesToUuid, GroupId, groupConversation, Instant, MessageId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Address } from '../signal/address.ts'
import { countEarlyReads, keepEarly, takeEarlyReads } from '../storage/edits.ts'
import { addGroupRead, groupReadsOf, ownReadBySome, setReadBy } from '../storage/group-reads.ts'
import { advanceDelivery, findMessage, type MessageRow } from '../storage/messages.ts'
import { isBlocked } from '../storage/people.ts'
import type { Touched } from '../touched.ts'
import type { GroupNeeds } from './needs.ts'
import type { GroupStates } from './states.ts'

/** What one content names at most. */
export const MOST_READS = 500
/** What one member may have waiting for messages that are not here. */
const MOST_EARLY = 1_000
/** Among so many of the newest messages it is counted anew when somebody goes. */
const COUNTED_ANEW = 1_000

export type ReadNeeds = Pick<GroupNeeds, 'sql' | 'clock' | 'own' | 'tellsOfReading'>

/** In a transaction. What is not theirs to tell changes nothing. */
export function takeReads(
  needs: ReadNeeds,
  states: Pick<GroupStates, 'get'>,
  touched: Touched,
  from: Address,
  { group: bytes, reads }: GroupReads,
): void {
  const { sql, own } = needs
  const group = GroupId.safeParse(bytesToUuid(bytes))
  const state = group.success ? states.get(group.data) : undefined
  if (state === undefined || !isTold(needs, state) || from.account === own.account || isBlocked(sql, from.account))
    return
  // Said on another own device, which the stream has not shown this one yet; from members, who may also make them up.
  const mayBeEarly = own.others.length > 0 && state.members.has(from.account)
  let room = mayBeEarly ? MOST_EARLY - countEarlyReads(sql, from.account) : 0
  for (const read of reads.slice(0, MOST_READS)) {
    const told = parse(needs, read)
    if (told === undefined) continue
    const row = findMessage(sql, told.message)
    if (row !== undefined) noteRead(needs, touched, state, row, from.account, told.at)
    else if (room > 0) {
      keepEarly(sql, { ...told, account: from.account, kind: 'read', word: told.message, text: null })
      room -= 1
    }
  }
}

/** In a transaction: one's own, which has come to this device after who has read it. */
export function settleEarlyReads(needs: ReadNeeds, touched: Touched, state: GroupState, row: MessageRow): void {
  if (row.own === 0 || needs.own.others.length === 0) return
  for (const { account, at } of takeEarlyReads(needs.sql, row.id)) noteRead(needs, touched, state, row, account, at)
}

/** In a transaction: who has gone needs not have read what the others have. */
export function countReadsAnew({ sql, own }: ReadNeeds, touched: Touched, state: GroupState): void {
  for (const row of ownReadBySome(sql, groupConversation(state.group), COUNTED_ANEW))
    touched.message(count(sql, state, own.account, row, row.delivery_at ?? row.sent_at))
}

/** Whom it was said to, of those who are members. */
export function recipientsOf(state: GroupState, own: AccountId, row: MessageRow): AccountId[] {
  return [...state.members.keys()].filter((account) => account !== own && isToldTo(state, account, row))
}

/** Where the setting is on, and the group is none of the largest. */
export function isTold({ tellsOfReading }: Pick<ReadNeeds, 'tellsOfReading'>, { members }: GroupState): boolean {
  return tellsOfReading() && members.size <= MAX_MEMBERS_TOLD_OF_READING
}

export function isToldTo(state: GroupState, account: AccountId, row: MessageRow): boolean {
  const { epoch, stream_position: position, readable } = row
  return isRecipient(state, account, { epoch, position, sealed: readable === 0 })
}

function noteRead(
  { sql, own }: ReadNeeds,
  touched: Touched,
  state: GroupState,
  row: MessageRow,
  account: AccountId,
  at: Instant,
): void {
  const isOwn = row.own === 1 && row.imported === 0 && (row.kind === 'text' || row.kind === 'key-missing')
  if (!isOwn || row.conversation !== groupConversation(state.group) || !isToldTo(state, account, row)) return
  // [P49] Nobody reads what was not said yet.
  addGroupRead(sql, row.id, { account, at: Math.max(at, row.sent_at) as Instant })
  touched.message(count(sql, state, own.account, row, at))
}

function count(sql: Sql, state: GroupState, own: AccountId, row: MessageRow, at: Instant): MessageRow | undefined {
  const recipients = recipientsOf(state, own, row)
  const readers = new Set(groupReadsOf(sql, row.id).map(({ account }) => account))
  const read = recipients.filter((account) => readers.has(account))
  setReadBy(sql, row.id, read.length, recipients.length)
  // Who has read it got it from the relay.
  const reached = read.length > 0 && read.length === recipients.length ? 'read' : 'sent'
  return advanceDelivery(sql, row.id, reached, at) ?? findMessage(sql, row.id)
}

/** [P49] The reader's time, never later than when it came. */
function parse(
  { clock }: ReadNeeds,
  { message, atMs }: GroupReads_Read,
): { message: MessageId; at: Instant } | undefined {
  const id = MessageId.safeParse(bytesToUuid(message))
  const at = Instant.safeParse(Number(atMs))
  if (!id.success || !at.success) return undefined
  return { message: id.data, at: Math.min(at.data, clock.now()) as Instant }
}
