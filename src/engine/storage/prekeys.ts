// Prekeys: the private halves this device keeps for first messages that are still to come.

import type { Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

/** A libsignal record with its private half: secret. */
export interface StoredPreKey {
  id: number
  record: Uint8Array
}

export type OneTimeKind = 'ec' | 'kyber'

/** Takes so many ids of a kind for good and returns the first of them. */
export function takeIds(sql: Sql, kind: 'one-time' | 'signed' | 'kyber', count: number): number {
  const column = { 'one-time': 'next_one_time_id', signed: 'next_signed_id', kyber: 'next_kyber_id' }[kind]
  const row = sql.get<{ next: number }>(
    `UPDATE own_account SET ${column} = ${column} + ? RETURNING ${column} AS next`,
    [count],
  )
  if (row === undefined) throw new Error('there is no account to take ids from')
  return row.next - count
}

export function readOneTimePreKey(sql: Sql, id: number): Uint8Array | undefined {
  return sql.get<{ record: Uint8Array }>('SELECT record FROM one_time_prekeys WHERE id = ?', [id])?.record
}

export function readSignedPreKey(sql: Sql, id: number): Uint8Array | undefined {
  return sql.get<{ record: Uint8Array }>('SELECT record FROM signed_prekeys WHERE id = ?', [id])?.record
}

export function readKyberPreKey(sql: Sql, id: number): { record: Uint8Array; lastResort: boolean } | undefined {
  const row = sql.get<{ record: Uint8Array; last_resort: number }>(
    'SELECT record, last_resort FROM kyber_prekeys WHERE id = ?',
    [id],
  )
  return row && { record: row.record, lastResort: row.last_resort === 1 }
}

export function addOneTimePreKeys(sql: Sql, kind: OneTimeKind, prekeys: readonly StoredPreKey[], now: Instant): void {
  for (const { id, record } of prekeys) {
    if (kind === 'ec') sql.run('INSERT INTO one_time_prekeys (id, record) VALUES (?, ?)', [id, record])
    else sql.run('INSERT INTO kyber_prekeys (id, record, last_resort, created) VALUES (?, ?, 0, ?)', [id, record, now])
  }
}

export function removeOneTimePreKey(sql: Sql, id: number): void {
  sql.run('DELETE FROM one_time_prekeys WHERE id = ?', [id])
}

/** A used one-time Kyber prekey. Last-resort ones stay until their retention is over. */
export function removeKyberPreKey(sql: Sql, id: number): void {
  sql.run('DELETE FROM kyber_prekeys WHERE id = ? AND last_resort = 0', [id])
}

/** One-time prekeys that have not left this device yet, oldest first. */
export function oneTimePreKeysAtHome(sql: Sql, kind: OneTimeKind, count: number): StoredPreKey[] {
  return sql.all(
    kind === 'ec'
      ? 'SELECT id, record FROM one_time_prekeys WHERE uploaded = 0 ORDER BY id LIMIT ?'
      : 'SELECT id, record FROM kyber_prekeys WHERE uploaded = 0 AND last_resort = 0 ORDER BY id LIMIT ?',
    [count],
  )
}

export function noteOneTimePreKeysLeft(sql: Sql, kind: OneTimeKind, upToId: number): void {
  if (kind === 'ec') sql.run('UPDATE one_time_prekeys SET uploaded = 1 WHERE uploaded = 0 AND id <= ?', [upToId])
  else sql.run('UPDATE kyber_prekeys SET uploaded = 1 WHERE uploaded = 0 AND last_resort = 0 AND id <= ?', [upToId])
}

/** Keeps the newest of each kind that left, and drops the rest: the relay can no longer hold them all. */
export function pruneOneTimePreKeys(sql: Sql, keep: number): void {
  sql.run(
    `DELETE FROM one_time_prekeys WHERE uploaded = 1 AND id <= (
       SELECT id FROM one_time_prekeys WHERE uploaded = 1 ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    [keep],
  )
  sql.run(
    `DELETE FROM kyber_prekeys WHERE uploaded = 1 AND last_resort = 0 AND id <= (
       SELECT id FROM kyber_prekeys WHERE uploaded = 1 AND last_resort = 0 ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    [keep],
  )
}

export interface CurrentPreKey extends StoredPreKey {
  created: Instant
}

export function currentSignedPreKey(sql: Sql): CurrentPreKey | undefined {
  return sql.get('SELECT id, record, created FROM signed_prekeys WHERE replaced IS NULL')
}

export function currentLastResortPreKey(sql: Sql): CurrentPreKey | undefined {
  return sql.get('SELECT id, record, created FROM kyber_prekeys WHERE last_resort = 1 AND replaced IS NULL')
}

/** The new pair is the current one from now on; the one before stays for messages that are under way. */
export function replaceSignedPreKeys(sql: Sql, signed: StoredPreKey, lastResort: StoredPreKey, now: Instant): void {
  sql.run('UPDATE signed_prekeys SET replaced = ? WHERE replaced IS NULL', [now])
  sql.run('UPDATE kyber_prekeys SET replaced = ? WHERE last_resort = 1 AND replaced IS NULL', [now])
  sql.run('INSERT INTO signed_prekeys (id, record, created) VALUES (?, ?, ?)', [signed.id, signed.record, now])
  sql.run('INSERT INTO kyber_prekeys (id, record, last_resort, created) VALUES (?, ?, 1, ?)', [
    lastResort.id,
    lastResort.record,
    now,
  ])
}

/** Drops signed and last-resort prekeys, and the base keys used with them, that were replaced before then. */
export function dropReplacedPreKeys(sql: Sql, before: number): void {
  sql.run('DELETE FROM signed_prekeys WHERE replaced < ?', [before])
  sql.run('DELETE FROM kyber_prekeys WHERE last_resort = 1 AND replaced < ?', [before])
}

/** [P97] Those that have a signature of the key before, or may have left with one; standing ones are kept a while [P38]. */
export function dropSignedOneTimePreKeys(sql: Sql): void {
  sql.run('DELETE FROM kyber_prekeys WHERE last_resort = 0')
}

export function dropAllPreKeys(sql: Sql): void {
  sql.run('DELETE FROM one_time_prekeys')
  sql.run('DELETE FROM signed_prekeys')
  sql.run('DELETE FROM kyber_prekeys')
}

export function wasBaseKeyUsed(sql: Sql, kyberId: number, signedId: number, baseKey: Uint8Array): boolean {
  const row = sql.get(
    'SELECT 1 AS used FROM kyber_base_keys_used WHERE kyber_id = ? AND signed_id = ? AND base_key = ?',
    [kyberId, signedId, baseKey],
  )
  return row !== undefined
}

/** Refused by the schema if it was noted before: a second guard against replays. */
export function noteBaseKeyUsed(sql: Sql, kyberId: number, signedId: number, baseKey: Uint8Array): void {
  sql.run('INSERT INTO kyber_base_keys_used (kyber_id, signed_id, base_key) VALUES (?, ?, ?)', [
    kyberId,
    signedId,
    baseKey,
  ])
}

/** Whether the relay has to forget the one-time prekeys it holds, with the next upload. */
export function mustReplaceOneTime(sql: Sql): boolean {
  return sql.get<{ must: number }>('SELECT replace_one_time AS must FROM own_account')?.must === 1
}

export function setMustReplaceOneTime(sql: Sql, must: boolean): void {
  sql.run('UPDATE own_account SET replace_one_time = ?', [must ? 1 : 0])
}
