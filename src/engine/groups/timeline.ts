// Rows of a group's conversation: what was said, what cannot be read yet, what happened. In the order of the stream.

import type { GroupEntry } from '../../protocol/groups/read.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import {
  type AccountId,
  bytesToUuid,
  type ConversationId,
  type GroupId,
  type GroupSessionId,
  groupConversation,
  type Instant,
  MessageId,
} from '../../shared/ids.ts'
import type { GroupEvent } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { comeBack } from '../conversations/come-back.ts'
import { recount, takeEdit, takeRecall } from '../messages/change.ts'
import type { Address } from '../signal/address.ts'
import {
  addUnread,
  type ConversationRow,
  findConversation,
  setReadPosition,
  takePosition,
  touchConversation,
} from '../storage/conversations.ts'
import { wasDeleted } from '../storage/deleted-messages.ts'
import { markRecalled } from '../storage/edits.ts'
import { dropSealedItem, lastSequence, setLastSequence } from '../storage/group-items.ts'
import { dropFromGroupOutbox, waitingInGroup } from '../storage/group-outbox.ts'
import { setStreamPosition } from '../storage/group-reads.ts'
import {
  addMessage,
  advanceDelivery,
  findMessage,
  moveMessage,
  newestDetailsEvent,
  setEvent,
} from '../storage/messages.ts'
import { isBlocked } from '../storage/people.ts'
import type { Touched } from '../touched.ts'
import type { ReadGroupContent } from './content.ts'
import type { DetailsPart } from './details.ts'
import { eventOf } from './events.ts'
import { nameOf } from './names.ts'
import type { GroupNeeds } from './needs.ts'
import type { StreamPlaces } from './stream-places.ts'
import { settleEarlyReads } from './take-reads.ts'

export interface Said {
  content: ReadGroupContent
  message: MessageId
  epoch: number
  readable: boolean
  session: GroupSessionId | undefined
}

interface Place {
  position: number
  from: Address
  time: Instant
}

export function addSaid(
  needs: GroupNeeds,
  touched: Touched,
  group: GroupId,
  state: GroupState,
  places: StreamPlaces,
  { from, time, position }: Place,
  said: Said,
): void {
  const { sql, own } = needs
  const conversation = groupConversation(group)
  const found = findConversation(sql, conversation)
  if (found === undefined) return
  const missed = skipped(needs, said)
  if (isBlocked(sql, from.account)) return
  if (said.content.body.case !== 'text') {
    takeChange(sql, touched, conversation, from.account, said)
    return
  }
  if (missed > 0) addGap(needs, touched, group, places, { from, time, position }, missed)
  // Who comes back reads the stream once more.
  if (wasDeleted(sql, said.message)) return
  const isOwn = from.account === own.account
  const place = places.take(position, said.content.sequence)
  const at = Math.min(said.content.at, time) as Instant
  const row = addMessage(sql, {
    conversation,
    position: place.position,
    sequence: place.sequence,
    id: said.message,
    author: from.account,
    author_name: nameOf(sql, from.account),
    own: isOwn ? 1 : 0,
    sent_at: at,
    kind: 'text',
    text: said.content.body.value.text,
    readable: said.readable ? 1 : 0,
    epoch: said.epoch,
    delivery: isOwn ? 'sent' : null,
    delivery_at: isOwn ? time : null,
    stream_position: position,
  })
  touched.message(row)
  settleEarlyReads(needs, touched, state, row)
  if (!place.isLast) return
  touchConversation(sql, conversation, time)
  comeBack(needs, touched, found, time)
  countUnread(needs, found, place.position, isOwn || !isSinceJoining(needs, state, position))
}

/** In the stream: what was said before is history, which is no news. */
function isSinceJoining({ own }: GroupNeeds, state: GroupState, position: number): boolean {
  return position > (state.members.get(own.account)?.joined.position ?? 0)
}

/** @param found as it was before. What is no news is read, unless something above it is not. */
function countUnread({ sql }: GroupNeeds, found: ConversationRow, place: number, isRead: boolean): void {
  if (!isRead) addUnread(sql, found.id, 1)
  else if (found.unread === 0) setReadPosition(sql, found.id, place)
}

/** [K15] Of a message of the same author; whatever else it names stays as it is. */
export function takeChange(
  sql: Sql,
  touched: Touched,
  conversation: ConversationId,
  account: AccountId,
  { content: { body, at }, message }: Pick<Said, 'content' | 'message'>,
): void {
  if (body.case !== 'edit' && body.case !== 'recall') return
  const about = MessageId.safeParse(bytesToUuid(body.value.message))
  if (!about.success) return
  const word = { account, conversation, id: message, at }
  if (body.case === 'edit') takeEdit(sql, touched, word, about.data, body.value.text)
  else takeRecall(sql, touched, word, about.data)
}

/** By somebody whose role allows it, in the log: whoever said it. */
export function takeBack(sql: Sql, touched: Touched, group: GroupId, messages: readonly MessageId[]): void {
  for (const message of messages) {
    const row = findMessage(sql, message)
    if (row?.conversation !== groupConversation(group) || !['text', 'key-missing'].includes(row.kind)) continue
    // One that cannot be read yet never will be.
    dropSealedItem(sql, message)
    touched.message(markRecalled(sql, message))
    recount(sql, row.conversation)
  }
}

/** Published, and not noted before a crash: the stream knows. */
export function settleOwn(
  { sql }: GroupNeeds,
  touched: Touched,
  group: GroupId,
  message: MessageId,
  { time: at, position }: Pick<Place, 'time' | 'position'>,
): void {
  dropFromGroupOutbox(sql, group, message)
  setStreamPosition(sql, message, position)
  touched.message(advanceDelivery(sql, message, 'sent', at))
}

/** [P134] How many of the session were left out before this one. A session one learns late is read from where one stands. */
function skipped({ sql }: GroupNeeds, { session, content }: Said): number {
  if (session === undefined || content.sequence < 1) return 0
  const last = lastSequence(sql, session)
  if (content.sequence <= last) return 0
  setLastSequence(sql, session, content.sequence)
  return last === 0 ? 0 : content.sequence - last - 1
}

function addGap(
  { sql, random }: GroupNeeds,
  touched: Touched,
  group: GroupId,
  places: StreamPlaces,
  { from, time, position }: Place,
  missing: number,
) {
  const place = places.take(position, 0)
  touched.message(
    addMessage(sql, {
      conversation: groupConversation(group),
      position: place.position,
      sequence: place.sequence,
      id: MessageId.parse(random.uuid()),
      author: from.account,
      author_name: nameOf(sql, from.account),
      own: 0,
      sent_at: time,
      kind: 'gap',
      gap_from: 1,
      gap_to: missing,
      gap_device: from.device,
    }),
  )
}

/** [P139] Unread like what can be read: it may be a message, and is taken for one until its key tells. */
export function addKeyMissing(
  needs: GroupNeeds,
  touched: Touched,
  group: GroupId,
  state: GroupState,
  places: StreamPlaces,
  { from, time, position }: Place,
  message: MessageId,
  epoch: number,
): void {
  const { sql, own } = needs
  const conversation = groupConversation(group)
  const found = findConversation(sql, conversation)
  if (found === undefined || isBlocked(sql, from.account) || wasDeleted(sql, message)) return
  // Of another own device.
  const isOwn = from.account === own.account
  const place = places.take(position, 0)
  const row = addMessage(sql, {
    conversation,
    position: place.position,
    sequence: place.sequence,
    id: message,
    author: from.account,
    author_name: nameOf(sql, from.account),
    own: isOwn ? 1 : 0,
    sent_at: time,
    kind: 'key-missing',
    epoch,
    delivery: isOwn ? 'sent' : null,
    delivery_at: isOwn ? time : null,
    stream_position: position,
  })
  touched.message(row)
  settleEarlyReads(needs, touched, state, row)
  if (!place.isLast) return
  touchConversation(sql, conversation, time)
  comeBack(needs, touched, found, time)
  countUnread(needs, found, place.position, isOwn || !isSinceJoining(needs, state, position))
}

export function addEvent(
  needs: GroupNeeds,
  touched: Touched,
  state: GroupState,
  places: StreamPlaces,
  { time: at, position }: Pick<Place, 'time' | 'position'>,
  entry: GroupEntry,
  part: DetailsPart,
): void {
  const { sql, own } = needs
  const conversation = groupConversation(state.group)
  const event = eventOf(sql, entry, part)
  // Who comes back reads the log once more.
  const id = idOfEvent(entry)
  const found = findConversation(sql, conversation)
  places.pass(position, id)
  if (event === undefined || found === undefined || findMessage(sql, id)) return
  if (wasDeleted(sql, id)) return
  const place = places.take(position, 0)
  touched.message(
    addMessage(sql, {
      conversation,
      position: place.position,
      sequence: place.sequence,
      id,
      author: entry.actor,
      author_name: event.actorName,
      own: entry.actor === own.account ? 1 : 0,
      sent_at: Math.min(entry.at, at) as Instant,
      kind: 'group-event',
      event: JSON.stringify(event),
      stream_position: position,
    }),
  )
  if (!place.isLast) return
  touchConversation(sql, conversation, at)
  comeBack(needs, touched, found, at)
  if (entry.change.kind === 'open-epoch') moveWaiting(sql, touched, state.group)
}

/** What has not left is said under the new keys: it stands behind their line, as it will for everybody. */
function moveWaiting(sql: Sql, touched: Touched, group: GroupId): void {
  for (const message of waitingInGroup(sql, group)) moveToEnd(sql, touched, message)
}

/** Of one's own, which comes into the stream behind all that is there. */
export function moveToEnd(sql: Sql, touched: Touched, message: MessageId): void {
  // A change of something said has no row of its own.
  const row = findMessage(sql, message)
  if (row !== undefined) touched.message(moveMessage(sql, message, takePosition(sql, row.conversation)))
}

/** The same for the same entry: a UUID of version 4, by what the entry is known by in the log. */
function idOfEvent({ hash }: GroupEntry): MessageId {
  const bytes = hash.slice(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return MessageId.parse(bytesToUuid(bytes))
}

/** The key of the newest details came behind the entry that set them: its line says what it changed. */
export function explainDetails(sql: Sql, touched: Touched, group: GroupId, part: DetailsPart): void {
  const row = newestDetailsEvent(sql, groupConversation(group))
  if (row === undefined || row.event === null || part === null) return
  const event: GroupEvent = JSON.parse(row.event)
  if (event.value === null) touched.message(setEvent(sql, row.id, JSON.stringify({ ...event, value: part })))
}
