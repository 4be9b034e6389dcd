// A real SQLCipher database for a test, in a file that goes when the test is over.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database, setLogger } from '@signalapp/sqlcipher'
import { onTestFinished } from 'vitest'
import { type Sql, SqlFailure, type SqlValue } from '../../src/shared/sql.ts'

// SQLCipher tells of every refused page on stderr, also where a test wants it refused.
setLogger(() => {})

export interface TestSql extends Sql {
  /** Another connection to the same file, as after a crash: what was not committed is gone. */
  reopened(): TestSql
  /** From now on a page more than there is fails, as on a full disk; or no longer. */
  fill(full: boolean): void
  /** The file as it is now, to be put back later. */
  copy(): TestSql
}

export function openSql(): TestSql {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-sql-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return open(join(folder, 'profile.db'), randomBytes(32).toString('hex'))
}

function open(file: string, key: string): TestSql {
  const database = new Database(file, { cacheStatements: true })
  database.pragma(`key = "x'${key}'"`)
  for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON']) database.pragma(pragma)
  onTestFinished(() => database.close())

  const telling = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      const kind = /full/.test(text) ? 'full' : /constraint/i.test(text) ? 'constraint' : 'other'
      throw error instanceof SqlFailure ? error : new SqlFailure(kind, text, { cause: error })
    }
  }
  const bound = (values: readonly SqlValue[]) =>
    values.map((value) => {
      if (value instanceof Uint8Array) return new Uint8Array(value)
      return typeof value === 'bigint' ? Number(value) : value
    })

  return {
    get: <Row extends object>(query: string, values: readonly SqlValue[] = []) =>
      telling(() => database.prepare(query).get(bound(values)) as Row | undefined),
    all: <Row extends object>(query: string, values: readonly SqlValue[] = []) =>
      telling(() => database.prepare(query).all(bound(values)) as unknown[] as Row[]),
    run: (query, values = []) => telling(() => database.prepare(query).run(bound(values)).changes),
    script: (statements) => telling(() => database.exec(statements)),
    transaction: (work) =>
      telling(() => {
        database.exec('BEGIN IMMEDIATE')
        try {
          const value = work()
          database.exec('COMMIT')
          return value
        } catch (error) {
          try {
            database.exec('ROLLBACK')
          } catch {
            // A full disk has rolled back by itself.
          }
          throw error
        }
      }),
    close: () => {},
    reopened: () => open(file, key),
    fill: (full) => {
      const pages = Number(database.pragma('page_count', { simple: true }))
      database.pragma(`max_page_count = ${full ? pages : 1_000_000}`)
    },
    copy: () => {
      const copied = `${file}-${randomBytes(4).toString('hex')}`
      database.exec(`VACUUM INTO '${copied}'`)
      return open(copied, key)
    },
  }
}
