// The vault: the group sessions this device has learned, and the keys of details.

import {
  type AccountId,
  bytesToUuid,
  type DeviceId,
  type GroupId,
  GroupSessionId,
  type Instant,
  uuidToBytes,
} from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface GroupSession {
  session: GroupSessionId
  group: GroupId
  epoch: number
  owner: AccountId
  device: DeviceId
  /** [P128] Null of what was learned before ids named their owner: read, and given to nobody. */
  salt: Uint8Array | null
  /** At iteration 0. Null in a group that keeps no history: the chain is in sender_keys and only moves on. */
  distribution: Uint8Array | null
  announcement: Uint8Array
  sharedBy: AccountId
  learnedAt: Instant
}

interface Row {
  session: Uint8Array
  group_id: GroupId
  epoch: number
  owner: AccountId
  owner_device: DeviceId
  salt: Uint8Array | null
  distribution: Uint8Array | null
  announcement: Uint8Array
  shared_by: AccountId
  learned_at: Instant
}

export function findGroupSession(sql: Sql, session: GroupSessionId): GroupSession | undefined {
  const row = sql.get<Row>('SELECT * FROM group_sessions WHERE session = ?', [uuidToBytes(session)])
  return row === undefined ? undefined : fromRow(row)
}

/** In one epoch an owner's device has one; more are somebody's mistake, and each reads its own messages. */
export function groupSessionsOf(sql: Sql, group: GroupId, epochs: { from: number; to: number }): GroupSession[] {
  return sql
    .all<Row>('SELECT * FROM group_sessions WHERE group_id = ? AND epoch >= ? AND epoch <= ? ORDER BY epoch', [
      group,
      epochs.from,
      epochs.to,
    ])
    .map(fromRow)
}

/** Of each that an owner has in an epoch: its device. */
export function sessionDevicesOf(sql: Sql, group: GroupId, epoch: number, owner: AccountId): DeviceId[] {
  return sql
    .all<{ device: DeviceId }>(
      'SELECT owner_device AS device FROM group_sessions WHERE group_id = ? AND epoch = ? AND owner = ?',
      [group, epoch, owner],
    )
    .map(({ device }) => device)
}

/** The first word counts: a session that is known is not replaced. */
export function addGroupSession(sql: Sql, session: GroupSession): void {
  sql.run(
    `INSERT INTO group_sessions
       (session, group_id, epoch, owner, owner_device, salt, distribution, announcement, shared_by, learned_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session) DO NOTHING`,
    [
      uuidToBytes(session.session),
      session.group,
      session.epoch,
      session.owner,
      session.device,
      session.salt,
      session.distribution,
      session.announcement,
      session.sharedBy,
      session.learnedAt,
    ],
  )
}

/** [P138] When the group's history policy no longer keeps what an epoch before this one said. */
export function shredSessionsBefore(sql: Sql, group: GroupId, epoch: number): void {
  sql.run(
    `DELETE FROM sender_keys WHERE session IN (SELECT session FROM group_sessions WHERE group_id = ? AND epoch < ?)`,
    [group, epoch],
  )
  sql.run('DELETE FROM group_sessions WHERE group_id = ? AND epoch < ?', [group, epoch])
}

export function findDetailsKey(sql: Sql, group: GroupId, id: Uint8Array): Uint8Array | undefined {
  return sql.get<{ key: Uint8Array }>('SELECT key FROM details_keys WHERE group_id = ? AND id = ?', [group, id])?.key
}

export function detailsKeysOf(sql: Sql, group: GroupId): Uint8Array[] {
  return sql
    .all<{ key: Uint8Array }>('SELECT key FROM details_keys WHERE group_id = ? ORDER BY learned_at', [group])
    .map(({ key }) => key)
}

export function detailsKeyIdsOf(sql: Sql, group: GroupId): Uint8Array[] {
  return sql.all<{ id: Uint8Array }>('SELECT id FROM details_keys WHERE group_id = ?', [group]).map(({ id }) => id)
}

/** @param epoch that it was made for, if this device made it. */
export function addDetailsKey(
  sql: Sql,
  group: GroupId,
  id: Uint8Array,
  key: Uint8Array,
  now: Instant,
  epoch = 0,
): void {
  sql.run(
    'INSERT INTO details_keys (group_id, id, key, learned_at, epoch) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    [group, id, key, now, epoch],
  )
}

/** One that this device made for the epoch. */
export function detailsKeyOfEpoch(sql: Sql, group: GroupId, epoch: number): Uint8Array | undefined {
  return sql.get<{ key: Uint8Array }>('SELECT key FROM details_keys WHERE group_id = ? AND epoch = ? LIMIT 1', [
    group,
    epoch,
  ])?.key
}

function fromRow(row: Row): GroupSession {
  return {
    session: GroupSessionId.parse(bytesToUuid(row.session)),
    group: row.group_id,
    epoch: row.epoch,
    owner: row.owner,
    device: row.owner_device,
    salt: row.salt,
    distribution: row.distribution,
    announcement: row.announcement,
    sharedBy: row.shared_by,
    learnedAt: row.learned_at,
  }
}
