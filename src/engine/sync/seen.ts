// Whether a ciphertext was opened before. Asked only about what libsignal could not open, so that the hashes of a month are
// read when a relay first delivers something again, and not with every message.

import type { Sql } from '../../shared/sql.ts'
import type { Clock } from '../ports.ts'
import { seenAfter } from '../storage/seen.ts'

export interface Seen {
  /** SHA-256, committed earlier. */
  has(hash: Uint8Array): Promise<boolean>
}

const HASH = 32
/** Rows at a time, between which the event loop turns: up to 64 hashes each. */
const ROWS = 50

export function createSeen(sql: Sql, clock: Clock): Seen {
  const hashes = new Set<bigint>()
  // Rows are only added, at the end.
  let read = 0

  return {
    async has(hash) {
      for (;;) {
        const rows = seenAfter(sql, read, ROWS)
        for (const row of rows) {
          for (let at = 0; at < row.hashes.length; at += HASH) hashes.add(start(row.hashes.subarray(at)))
          read = row.id
        }
        if (rows.length < ROWS) return hashes.has(start(hash))
        await clock.breathe()
      }
    },
  }
}

/** Its first 64 bits: nobody gains by making two alike, and chance does not. */
function start(hash: Uint8Array): bigint {
  return new DataView(hash.buffer, hash.byteOffset).getBigUint64(0)
}
