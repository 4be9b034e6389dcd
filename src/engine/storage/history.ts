// What history is made of: which tables belong to it, and how their rows are read and put back.

import type { ConversationId } from '../../shared/ids.ts'
import { type Sql, SqlFailure, type SqlValue } from '../../shared/sql.ts'

export type StoredRow = Record<string, SqlValue>

/** Everything but messages, in the order in which it is put back; and what the rows of each are ordered by. */
export const BASICS = {
  settings: 'name',
  avatars: 'account',
  people: 'account',
  identities: 'account',
  device_lists: 'account',
  conversations: 'id',
  incoming_chains: 'account, device, registration_id',
  missing: 'account, device, registration_id, sequence',
  deleted_messages: 'message',
} as const
export type BasicTable = keyof typeof BASICS

/** What stands in conversations, and what hangs on it: how its rows are found for one, from a place to another. */
export const STRETCHES = {
  messages:
    'SELECT * FROM messages WHERE conversation = ? AND position BETWEEN ? AND ? ORDER BY position, sequence, id',
  edits: `SELECT edits.* FROM messages JOIN edits ON edits.message = messages.id
    WHERE messages.conversation = ? AND position BETWEEN ? AND ? ORDER BY edits.message, edits.at, edits.edit`,
  group_reads: `SELECT group_reads.* FROM messages JOIN group_reads ON group_reads.message = messages.id
    WHERE messages.conversation = ? AND position BETWEEN ? AND ? ORDER BY group_reads.message, group_reads.account`,
} as const
export type StretchTable = keyof typeof STRETCHES

/** Of this device alone: its keys and sessions, what it sends and has seen, who it is. Never in a segment. */
export const OF_THE_DEVICE: readonly string[] = [
  'own_account',
  'own_state',
  'own_devices',
  // These the devices tell each other by themselves.
  'own_records',
  'sessions',
  // Groups are learned from their logs, and their keys asked for by who is entitled to them.
  'sender_keys',
  'group_sessions',
  'details_keys',
  'groups',
  'group_states',
  'group_avatars',
  'group_sealed_items',
  'own_group_sessions',
  'group_sequences',
  'group_outbox',
  'key_deliveries',
  'key_holders',
  'group_arrivals',
  'wanted_keys',
  'solicited_keys',
  'key_leases',
  'people_to_invite',
  'groups_to_mark',
  'reads_to_tell',
  'key_replacement',
  'key_replacement_told',
  'one_time_prekeys',
  'signed_prekeys',
  'kyber_prekeys',
  'kyber_base_keys_used',
  'outgoing_chains',
  'seen',
  'set_aside',
  'early',
  'outbox',
  'sent',
  'sealed',
  'session_resets',
  'history_leaving',
  'history_stretches',
  'history_ends',
  'history_parts',
  'history_arriving',
  'history_told',
]

// --- Read -------------------------------------------------------------------------------------------------------------

export function basicRows(sql: Sql, table: BasicTable): StoredRow[] {
  return sql.all(`SELECT * FROM ${table} ORDER BY ${BASICS[table]}`)
}

export function stretchRows(
  sql: Sql,
  table: StretchTable,
  conversation: ConversationId,
  first: number,
  last: number,
): StoredRow[] {
  return sql.all(STRETCHES[table], [conversation, first, last])
}

/** By name; what may be in each: INTEGER, TEXT or BLOB. */
export function columnsOf(sql: Sql, table: string): Map<string, string> {
  const columns = sql.all<{ name: string; type: string }>('SELECT name, type FROM pragma_table_info(?)', [table])
  return new Map(columns.map(({ name, type }) => [name, type]))
}

/** The last place before this one where something stands. */
export function lastPlaceBefore(sql: Sql, conversation: ConversationId, before: number): number | undefined {
  return sql.get<{ position: number }>(
    'SELECT position FROM messages WHERE conversation = ? AND position < ? ORDER BY position DESC LIMIT 1',
    [conversation, before],
  )?.position
}

export function countMessages(sql: Sql): number {
  return sql.get<{ count: number }>('SELECT count(*) AS count FROM messages')?.count ?? 0
}

// --- Put back ---------------------------------------------------------------------------------------------------------

/**
 * Whether it was added: one that is here already stays as it is, and one that breaks a rule of the schema is left out. The
 * columns are known to be of the table.
 */
export function addRow(sql: Sql, table: BasicTable | StretchTable, row: StoredRow): boolean {
  const names = Object.keys(row)
  const places = names.map(() => '?').join(', ')
  const insert = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places}) ON CONFLICT DO NOTHING`
  try {
    return sql.run(insert, Object.values(row)) === 1
  } catch (error) {
    if (error instanceof SqlFailure && error.kind === 'constraint') return false
    throw error
  }
}

/** Of somebody who was met here in the meantime: the newer name stays, and who is blocked on either side is blocked. */
export function mergePerson(sql: Sql, there: StoredRow): void {
  sql.run(
    `UPDATE people SET
       username = ?,
       name = iif(? >= profile_version, ?, name),
       profile_version = max(profile_version, ?),
       told_profile_version = max(told_profile_version, ?),
       about = iif(coalesce(?, 0) > details_version, coalesce(?, ''), about),
       avatar = iif(coalesce(?, 0) >= details_version, coalesce(?, avatar), avatar),
       details_version = max(details_version, coalesce(?, 0)),
       told_details_version = max(told_details_version, coalesce(?, 0)),
       blocked = max(blocked, ?)
     WHERE account = ?`,
    valuesOf(there, [
      'username',
      'profile_version',
      'name',
      'profile_version',
      'told_profile_version',
      'details_version',
      'about',
      'details_version',
      'avatar',
      'details_version',
      'told_details_version',
      'blocked',
      'account',
    ]),
  )
}

/** One that goes on here already keeps what is further: reading, places, time. */
export function mergeConversation(sql: Sql, there: StoredRow): void {
  sql.run(
    `UPDATE conversations SET
       state = iif(? = 'open', 'open', state),
       last_position = max(last_position, ?),
       read_position = max(read_position, ?),
       draft = iif(draft = '', ?, draft),
       last_at = iif(EXISTS (SELECT 1 FROM messages WHERE conversation = conversations.id), max(last_at, ?), ?)
     WHERE id = ?`,
    valuesOf(there, ['state', 'last_position', 'read_position', 'draft', 'last_at', 'last_at', 'id']),
  )
}

function valuesOf(row: StoredRow, columns: readonly string[]): SqlValue[] {
  return columns.map((column) => row[column] ?? null)
}

/** What is said here from now on stands behind all that was said before this device was added [P109]. */
export function goOnFromFirstPlace(sql: Sql, conversation: ConversationId): void {
  sql.run(
    'UPDATE conversations SET last_position = max(last_position, (SELECT first_place FROM own_state)) WHERE id = ?',
    [conversation],
  )
}

/** False: what stands here is at least as good. What could not be opened here makes room for what was there. */
export function makesRoom(sql: Sql, id: SqlValue, kind: SqlValue): boolean {
  const known = sql.get<{ kind: string }>('SELECT kind FROM messages WHERE id = ?', [id])
  if (known === undefined) return true
  if (known.kind !== 'undecryptable' || kind === 'undecryptable') return false
  sql.run('DELETE FROM messages WHERE id = ?', [id])
  return true
}
