// What came between two devices about groups, until the log was followed so far that it can be judged.

import type { AccountId, DeviceId, GroupId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface GroupArrivalRow {
  id: number
  account: AccountId
  device: DeviceId
  group_id: GroupId
  kind: 'keys' | 'stored' | 'invitation'
  /** A GroupKeys, GroupKeysStored or GroupInvitation. */
  body: Uint8Array
  at: Instant
}

/** What one account may have waiting: who sends more repeats it, or is up to something. */
const MOST_WAITING = 500

export function addGroupArrival(sql: Sql, row: Omit<GroupArrivalRow, 'id'>): void {
  const waiting = sql.get<{ count: number }>('SELECT count(*) AS count FROM group_arrivals WHERE account = ?', [
    row.account,
  ])
  if (waiting !== undefined && waiting.count >= MOST_WAITING) return
  sql.run('INSERT INTO group_arrivals (account, device, group_id, kind, body, at) VALUES (?, ?, ?, ?, ?, ?)', [
    row.account,
    row.device,
    row.group_id,
    row.kind,
    row.body,
    row.at,
  ])
}

export function groupArrivals(sql: Sql, group: GroupId): GroupArrivalRow[] {
  return sql.all<GroupArrivalRow>('SELECT * FROM group_arrivals WHERE group_id = ? ORDER BY id', [group])
}

export function groupsWithArrivals(sql: Sql): GroupId[] {
  return sql.all<{ group_id: GroupId }>('SELECT DISTINCT group_id FROM group_arrivals').map((row) => row.group_id)
}

export function dropGroupArrival(sql: Sql, id: number): void {
  sql.run('DELETE FROM group_arrivals WHERE id = ?', [id])
}

/** What nothing came of is forgotten. */
export function forgetArrivalsBefore(sql: Sql, at: number): void {
  sql.run('DELETE FROM group_arrivals WHERE at < ?', [at])
}
