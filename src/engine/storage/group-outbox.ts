// What is said in groups, until the relay has it; and one's own session in each.

import {
  type AccountId,
  bytesToUuid,
  type DeviceId,
  type GroupId,
  GroupSessionId,
  type Instant,
  type MessageId,
  uuidToBytes,
} from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { idsOf } from './id-ranges.ts'

export interface GroupOutboxRow {
  id: number
  group_id: GroupId
  message: MessageId
  body: Uint8Array
  readable: number
  state: 'waiting' | 'sealed' | 'failed'
  bytes: Uint8Array | null
  at: Instant
}

export interface OwnGroupSession {
  session: GroupSessionId
  epoch: number
  /** Of the last message sealed in it. */
  sequence: number
  /** A device that was told it is gone from its owner's list [G4]. */
  lost: boolean
}

/** What is said, and the bytes that may leave if it is sealed already [P81]. */
export function addToGroupOutbox(
  sql: Sql,
  row: Pick<GroupOutboxRow, 'group_id' | 'message' | 'body' | 'readable' | 'at'>,
  bytes?: Uint8Array,
): void {
  const { first, last } = idsOf(row.group_id)
  sql.run(
    `INSERT INTO group_outbox (id, group_id, message, body, readable, state, bytes, at)
     VALUES ((SELECT coalesce(max(id), ?) + 1 FROM group_outbox WHERE id BETWEEN ? AND ?), ?, ?, ?, ?, ?, ?, ?)`,
    [
      first,
      first,
      last,
      row.group_id,
      row.message,
      row.body,
      row.readable,
      bytes === undefined ? 'waiting' : 'sealed',
      bytes ?? null,
      row.at,
    ],
  )
}

/**
 * The next that is to leave. First what is sealed, in the order in which it was numbered: what failed and is tried again
 * gets its number behind that.
 * @param after the last one that left and is not noted as such yet; 0: there is none.
 */
export function nextForGroup(sql: Sql, group: GroupId, after: number): GroupOutboxRow | undefined {
  const { first, last } = idsOf(group)
  const sealed = sql.get<GroupOutboxRow>(
    "SELECT * FROM group_outbox WHERE id > ? AND id <= ? AND group_id = ? AND state = 'sealed' ORDER BY id LIMIT 1",
    [Math.max(first, after), last, group],
  )
  return sealed ?? nextToSeal(sql, group)
}

export function nextToSeal(sql: Sql, group: GroupId): GroupOutboxRow | undefined {
  return sql.get<GroupOutboxRow>(
    "SELECT * FROM group_outbox WHERE group_id = ? AND state = 'waiting' ORDER BY id LIMIT 1",
    [group],
  )
}

/** What goes out by itself, in the order it was said. */
export function waitingInGroup(sql: Sql, group: GroupId): MessageId[] {
  const { first, last } = idsOf(group)
  return sql
    .all<{ message: MessageId }>(
      "SELECT message FROM group_outbox WHERE id BETWEEN ? AND ? AND group_id = ? AND state <> 'failed' ORDER BY id",
      [first, last, group],
    )
    .map((row) => row.message)
}

/** How many wait to be sealed. */
export function unsealedInGroup(sql: Sql, group: GroupId): number {
  return (
    sql.get<{ count: number }>("SELECT count(*) AS count FROM group_outbox WHERE group_id = ? AND state = 'waiting'", [
      group,
    ])?.count ?? 0
  )
}

export function findInGroupOutbox(sql: Sql, group: GroupId, message: MessageId): GroupOutboxRow | undefined {
  const { first, last } = idsOf(group)
  return sql.get<GroupOutboxRow>(
    'SELECT * FROM group_outbox WHERE id BETWEEN ? AND ? AND group_id = ? AND message = ?',
    [first, last, group, message],
  )
}

export function groupsWithMail(sql: Sql): GroupId[] {
  return sql
    .all<{ group_id: GroupId }>("SELECT DISTINCT group_id FROM group_outbox WHERE state <> 'failed'")
    .map((row) => row.group_id)
}

/** [P81] The exact bytes that may leave. */
export function markGroupSealed(sql: Sql, id: number, bytes: Uint8Array): void {
  sql.run("UPDATE group_outbox SET state = 'sealed', bytes = ? WHERE id = ?", [bytes, id])
}

/** This one and those behind it wait to be sealed anew. The bytes that they had. */
export function unsealGroupMessages(sql: Sql, group: GroupId, from: number): Uint8Array[] {
  const { last } = idsOf(group)
  const these = "id BETWEEN ? AND ? AND group_id = ? AND state = 'sealed'"
  const values = [from, last, group]
  const sealed = sql.all<{ bytes: Uint8Array }>(`SELECT bytes FROM group_outbox WHERE ${these}`, values)
  sql.run(`UPDATE group_outbox SET state = 'waiting', bytes = NULL WHERE ${these}`, values)
  return sealed.map(({ bytes }) => bytes)
}

export function dropFromGroupOutbox(sql: Sql, group: GroupId, message: MessageId): void {
  const { first, last } = idsOf(group)
  sql.run('DELETE FROM group_outbox WHERE id BETWEEN ? AND ? AND group_id = ? AND message = ?', [
    first,
    last,
    group,
    message,
  ])
}

export function failInGroupOutbox(sql: Sql, id: number): void {
  sql.run("UPDATE group_outbox SET state = 'failed', bytes = NULL WHERE id = ?", [id])
}

/** False: it had not failed. */
export function retryInGroupOutbox(sql: Sql, group: GroupId, message: MessageId): boolean {
  const { first, last } = idsOf(group)
  const failed = "id BETWEEN ? AND ? AND group_id = ? AND message = ? AND state = 'failed'"
  return sql.run(`UPDATE group_outbox SET state = 'waiting' WHERE ${failed}`, [first, last, group, message]) > 0
}

/** What a person cannot ask for again, because it is no message of its own: changes, and what is taken back. */
export function retryChangesInGroupOutbox(sql: Sql, group: GroupId): void {
  const { first, last } = idsOf(group)
  const failed = "id BETWEEN ? AND ? AND group_id = ? AND state = 'failed'"
  const isNoMessage = 'NOT EXISTS (SELECT 1 FROM messages WHERE messages.id = group_outbox.message)'
  sql.run(`UPDATE group_outbox SET state = 'waiting' WHERE ${failed} AND ${isNoMessage}`, [first, last, group])
}

export function ownGroupSession(sql: Sql, group: GroupId): OwnGroupSession | undefined {
  const row = sql.get<{ epoch: number; session: Uint8Array; sequence: number; lost: number }>(
    'SELECT epoch, session, sequence, lost FROM own_group_sessions WHERE group_id = ?',
    [group],
  )
  if (row === undefined) return undefined
  const session = GroupSessionId.parse(bytesToUuid(row.session))
  return { epoch: row.epoch, session, sequence: row.sequence, lost: row.lost === 1 }
}

export function setOwnGroupSession(
  sql: Sql,
  group: GroupId,
  { session, epoch, sequence, lost }: OwnGroupSession,
): void {
  sql.run(
    `INSERT INTO own_group_sessions (group_id, epoch, session, sequence, lost) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET epoch = excluded.epoch, session = excluded.session, sequence = excluded.sequence,
       lost = excluded.lost`,
    [group, epoch, uuidToBytes(session), sequence, lost ? 1 : 0],
  )
}

/** [G4] These are all the devices somebody has now: a session that another one was told is to be followed by a fresh one. */
export function noteListedDevices(sql: Sql, account: AccountId, devices: readonly DeviceId[]): void {
  const listed = devices.map(() => '?').join(', ')
  sql.run(
    `UPDATE own_group_sessions SET lost = 1 WHERE lost = 0 AND session IN
       (SELECT key FROM key_holders WHERE account = ? AND device NOT IN (${listed}))`,
    [account, ...devices],
  )
}

/** After a restore, or when a device is gone: the next message begins another one. */
export function dropOwnGroupSessions(sql: Sql): void {
  sql.run('DELETE FROM sender_keys WHERE session IN (SELECT session FROM own_group_sessions)')
  sql.run('DELETE FROM own_group_sessions')
}
