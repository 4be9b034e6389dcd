// Session records: where the ratchet with each device stands.

import type { AccountId, DeviceId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export function readSession(sql: Sql, account: AccountId, device: DeviceId): Uint8Array | undefined {
  return sql.get<{ record: Uint8Array }>('SELECT record FROM sessions WHERE account = ? AND device = ?', [
    account,
    device,
  ])?.record
}

/** Refused by the schema if the record is empty [E5]. */
export function writeSession(sql: Sql, account: AccountId, device: DeviceId, record: Uint8Array, now: Instant): void {
  sql.run(
    `INSERT INTO sessions (account, device, record, updated) VALUES (?, ?, ?, ?)
     ON CONFLICT (account, device) DO UPDATE SET record = excluded.record, updated = excluded.updated`,
    [account, device, record, now],
  )
}

/** Bytes of the stored record; 0 without one. Read from the row's header: the record itself stays on the disk. */
export function sessionSize(sql: Sql, account: AccountId, device: DeviceId): number {
  const row = sql.get<{ size: number }>(
    'SELECT length(record) AS size FROM sessions WHERE account = ? AND device = ?',
    [account, device],
  )
  return row?.size ?? 0
}

export function sessionsOf(sql: Sql, account: AccountId): { account: AccountId; device: DeviceId }[] {
  return sql.all('SELECT account, device FROM sessions WHERE account = ?', [account])
}

/** For nobody who has them open: only before the first unit of work. */
export function dropAllSessions(sql: Sql): void {
  sql.run('DELETE FROM sessions')
}
