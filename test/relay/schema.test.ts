// The shape of the relay's database: what belongs to somebody says to whom, so that accounts can be spread over several.

import { expect, test } from 'vitest'
import { openSqlite } from '../../src/host/sqlite.ts'
import { MIGRATIONS } from '../../src/relay/stores/sqlite.ts'

/**
 * Of the relay itself, of devices that have no account yet, the tables the others belong to, and what is on its way into one of
 * those, with the account in each entry.
 */
const ofNobody = [
  'relay',
  'invitations',
  'accounts',
  'streams',
  'rendezvous',
  'rendezvous_messages',
  'recent_submissions',
]

/** An account, a mailbox, a stream, or a place: a mailbox or stream and a position in it. */
const belonging = ['account', 'mailbox', 'stream', 'place']

test('[S1] every row belongs to an account, a mailbox or a stream', () => {
  const sql = openSqlite({ file: ':memory:' })
  for (const statements of MIGRATIONS) sql.script(statements)
  const tables = sql.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
  const columns = (table: string) => sql.all<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`)
  const homeless = tables
    .map(({ name }) => name)
    .filter((name) => !ofNobody.includes(name))
    .filter((name) => !columns(name).some((column) => belonging.includes(column.name)))
  expect(tables.length).toBeGreaterThan(ofNobody.length)
  expect(homeless).toEqual([])
  sql.close()
})
