// Brings a database to the shape this version knows, one numbered step at a time.

import type { Sql } from '../../shared/sql.ts'

export interface Migration {
  /** 1, 2, 3 … without holes. */
  number: number
  name: string
  sql: string
}

/**
 * ready: the database has the shape of the last migration. newer: it was written by a later version and was left as it
 * is. Each migration is a transaction with its number: one that is interrupted did not happen. Foreign keys rest meanwhile,
 * so that a table can be made anew without what hangs on it going; they are checked before the commit.
 */
export function migrate(sql: Sql, migrations: readonly Migration[]): 'ready' | 'newer' {
  migrations.forEach(({ number, name }, index) => {
    if (number !== index + 1) throw new Error(`migration ${name} has number ${number} at place ${index + 1}`)
  })
  const version = sql.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
  if (version > migrations.length) return 'newer'
  if (version === migrations.length) return 'ready'
  sql.script('PRAGMA foreign_keys = OFF')
  try {
    for (const migration of migrations.slice(version)) {
      sql.transaction(() => {
        sql.script(migration.sql)
        if (sql.get('PRAGMA foreign_key_check') !== undefined)
          throw new Error(`migration ${migration.name} leaves rows that hang on nothing`)
        sql.script(`PRAGMA user_version = ${migration.number}`)
      })
    }
  } finally {
    sql.script('PRAGMA foreign_keys = ON')
  }
  return 'ready'
}
