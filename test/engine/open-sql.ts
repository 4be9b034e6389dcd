// A real SQLCipher database for a test, in a file that goes when the test is over.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openSqlite } from '../../src/host/sqlite.ts'
import type { Sql } from '../../src/shared/sql.ts'

export interface TestSql extends Sql {
  /** Another connection to the same file, as after a crash: what was not committed is gone. */
  reopened(): TestSql
  /** The file as it is now, to be put back later. */
  copy(): TestSql
  /** From now on, or no longer, nothing that needs another page can be written. */
  full(is: boolean): void
}

export function openSql(): TestSql {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-sql-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return open(folder, 'profile.db', randomBytes(32))
}

function open(folder: string, name: string, key: Uint8Array): TestSql {
  const sql = openSqlite({ file: join(folder, name), key })
  onTestFinished(() => sql.close())
  return Object.assign(sql, {
    reopened: () => open(folder, name, key),
    copy: () => {
      const copied = `${randomBytes(4).toString('hex')}.db`
      sql.script(`VACUUM INTO '${join(folder, copied)}'`)
      return open(folder, copied, key)
    },
    full: (is: boolean) => {
      const pages = sql.get<{ page_count: number }>('PRAGMA page_count')?.page_count
      sql.get(`PRAGMA max_page_count = ${is ? pages : 1_000_000}`)
    },
  })
}
