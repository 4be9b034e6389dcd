// What the relay has of us: kept a while, in case somebody could not open it.

import type { AccountId, DeviceId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface SentRow {
  id: number
  content: Uint8Array
}

export interface KeptSent {
  submission: Uint8Array
  recipient: AccountId
  devices: readonly DeviceId[]
  content: Uint8Array
  at: Instant
}

/** What has not been in the outbox, before it leaves. */
export function keepSent(sql: Sql, { submission, recipient, devices, content, at }: KeptSent): void {
  sql.run(
    `INSERT INTO sent (submission, recipient, devices, kind, content, resent, at) VALUES (?, ?, ?, 'content', ?, 0, ?)`,
    [submission, recipient, Uint8Array.from(devices), content, at],
  )
}

/** What was given to the relay for this very device, if it is still kept and was not sent again yet. */
export function findSent(
  sql: Sql,
  submission: Uint8Array,
  recipient: AccountId,
  device: DeviceId,
): SentRow | undefined {
  return sql.get<SentRow>(
    `SELECT id, content FROM sent
     WHERE submission = ? AND recipient = ? AND instr(devices, ?) > 0 AND resent = 0 AND kind = 'content'`,
    [submission, recipient, Uint8Array.of(device)],
  )
}

/** Under this name something was sent lately. */
export function wasSent(sql: Sql, submission: Uint8Array): boolean {
  return sql.get('SELECT 1 AS yes FROM sent WHERE submission = ?', [submission]) !== undefined
}

export function markResent(sql: Sql, sent: number): void {
  sql.run('UPDATE sent SET resent = 1 WHERE id = ?', [sent])
}

/** Under another identity key nothing counts as answered, nor as begun anew: what went out for it cannot be opened either. */
export function forgetResent(sql: Sql): void {
  sql.run('UPDATE sent SET resent = 0 WHERE resent = 1')
  sql.run('UPDATE outbox SET resent = 0 WHERE resent = 1')
  sql.run('DELETE FROM session_resets')
}

/** As far as they lie before the first that is younger: they were added in the order of time. */
export function forgetSentBefore(sql: Sql, at: number): void {
  sql.run(
    `DELETE FROM sent WHERE id < coalesce(
       (SELECT id FROM sent WHERE at >= ? ORDER BY id LIMIT 1), (SELECT max(id) + 1 FROM sent))`,
    [at],
  )
}

/** When a session was last begun anew on request [P71]. */
export function lastReset(sql: Sql, account: AccountId, device: DeviceId): Instant | undefined {
  return sql.get<{ at: Instant }>('SELECT at FROM session_resets WHERE account = ? AND device = ?', [account, device])
    ?.at
}

export function noteReset(sql: Sql, account: AccountId, device: DeviceId, now: Instant): void {
  sql.run(
    'INSERT INTO session_resets (account, device, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at',
    [account, device, now],
  )
}
