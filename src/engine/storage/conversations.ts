// Conversations: who with, how far they got, how far they were read.

import { type AccountId, type ConversationId, Instant, type MessageId, personConversation } from '../../shared/ids.ts'
import type { ConversationState } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'

/** Muted until the end of time, as far as dates go. */
export const FOR_GOOD = Instant.parse(8_640_000_000_000_000)

interface CommonRow {
  id: ConversationId
  state: ConversationState
  last_position: number
  read_position: number
  unread: number
  draft: string
  last_at: Instant
  /** Null: not muted. */
  muted_until: Instant | null
  archived: number
  pinned: number
}

export interface PersonConversationRow extends CommonRow {
  kind: 'person' | 'notes'
  account: AccountId
}

export interface GroupConversationRow extends CommonRow {
  kind: 'group'
  account: null
}

export type ConversationRow = PersonConversationRow | GroupConversationRow

export function findConversation(sql: Sql, id: ConversationId): ConversationRow | undefined {
  return sql.get<ConversationRow>('SELECT * FROM conversations WHERE id = ?', [id])
}

/** With this account; oneself: the notes. */
export function findPersonConversation(sql: Sql, account: AccountId): PersonConversationRow | undefined {
  return sql.get<PersonConversationRow>('SELECT * FROM conversations WHERE id = ?', [personConversation(account)])
}

export function allConversations(sql: Sql): ConversationRow[] {
  return sql.all<ConversationRow>('SELECT * FROM conversations ORDER BY last_at DESC')
}

export type NewConversation = Pick<ConversationRow, 'id' | 'kind' | 'account' | 'state' | 'last_at'>

export function addConversation(sql: Sql, row: NewConversation): void {
  sql.run(
    `INSERT INTO conversations (id, kind, account, state, last_position, last_at)
     VALUES (?, ?, ?, ?, (SELECT first_place FROM own_state), ?)`,
    [row.id, row.kind, row.account, row.state, row.last_at],
  )
}

export function removeConversation(sql: Sql, id: ConversationId): void {
  sql.run('DELETE FROM conversations WHERE id = ?', [id])
}

export function setConversationState(sql: Sql, id: ConversationId, state: ConversationState): void {
  sql.run('UPDATE conversations SET state = ? WHERE id = ?', [state, id])
}

export function setDraft(sql: Sql, id: ConversationId, draft: string): void {
  sql.run('UPDATE conversations SET draft = ? WHERE id = ?', [draft, id])
}

export function setMutedUntil(sql: Sql, id: ConversationId, until: Instant | null): void {
  sql.run('UPDATE conversations SET muted_until = ? WHERE id = ?', [until, id])
}

/** What is put away is not at the top any more. */
export function setArchived(sql: Sql, id: ConversationId, archived: boolean): void {
  sql.run('UPDATE conversations SET archived = ?, pinned = pinned * (1 - ?) WHERE id = ?', [
    archived ? 1 : 0,
    archived ? 1 : 0,
    id,
  ])
}

/** What is at the top is in the list. */
export function setPinned(sql: Sql, id: ConversationId, pinned: boolean): void {
  sql.run('UPDATE conversations SET pinned = ?, archived = archived * (1 - ?) WHERE id = ?', [
    pinned ? 1 : 0,
    pinned ? 1 : 0,
    id,
  ])
}

/** The next place at the end of a conversation; it is taken with this call. */
export function takePosition(sql: Sql, id: ConversationId): number {
  const row = sql.get<{ last_position: number }>(
    'UPDATE conversations SET last_position = last_position + 1 WHERE id = ? RETURNING last_position',
    [id],
  )
  if (row === undefined) throw new Error('a place was asked for in a conversation that is not there')
  return row.last_position
}

/** The last place that was taken; 0: none. */
export function lastPosition(sql: Sql, id: ConversationId): number {
  return (
    sql.get<{ last_position: number }>('SELECT last_position FROM conversations WHERE id = ?', [id])?.last_position ?? 0
  )
}

/**
 * Somebody who has read everything says something now: its place is taken, read, and the conversation moves up. Undefined:
 * something is unread, and nothing was done.
 */
export function takeReadPosition(
  sql: Sql,
  id: ConversationId,
  now: Instant,
): Pick<ConversationRow, 'id' | 'last_position' | 'archived' | 'muted_until'> | undefined {
  return sql.get(
    `UPDATE conversations SET last_position = last_position + 1, read_position = last_position + 1, last_at = ?
     WHERE id = ? AND unread = 0 RETURNING id, last_position, archived, muted_until`,
    [now, id],
  )
}

/** Somebody else said something: it gets a place at the end, unless it has one, and the conversation moves up. */
export function takeArrival(
  sql: Sql,
  id: ConversationId,
  now: Instant,
  isUnread: boolean,
  place: number | undefined,
): number {
  const row = sql.get<{ last_position: number }>(
    `UPDATE conversations SET last_position = last_position + ?, last_at = ?, unread = unread + ?
     WHERE id = ? RETURNING last_position`,
    [place === undefined ? 1 : 0, now, isUnread ? 1 : 0, id],
  )
  if (row === undefined) throw new Error('somebody said something in a conversation that is not there')
  return place ?? row.last_position
}

/** Something was said now: the conversation moves up. Or down, if the clock was ahead before. */
export function touchConversation(sql: Sql, id: ConversationId, now: Instant): void {
  sql.run('UPDATE conversations SET last_at = ? WHERE id = ?', [now, id])
}

export function addUnread(sql: Sql, id: ConversationId, count: number): void {
  sql.run('UPDATE conversations SET unread = max(0, unread + ?) WHERE id = ?', [count, id])
}

/** [P139] What others said, whether it can be read by now or not. */
const SAID_BY_OTHERS = "own = 0 AND held = 0 AND kind IN ('text', 'key-missing')"

/** Everything up to this position is read; counts what remains. */
export function setReadPosition(sql: Sql, id: ConversationId, position: number): void {
  sql.run(
    `UPDATE conversations SET read_position = ?, unread =
       (SELECT count(*) FROM messages WHERE conversation = ? AND position > ? AND ${SAID_BY_OTHERS})
     WHERE id = ?`,
    [position, id, position, id],
  )
}

export function firstUnread(sql: Sql, id: ConversationId): MessageId | undefined {
  return sql.get<{ id: MessageId }>(
    `SELECT m.id FROM messages m JOIN conversations c ON c.id = m.conversation
     WHERE m.conversation = ? AND m.position > c.read_position AND m.own = 0 AND m.held = 0
       AND m.kind IN ('text', 'key-missing')
     ORDER BY m.position, m.sequence LIMIT 1`,
    [id],
  )?.id
}
