// Messages that are changed or taken back after they were said: what an edit or a recall does to them [P98][P99].

import type { AccountId, ConversationId, Instant, MessageId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { findConversation, setReadPosition } from '../storage/conversations.ts'
import { addVersion, keepEarly, markRecalled, takeEarly, versionsOf, writeText } from '../storage/edits.ts'
import { advanceDelivery, findMessage, type MessageRow, removeMessage } from '../storage/messages.ts'
import type { Touched } from '../touched.ts'

/** How long an author may change a message, or take it back, in milliseconds. */
export const CHANGEABLE_FOR = 86_400_000
/** How long others go along with it: their clocks and relays may be late. */
const TAKEN_FOR = 2 * CHANGEABLE_FOR
/** Nobody's history of edits is to fill a disk. */
const MOST_VERSIONS = 100

/** Whose word it is, and about what. */
export interface Word {
  account: AccountId
  conversation: ConversationId
  /** The id of the content that brought it. */
  id: MessageId
  at: Instant
}

/** Only the author changes a message. One that is not here yet is changed when it comes. */
export function takeEdit(sql: Sql, touched: Touched, word: Word, message: MessageId, text: string): void {
  const row = findMessage(sql, message)
  if (isStillToCome(row))
    keepEarly(sql, { message, account: word.account, kind: 'edit', word: word.id, text, at: word.at })
  else if (isTheirs(row, word)) touched.message(edited(sql, row, word, text))
}

/** What was said is gone, for everybody; that something was said stays. */
export function takeRecall(sql: Sql, touched: Touched, word: Word, message: MessageId): void {
  const row = findMessage(sql, message)
  if (isStillToCome(row))
    keepEarly(sql, { message, account: word.account, kind: 'recall', word: word.id, text: null, at: word.at })
  else if (isTheirs(row, word)) touched.message(recalled(sql, row, word))
}

/** A message that has just come: what was said about it before. Undefined: it was deleted on another own device. */
export function settleEarly(sql: Sql, touched: Touched, row: MessageRow, own: AccountId): MessageRow | undefined {
  let now: MessageRow = row
  for (const { account, kind, word, text, at } of takeEarly(sql, row.id)) {
    const said: Word = { account, conversation: row.conversation, id: word, at }
    if (kind === 'delete' && account === own) {
      removeDeleted(sql, touched, row.id)
      return undefined
    }
    if (kind === 'edit' && isTheirs(now, said)) now = edited(sql, now, said, text ?? '') ?? now
    if (kind === 'recall' && isTheirs(now, said)) now = recalled(sql, now, said) ?? now
    if ((kind === 'delivered' || kind === 'read') && row.own === 1 && row.conversation.endsWith(account))
      now = advanceDelivery(sql, row.id, kind, at) ?? now
  }
  return now
}

/** On this device, or on another own one. */
export function removeDeleted(sql: Sql, touched: Touched, message: MessageId): void {
  const row = findMessage(sql, message)
  if (row === undefined) return
  removeMessage(sql, message)
  touched.goneMessage(row)
  recount(sql, row.conversation)
}

function edited(sql: Sql, row: MessageRow, word: Word, text: string): MessageRow | undefined {
  if (row.kind !== 'text' || word.at - row.sent_at > TAKEN_FOR) return undefined
  const known = versionsOf(sql, row.id).length
  if (known >= MOST_VERSIONS) return undefined
  if (known === 0) addVersion(sql, row.id, row.id, { at: row.sent_at, text: row.text ?? '' })
  // Behind what it changes, whatever the clocks of two devices say.
  addVersion(sql, row.id, word.id, { at: Math.max(word.at, row.sent_at + 1) as Instant, text })
  const newest = versionsOf(sql, row.id).at(-1)
  return newest === undefined ? undefined : writeText(sql, row.id, newest)
}

function recalled(sql: Sql, row: MessageRow, word: Word): MessageRow | undefined {
  if (row.kind !== 'text' || word.at - row.sent_at > TAKEN_FOR) return undefined
  const tombstone = markRecalled(sql, row.id)
  recount(sql, row.conversation)
  return tombstone
}

/** Or to be opened. */
function isStillToCome(row: MessageRow | undefined): row is undefined {
  return row === undefined || row.kind === 'undecryptable' || row.kind === 'key-missing'
}

function isTheirs(row: MessageRow, { account, conversation }: Word): boolean {
  return row.author === account && row.conversation === conversation
}

/** What is unread, anew. */
export function recount(sql: Sql, id: ConversationId): void {
  const conversation = findConversation(sql, id)
  if (conversation !== undefined) setReadPosition(sql, id, conversation.read_position)
}
