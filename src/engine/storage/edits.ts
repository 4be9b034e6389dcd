// Messages that were changed after they were said: the texts they had, and what came before the message it is about.

import type { AccountId, Instant, MessageId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { MessageRow } from './messages.ts'

export interface Version {
  at: Instant
  text: string
}

/** Every text that a message had, oldest first; the last is the one it has. Empty: it was never changed. */
export function versionsOf(sql: Sql, message: MessageId): Version[] {
  return sql.all<Version>('SELECT at, text FROM edits WHERE message = ? ORDER BY at, edit', [message])
}

/** The same again changes nothing. */
export function addVersion(sql: Sql, message: MessageId, edit: MessageId, version: Version): void {
  sql.run('INSERT INTO edits (message, at, edit, text) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING', [
    message,
    version.at,
    edit,
    version.text,
  ])
}

export function writeText(sql: Sql, message: MessageId, { text, at }: Version): MessageRow | undefined {
  return sql.get<MessageRow>('UPDATE messages SET text = ?, edited_at = ? WHERE id = ? RETURNING *', [
    text,
    at,
    message,
  ])
}

/** Nothing that it ever said stays, nor who has read it. */
export function markRecalled(sql: Sql, message: MessageId): MessageRow | undefined {
  sql.run('DELETE FROM edits WHERE message = ?', [message])
  sql.run('DELETE FROM group_reads WHERE message = ?', [message])
  sql.run('DELETE FROM reads_to_tell WHERE message = ?', [message])
  return sql.get<MessageRow>(
    `UPDATE messages SET kind = 'deleted', text = NULL, edited_at = NULL, read_by = NULL, read_of = NULL
     WHERE id = ? RETURNING *`,
    [message],
  )
}

/** edit, recall, delete: by the author · delivered, read: by who got it. */
export interface EarlyWord {
  message: MessageId
  account: AccountId
  kind: 'edit' | 'recall' | 'delete' | 'delivered' | 'read'
  /** The id of the content that brought it. */
  word: MessageId
  text: string | null
  at: Instant
}

export function keepEarly(sql: Sql, word: EarlyWord): void {
  sql.run(
    'INSERT INTO early (message, account, kind, word, text, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    [word.message, word.account, word.kind, word.word, word.text, word.at],
  )
}

/** They are kept no longer. */
export function takeEarly(sql: Sql, message: MessageId): EarlyWord[] {
  const words = sql.all<EarlyWord>('SELECT * FROM early WHERE message = ? ORDER BY at, word', [message])
  if (words.length > 0) sql.run('DELETE FROM early WHERE message = ?', [message])
  return words
}

/** Who has read a message in a group that has only now come. */
export function takeEarlyReads(sql: Sql, message: MessageId): EarlyWord[] {
  return sql.all<EarlyWord>("DELETE FROM early WHERE message = ? AND kind = 'read' RETURNING *", [message])
}

export function countEarlyReads(sql: Sql, account: AccountId): number {
  const row = sql.get<{ count: number }>("SELECT count(*) AS count FROM early WHERE account = ? AND kind = 'read'", [
    account,
  ])
  return row?.count ?? 0
}

export function forgetEarlyBefore(sql: Sql, at: number): void {
  sql.run('DELETE FROM early WHERE at < ?', [at])
}

/** Whether anything is kept for a message that is not here yet. */
export function hasEarly(sql: Sql): boolean {
  return sql.get('SELECT 1 AS yes FROM early LIMIT 1') !== undefined
}
