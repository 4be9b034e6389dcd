// Keys of groups that are asked for: by this device, and by others.

import type { AccountId, DeviceId, GroupId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface WantedKeyRow {
  group_id: GroupId
  key: Uint8Array
  solicitation: Uint8Array | null
  asked_at: Instant | null
  tries: number
  next_at: Instant
}

export interface SolicitedKeyRow {
  group_id: GroupId
  solicitation: Uint8Array
  key: Uint8Array
  account: AccountId
  device: DeviceId
  at: Instant
  lease_account: AccountId | null
  lease_device: DeviceId | null
  lease_until: Instant
}

/** What is wanted already stays as it is. */
export function wantKey(sql: Sql, group: GroupId, key: Uint8Array, nextAt: number): void {
  sql.run('INSERT INTO wanted_keys (group_id, key, next_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [
    group,
    key,
    nextAt,
  ])
}

export function findWantedKey(sql: Sql, group: GroupId, key: Uint8Array): WantedKeyRow | undefined {
  return sql.get<WantedKeyRow>('SELECT * FROM wanted_keys WHERE group_id = ? AND key = ?', [group, key])
}

/** Of sessions, those first whose messages are the newest: they are on the screen [D9]. */
export function dueWantedKeys(sql: Sql, group: GroupId, now: Instant, limit: number): WantedKeyRow[] {
  return sql.all<WantedKeyRow>(
    `SELECT w.* FROM wanted_keys w WHERE w.group_id = ? AND w.next_at <= ?
     ORDER BY (SELECT max(i.position) FROM group_sealed_items i WHERE i.group_id = w.group_id AND i.session = w.key) DESC
     LIMIT ?`,
    [group, now, limit],
  )
}

export function groupsThatWant(sql: Sql, now: Instant): GroupId[] {
  return sql
    .all<{ group_id: GroupId }>('SELECT DISTINCT group_id FROM wanted_keys WHERE next_at <= ?', [now])
    .map((row) => row.group_id)
}

export function nextWanted(sql: Sql): Instant | undefined {
  return sql.get<{ at: Instant | null }>('SELECT min(next_at) AS at FROM wanted_keys')?.at ?? undefined
}

export function noteAsked(
  sql: Sql,
  { group_id, key }: Pick<WantedKeyRow, 'group_id' | 'key'>,
  solicitation: Uint8Array,
  now: Instant,
  nextAt: number,
): void {
  sql.run(
    'UPDATE wanted_keys SET solicitation = ?, asked_at = ?, tries = tries + 1, next_at = ? WHERE group_id = ? AND key = ?',
    [solicitation, now, nextAt, group_id, key],
  )
}

/** It came. Returns by which solicitation it was asked for, if it was. */
export function dropWantedKey(sql: Sql, group: GroupId, key: Uint8Array): Uint8Array | undefined {
  return (
    sql.get<{ solicitation: Uint8Array | null }>(
      'DELETE FROM wanted_keys WHERE group_id = ? AND key = ? RETURNING solicitation',
      [group, key],
    )?.solicitation ?? undefined
  )
}

/** Sessions of what cannot be read yet. */
export function sessionsWithoutKey(sql: Sql, group: GroupId): { session: Uint8Array; epoch: number }[] {
  return sql.all(
    `SELECT DISTINCT session, epoch FROM group_sealed_items i WHERE group_id = ?
     AND NOT EXISTS (SELECT 1 FROM group_sessions s WHERE s.session = i.session)`,
    [group],
  )
}

export function addSolicitedKey(
  sql: Sql,
  row: Pick<SolicitedKeyRow, 'group_id' | 'solicitation' | 'key' | 'account' | 'device' | 'at'>,
): void {
  sql.run(
    `INSERT INTO solicited_keys (group_id, solicitation, key, account, device, at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    [row.group_id, row.solicitation, row.key, row.account, row.device, row.at],
  )
}

/** Open ones of one device: the newest request counts. */
export function countSolicitedBy(sql: Sql, group: GroupId, account: AccountId, device: DeviceId): number {
  return (
    sql.get<{ count: number }>(
      'SELECT count(*) AS count FROM solicited_keys WHERE group_id = ? AND account = ? AND device = ?',
      [group, account, device],
    )?.count ?? 0
  )
}

export function forgetSolicitedBy(sql: Sql, group: GroupId, account: AccountId, device: DeviceId): void {
  sql.run('DELETE FROM solicited_keys WHERE group_id = ? AND account = ? AND device = ?', [group, account, device])
}

export function openSolicitations(sql: Sql, group: GroupId): SolicitedKeyRow[] {
  return sql.all<SolicitedKeyRow>('SELECT * FROM solicited_keys WHERE group_id = ? ORDER BY at', [group])
}

/** In all groups. */
export function openSolicitationsOf(sql: Sql, account: AccountId, device: DeviceId): SolicitedKeyRow[] {
  return sql.all<SolicitedKeyRow>('SELECT * FROM solicited_keys WHERE account = ? AND device = ?', [account, device])
}

export function solicitedKeysOf(sql: Sql, group: GroupId, solicitation: Uint8Array): SolicitedKeyRow[] {
  return sql.all<SolicitedKeyRow>('SELECT * FROM solicited_keys WHERE group_id = ? AND solicitation = ?', [
    group,
    solicitation,
  ])
}

/** [P142] Leases of one account on the same key of a request: who did not bring it in those lets others go on. */
const MOST_LEASES = 2

/** [P142] The first in the stream has it; until it is over nobody else. False: it is not theirs. */
export function leaseKey(
  sql: Sql,
  group: GroupId,
  solicitation: Uint8Array,
  key: Uint8Array,
  by: { account: AccountId; device: DeviceId },
  at: Instant,
  until: Instant,
): boolean {
  const asked = [group, solicitation, key] as const
  if (!mayLease(sql, group, solicitation, key, by.account)) return false
  const taken = sql.get(
    `UPDATE solicited_keys SET lease_account = ?, lease_device = ?, lease_until = ?
     WHERE group_id = ? AND solicitation = ? AND key = ? AND lease_until <= ? RETURNING 1 AS yes`,
    [by.account, by.device, until, ...asked, at],
  )
  if (taken === undefined) return false
  sql.run(
    `INSERT INTO key_leases (group_id, solicitation, key, account, count) VALUES (?, ?, ?, ?, 1)
     ON CONFLICT DO UPDATE SET count = count + 1`,
    [...asked, by.account],
  )
  return true
}

/** Whether an account has not had all its leases yet. */
export function mayLease(
  sql: Sql,
  group: GroupId,
  solicitation: Uint8Array,
  key: Uint8Array,
  account: AccountId,
): boolean {
  const had = sql.get<{ count: number }>(
    'SELECT count FROM key_leases WHERE group_id = ? AND solicitation = ? AND key = ? AND account = ?',
    [group, solicitation, key, account],
  )
  return (had?.count ?? 0) < MOST_LEASES
}

/** [P143] The asker has it: only they can say so. */
export function settleSolicitedKey(
  sql: Sql,
  group: GroupId,
  solicitation: Uint8Array,
  key: Uint8Array,
  by: { account: AccountId; device: DeviceId },
): void {
  sql.run(
    'DELETE FROM solicited_keys WHERE group_id = ? AND solicitation = ? AND key = ? AND account = ? AND device = ?',
    [group, solicitation, key, by.account, by.device],
  )
}

/** Whoever asks still has asked again since. */
export function forgetSolicitedBefore(sql: Sql, at: number): void {
  sql.run('DELETE FROM solicited_keys WHERE at < ?', [at])
}

/** Who is answering what this device asked for. */
export function leaseOn(
  sql: Sql,
  group: GroupId,
  solicitation: Uint8Array,
  key: Uint8Array,
  now: Instant,
): AccountId | undefined {
  return (
    sql.get<{ lease_account: AccountId | null }>(
      'SELECT lease_account FROM solicited_keys WHERE group_id = ? AND solicitation = ? AND key = ? AND lease_until > ?',
      [group, solicitation, key, now],
    )?.lease_account ?? undefined
  )
}
