// What was opened already: SHA-256 after SHA-256, those of one slice in one row.

import type { Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

const HASH = 32

/** In a transaction. */
export function addSeen(sql: Sql, hashes: readonly Uint8Array[], at: Instant): void {
  if (hashes.length === 0) return
  const joined = new Uint8Array(hashes.length * HASH)
  for (const [index, hash] of hashes.entries()) joined.set(hash, index * HASH)
  sql.run('INSERT INTO seen (at, hashes) VALUES (?, ?)', [at, joined])
}

/** The next rows after this one: their hashes, one after the other. */
export function seenAfter(sql: Sql, id: number, limit: number): { id: number; hashes: Uint8Array }[] {
  return sql.all('SELECT id, hashes FROM seen WHERE id > ? ORDER BY id LIMIT ?', [id, limit])
}

/** As far as they lie before the first that is younger: they were added in the order of time. */
export function forgetSeenBefore(sql: Sql, at: number): void {
  sql.run(
    `DELETE FROM seen WHERE id < coalesce(
       (SELECT id FROM seen WHERE at >= ? ORDER BY id LIMIT 1), (SELECT max(id) + 1 FROM seen))`,
    [at],
  )
}
