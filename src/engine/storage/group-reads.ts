// Who has read what one said in a group, and whom one still has to tell that one has read what they said [P147].

import type { AccountId, ConversationId, GroupId, Instant, MessageId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { MessageRow } from './messages.ts'

export interface GroupRead {
  account: AccountId
  at: Instant
}

/** The first time counts. */
export function addGroupRead(sql: Sql, message: MessageId, { account, at }: GroupRead): void {
  sql.run('INSERT INTO group_reads (message, account, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [
    message,
    account,
    at,
  ])
}

/** In the order of time. */
export function groupReadsOf(sql: Sql, message: MessageId): GroupRead[] {
  return sql.all<GroupRead>('SELECT account, at FROM group_reads WHERE message = ? ORDER BY at, account', [message])
}

export function setReadBy(sql: Sql, message: MessageId, count: number, of: number): void {
  sql.run('UPDATE messages SET read_by = ?, read_of = ? WHERE id = ?', [count, of, message])
}

/** One's own that some have read and others not, among the newest messages. */
export function ownReadBySome(sql: Sql, conversation: ConversationId, among: number): MessageRow[] {
  return sql.all<MessageRow>(
    `SELECT * FROM (SELECT * FROM messages WHERE conversation = ? ORDER BY position DESC, sequence DESC, id DESC LIMIT ?)
     WHERE own = 1 AND delivery = 'sent' AND read_by > 0`,
    [conversation, among],
  )
}

export function setStreamPosition(sql: Sql, message: MessageId, position: number): void {
  sql.run('UPDATE messages SET stream_position = ? WHERE id = ?', [position, message])
}

// --- To be told -------------------------------------------------------------------------------------------------------

export interface ReadToTell {
  group_id: GroupId
  author: AccountId
  message: MessageId
  at: Instant
}

export function addReadToTell(sql: Sql, { group_id, author, message, at }: ReadToTell): void {
  sql.run('INSERT INTO reads_to_tell (group_id, author, message, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING', [
    group_id,
    author,
    message,
    at,
  ])
}

export function authorsToTell(sql: Sql): Pick<ReadToTell, 'group_id' | 'author'>[] {
  return sql.all('SELECT DISTINCT group_id, author FROM reads_to_tell')
}

export function readsToTell(sql: Sql, group: GroupId, author: AccountId, limit: number): ReadToTell[] {
  return sql.all('SELECT * FROM reads_to_tell WHERE group_id = ? AND author = ? LIMIT ?', [group, author, limit])
}

export function dropReadsToTell(sql: Sql, reads: readonly ReadToTell[]): void {
  for (const { group_id, author, message } of reads)
    sql.run('DELETE FROM reads_to_tell WHERE group_id = ? AND author = ? AND message = ?', [group_id, author, message])
}

export function forgetReadsToTell(sql: Sql): void {
  sql.run('DELETE FROM reads_to_tell')
}

export function forgetReadsToTellBefore(sql: Sql, at: number): void {
  sql.run('DELETE FROM reads_to_tell WHERE at < ?', [at])
}
