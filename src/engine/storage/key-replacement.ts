// The last time the identity key was replaced from this device: what was prepared, and who has been told.

import type { AccountId, DeviceId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface KeyReplacementRow {
  state: 'prepared' | 'done'
  revoked: DeviceId | null
  /** Secret; empty once it is the account's. */
  identity: Uint8Array
  frame: Uint8Array
  at: Instant
}

export function readKeyReplacement(sql: Sql): KeyReplacementRow | undefined {
  return sql.get<KeyReplacementRow>('SELECT state, revoked, identity, frame, at FROM key_replacement')
}

export function writeKeyReplacement(sql: Sql, row: KeyReplacementRow): void {
  forgetKeyReplacement(sql)
  sql.run('INSERT INTO key_replacement (only_one, state, revoked, identity, frame, at) VALUES (1, ?, ?, ?, ?, ?)', [
    row.state,
    row.revoked,
    row.identity,
    row.frame,
    row.at,
  ])
}

export function markKeysReplaced(sql: Sql, at: Instant): void {
  sql.run("UPDATE key_replacement SET state = 'done', identity = x'', at = ?", [at])
}

export function forgetKeyReplacement(sql: Sql): void {
  sql.run('DELETE FROM key_replacement')
  sql.run('DELETE FROM key_replacement_told')
}

export function noteTold(sql: Sql, account: AccountId, submission: Uint8Array): void {
  sql.run('INSERT INTO key_replacement_told (account, submission) VALUES (?, ?) ON CONFLICT DO NOTHING', [
    account,
    submission,
  ])
}

/** How many were told, and for how many it still waits here. */
export function countTold(sql: Sql): { all: number; waiting: number } {
  const row = sql.get<{ all: number; waiting: number }>(
    `SELECT count(*) AS "all", count(o.id) AS waiting FROM key_replacement_told t
     LEFT JOIN outbox o ON o.submission = t.submission AND o.state <> 'accepted'`,
  )
  return row ?? { all: 0, waiting: 0 }
}
