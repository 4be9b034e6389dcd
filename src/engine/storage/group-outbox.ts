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

export function addToGroupOutbox(
  sql: Sql,
  row: Pick<GroupOutboxRow, 'group_id' | 'message' | 'body' | 'readable' | 'at'>,
): void {
  sql.run("INSERT INTO group_outbox (group_id, message, body, readable, state, at) VALUES (?, ?, ?, ?, 'waiting', ?)", [
    row.group_id,
    row.message,
    row.body,
    row.readable,
    row.at,
  ])
}

export function nextForGroup(sql: Sql, group: GroupId): GroupOutboxRow | undefined {
  return sql.get<GroupOutboxRow>(
    "SELECT * FROM group_outbox WHERE group_id = ? AND state <> 'failed' ORDER BY id LIMIT 1",
    [group],
  )
}

/** What goes out by itself, in the order it was said. */
export function waitingInGroup(sql: Sql, group: GroupId): MessageId[] {
  return sql
    .all<{ message: MessageId }>(
      "SELECT message FROM group_outbox WHERE group_id = ? AND state <> 'failed' ORDER BY id",
      [group],
    )
    .map((row) => row.message)
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

/** It was sealed for an epoch that the relay refuses: nothing of it was taken, so it is sealed anew. */
export function unsealGroupMessage(sql: Sql, id: number): void {
  sql.run("UPDATE group_outbox SET state = 'waiting', bytes = NULL WHERE id = ?", [id])
}

export function dropFromGroupOutbox(sql: Sql, message: MessageId): void {
  sql.run('DELETE FROM group_outbox WHERE message = ?', [message])
}

export function failInGroupOutbox(sql: Sql, id: number): void {
  sql.run("UPDATE group_outbox SET state = 'failed', bytes = NULL WHERE id = ?", [id])
}

/** False: it had not failed. */
export function retryInGroupOutbox(sql: Sql, message: MessageId): boolean {
  return sql.run("UPDATE group_outbox SET state = 'waiting' WHERE message = ? AND state = 'failed'", [message]) > 0
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
