// Envelopes that could not be stored, sealed as they came [P77].

import type { Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

/** The newest: of an envelope's size at most, so some 6 MiB. */
const MOST_KEPT = 64

export interface SetAsideRow {
  id: number
  envelope: Uint8Array
}

export function keepSetAside(sql: Sql, envelope: Uint8Array, at: Instant): void {
  sql.run('INSERT INTO set_aside (envelope, at) VALUES (?, ?)', [envelope, at])
  sql.run('DELETE FROM set_aside WHERE id <= (SELECT max(id) FROM set_aside) - ?', [MOST_KEPT])
}

export function allSetAside(sql: Sql): SetAsideRow[] {
  return sql.all('SELECT id, envelope FROM set_aside ORDER BY id')
}

export function dropSetAside(sql: Sql, id: number): void {
  sql.run('DELETE FROM set_aside WHERE id = ?', [id])
}

export function forgetSetAsideBefore(sql: Sql, at: number): void {
  sql.run('DELETE FROM set_aside WHERE at < ?', [at])
}
