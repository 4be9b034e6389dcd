// The identity keys others are known by: pinned at first sight, and what happened to them since [P20].

import type { AccountId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface PinnedIdentity {
  /** 33 bytes. */
  key: Uint8Array
  firstSeen: Instant
  /** When the person compared safety numbers for this very key. */
  verifiedAt: Instant | null
  /** Another key took the place of previousKey, and the person has not looked yet. Nothing is sent until then. */
  changedAt: Instant | null
  /** Whether previousKey had been verified. */
  wasVerified: boolean
  previousKey: Uint8Array | null
}

interface Row {
  key: Uint8Array
  first_seen: Instant
  verified_at: Instant | null
  changed_at: Instant | null
  was_verified: number
  previous_key: Uint8Array | null
}

export function readIdentity(sql: Sql, account: AccountId): PinnedIdentity | undefined {
  const row = sql.get<Row>(
    'SELECT key, first_seen, verified_at, changed_at, was_verified, previous_key FROM identities WHERE account = ?',
    [account],
  )
  if (row === undefined) return undefined
  return {
    key: row.key,
    firstSeen: row.first_seen,
    verifiedAt: row.verified_at,
    changedAt: row.changed_at,
    wasVerified: row.was_verified === 1,
    previousKey: row.previous_key,
  }
}

/** What a window shows of it. */
export function readLook(
  sql: Sql,
  account: AccountId,
): { verified_at: Instant | null; changed_at: Instant | null; was_verified: number } | undefined {
  return sql.get('SELECT verified_at, changed_at, was_verified FROM identities WHERE account = ?', [account])
}

export function allIdentities(sql: Sql): { account: AccountId; key: Uint8Array; verified_at: Instant | null }[] {
  return sql.all('SELECT account, key, verified_at FROM identities ORDER BY account')
}

export function writeIdentity(sql: Sql, account: AccountId, pinned: PinnedIdentity): void {
  sql.run(
    `INSERT INTO identities (account, key, first_seen, verified_at, changed_at, was_verified, previous_key)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (account) DO UPDATE SET
       key = excluded.key, verified_at = excluded.verified_at, changed_at = excluded.changed_at,
       was_verified = excluded.was_verified, previous_key = excluded.previous_key`,
    [
      account,
      pinned.key,
      pinned.firstSeen,
      pinned.verifiedAt,
      pinned.changedAt,
      pinned.wasVerified ? 1 : 0,
      pinned.previousKey,
    ],
  )
}

/**
 * The person has looked at the new key and goes on with it. False: it is no longer the key they looked at, or there was
 * nothing to accept.
 */
export function acceptIdentity(sql: Sql, account: AccountId, key: Uint8Array): boolean {
  const changed = sql.run(
    `UPDATE identities SET changed_at = NULL, was_verified = 0
     WHERE account = ? AND key = ? AND changed_at IS NOT NULL`,
    [account, key],
  )
  return changed === 1
}

/** The person compared safety numbers for this key. False: it is no longer the key they compared. */
export function verifyIdentity(sql: Sql, account: AccountId, key: Uint8Array, now: Instant): boolean {
  const changed = sql.run(
    'UPDATE identities SET verified_at = ?, changed_at = NULL, was_verified = 0 WHERE account = ? AND key = ?',
    [now, account, key],
  )
  return changed === 1
}

export function unverifyIdentity(sql: Sql, account: AccountId): void {
  sql.run('UPDATE identities SET verified_at = NULL WHERE account = ?', [account])
}
