// Which keys of groups are owed to whom, and which devices have them [G10].

import type { AccountId, DeviceId, GroupId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface KeyDeliveryRow {
  group_id: GroupId
  account: AccountId
  key: Uint8Array
  solicitation: Uint8Array | null
  tries: number
  due_at: Instant
}

/** What is owed already stays owed as it is. */
export function oweKey(
  sql: Sql,
  row: Pick<KeyDeliveryRow, 'group_id' | 'account' | 'key' | 'due_at'>,
  solicitation: Uint8Array | null = null,
): void {
  sql.run(
    `INSERT INTO key_deliveries (group_id, account, key, solicitation, due_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET due_at = min(due_at, excluded.due_at), solicitation = excluded.solicitation`,
    [row.group_id, row.account, row.key, solicitation, row.due_at],
  )
}

/** The same key to many. */
export function oweKeyTo(
  sql: Sql,
  group: GroupId,
  accounts: readonly AccountId[],
  key: Uint8Array,
  due: Instant,
): void {
  sql.run(
    `INSERT INTO key_deliveries (group_id, account, key, due_at) SELECT ?, value, ?, ? FROM json_each(?) WHERE true
     ON CONFLICT DO UPDATE SET due_at = min(due_at, excluded.due_at), solicitation = NULL`,
    [group, key, due, JSON.stringify(accounts)],
  )
}

/** What is owed by now, what waited longest first; what is owed to one since the same time is next to each other. */
export function dueDeliveries(sql: Sql, now: Instant, limit: number): KeyDeliveryRow[] {
  return sql.all<KeyDeliveryRow>(
    'SELECT * FROM key_deliveries WHERE due_at <= ? ORDER BY due_at, group_id, account, key LIMIT ?',
    [now, limit],
  )
}

export function nextDelivery(sql: Sql): Instant | undefined {
  return sql.get<{ at: Instant | null }>('SELECT min(due_at) AS at FROM key_deliveries')?.at ?? undefined
}

export function postponeDeliveries(
  sql: Sql,
  group: GroupId,
  account: AccountId,
  keys: readonly Uint8Array[],
  at: Instant,
): void {
  for (const key of keys)
    sql.run('UPDATE key_deliveries SET tries = tries + 1, due_at = ? WHERE group_id = ? AND account = ? AND key = ?', [
      at,
      group,
      account,
      key,
    ])
}

export function isOwed(sql: Sql, account: AccountId): boolean {
  return sql.get('SELECT 1 AS yes FROM key_deliveries WHERE account = ? LIMIT 1', [account]) !== undefined
}

/** All that is owed to them. */
export function makeDue(sql: Sql, account: AccountId, now: Instant): void {
  sql.run('UPDATE key_deliveries SET due_at = min(due_at, ?) WHERE account = ?', [now, account])
}

export function settleDelivery(sql: Sql, group: GroupId, account: AccountId, key: Uint8Array): void {
  sql.run('DELETE FROM key_deliveries WHERE group_id = ? AND account = ? AND key = ?', [group, account, key])
}

/** Who is no member any more is owed nothing. */
export function forgetDeliveriesTo(sql: Sql, group: GroupId, account: AccountId): void {
  sql.run('DELETE FROM key_deliveries WHERE group_id = ? AND account = ?', [group, account])
}

export function noteHolder(sql: Sql, key: Uint8Array, account: AccountId, device: DeviceId, confirmed: boolean): void {
  sql.run(
    `INSERT INTO key_holders (key, account, device, confirmed) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET confirmed = max(confirmed, excluded.confirmed)`,
    [key, account, device, confirmed ? 1 : 0],
  )
}

export function holdersOf(sql: Sql, key: Uint8Array): { account: AccountId; device: DeviceId; confirmed: number }[] {
  return sql.all('SELECT account, device, confirmed FROM key_holders WHERE key = ? ORDER BY account, device', [key])
}

/** Whether this device was given it from here, or is to be. */
export function isKeyFor(
  sql: Sql,
  group: GroupId,
  key: Uint8Array,
  to: { account: AccountId; device: DeviceId },
): boolean {
  return (
    sql.get(
      `SELECT 1 AS yes FROM key_holders WHERE key = ? AND account = ? AND device = ?
       UNION ALL SELECT 1 FROM key_deliveries WHERE group_id = ? AND account = ? AND key = ? LIMIT 1`,
      [key, to.account, to.device, group, to.account, key],
    ) !== undefined
  )
}

export function hasConfirmed(sql: Sql, key: Uint8Array, account: AccountId, device: DeviceId): boolean {
  return (
    sql.get('SELECT 1 AS yes FROM key_holders WHERE key = ? AND account = ? AND device = ? AND confirmed = 1', [
      key,
      account,
      device,
    ]) !== undefined
  )
}
