// What history is made of, read for a segment, and put back without doubling anything.

import type { ConversationId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Numberer } from './chains.ts'
import type { ConversationRow } from './conversations.ts'
import { findMessage, type MessageRow } from './messages.ts'
import type { PersonRow } from './people.ts'

// --- Read -------------------------------------------------------------------------------------------------------------

export function storedSettings(sql: Sql): { name: string; value: string }[] {
  return sql.all('SELECT name, value FROM settings ORDER BY name')
}

export function everybody(sql: Sql): PersonRow[] {
  return sql.all('SELECT * FROM people ORDER BY account')
}

export function conversationsByName(sql: Sql): ConversationRow[] {
  return sql.all('SELECT * FROM conversations ORDER BY id')
}

export interface ChainRow extends Numberer {
  sequence: number
  hash: Uint8Array
}

export function incomingChains(sql: Sql): ChainRow[] {
  return sql.all(
    `SELECT account, device, registration_id AS registrationId, sequence, hash FROM incoming_chains
     ORDER BY account, device, registration_id`,
  )
}

export function missingOf(sql: Sql, from: Numberer): number[] {
  return sql
    .all<{ sequence: number }>(
      'SELECT sequence FROM missing WHERE account = ? AND device = ? AND registration_id = ? ORDER BY sequence',
      [from.account, from.device, from.registrationId],
    )
    .map((row) => row.sequence)
}

/** The last place before this one where something stands. */
export function lastPlaceBefore(sql: Sql, conversation: ConversationId, before: number): number | undefined {
  return sql.get<{ position: number }>(
    'SELECT position FROM messages WHERE conversation = ? AND position < ? ORDER BY position DESC LIMIT 1',
    [conversation, before],
  )?.position
}

/** Both places included, held back or not. */
export function messagesBetween(sql: Sql, conversation: ConversationId, first: number, last: number): MessageRow[] {
  return sql.all(
    `SELECT * FROM messages WHERE conversation = ? AND position BETWEEN ? AND ?
     ORDER BY position, sequence, id`,
    [conversation, first, last],
  )
}

export function countMessages(sql: Sql): number {
  return sql.get<{ count: number }>('SELECT count(*) AS count FROM messages')?.count ?? 0
}

// --- Put back ---------------------------------------------------------------------------------------------------------

/** What was set here stays. */
export function setIfUnset(sql: Sql, name: string, value: string): void {
  sql.run('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING', [name, value])
}

/** Whoever was met here in the meantime keeps the newer name; who is blocked on either side is blocked. */
export function restorePerson(sql: Sql, person: PersonRow): void {
  sql.run(
    `INSERT INTO people (account, username, name, profile_version, told_profile_version, blocked)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET
       username = excluded.username,
       name = iif(excluded.profile_version >= profile_version, excluded.name, name),
       profile_version = max(profile_version, excluded.profile_version),
       told_profile_version = max(told_profile_version, excluded.told_profile_version),
       blocked = max(blocked, excluded.blocked)`,
    [person.account, person.username, person.name, person.profile_version, person.told_profile_version, person.blocked],
  )
}

/** One that goes on here already keeps what is further: reading, places, time. */
export function restoreConversation(sql: Sql, row: Omit<ConversationRow, 'unread'>): void {
  sql.run(
    `INSERT INTO conversations (id, kind, account, state, last_position, read_position, draft, last_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET
       state = iif(excluded.state = 'open' OR state = 'open', 'open', state),
       last_position = max(last_position, excluded.last_position),
       read_position = max(read_position, excluded.read_position),
       draft = iif(draft = '', excluded.draft, draft),
       last_at = max(last_at, excluded.last_at)`,
    [row.id, row.kind, row.account, row.state, row.last_position, row.read_position, row.draft, row.last_at],
  )
}

/** False: somebody has counted on here already, and that stays. */
export function restoreChain(sql: Sql, { account, device, registrationId, sequence, hash }: ChainRow): boolean {
  return (
    sql.run(
      `INSERT INTO incoming_chains (account, device, registration_id, sequence, hash) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
      [account, device, registrationId, sequence, hash],
    ) === 1
  )
}

/** Undefined: it is here already, at least as well. */
export function restoreMessage(sql: Sql, row: MessageRow): MessageRow | undefined {
  const known = findMessage(sql, row.id)
  // What could not be opened here is known there.
  if (known?.kind === 'undecryptable' && row.kind !== 'undecryptable')
    sql.run('DELETE FROM messages WHERE id = ?', [row.id])
  else if (known !== undefined) return undefined
  const columns = Object.keys(row)
  const added = sql.run(
    `INSERT INTO messages (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`,
    Object.values(row),
  )
  return added === 1 ? row : undefined
}
