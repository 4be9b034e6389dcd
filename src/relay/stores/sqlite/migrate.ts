// Brings a database up to the newest schema this version knows, one numbered step after the other.

import { type Sql, SqlFailure } from '../../../shared/sql.ts'

/** Throws a SqlFailure of kind `other` for a database that a later version wrote, and leaves it alone. */
export function migrate(sql: Sql, steps: readonly string[]): void {
  const version = sql.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
  if (version > steps.length) throw new SqlFailure('other', `schema ${version} is newer than this version knows`)
  for (const [index, statements] of steps.entries()) {
    if (index < version) continue
    sql.transaction(() => {
      sql.script(statements)
      sql.script(`PRAGMA user_version = ${index + 1}`)
    })
  }
}
