// A page of history is a run of pages on the disk: found by its place and read in order, without sorting.

import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { pageOfMessages } from '../../../src/engine/storage/messages.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { AccountId, MessageId, personConversation } from '../../../src/shared/ids.ts'
import type { Sql, SqlValue } from '../../../src/shared/sql.ts'
import { openSql } from '../open-sql.ts'

/** How SQLite goes about every query that `work` makes. */
function plansOf(sql: Sql, work: (watched: Sql) => void): string[] {
  const plans: string[] = []
  const watched: Sql = {
    get: (query, values) => sql.get(query, values),
    all<Row extends object>(query: string, values: readonly SqlValue[] = []) {
      plans.push(...sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`, values).map(({ detail }) => detail))
      return sql.all<Row>(query, values)
    },
    run: (query, values) => sql.run(query, values),
    script: (statements) => sql.script(statements),
    transaction: (within) => sql.transaction(within),
    close: () => sql.close(),
  }
  work(watched)
  return plans
}

test('[E6] history is read by the primary key, the newest and what stands before', () => {
  const sql = openSql()
  migrate(sql, migrations)
  const conversation = personConversation(AccountId.parse(randomUUID()))
  const place = { position: 7, sequence: 3, id: MessageId.parse(randomUUID()) }
  const plans = plansOf(sql, (watched) => {
    pageOfMessages(watched, conversation, undefined, 50)
    pageOfMessages(watched, conversation, place, 50)
  })
  expect(plans).toHaveLength(2)
  for (const plan of plans) expect(plan).toMatch(/^SEARCH messages USING PRIMARY KEY \(conversation=\?/)
})

test('[E6] the rows lie in that order, and nowhere else', () => {
  const sql = openSql()
  migrate(sql, migrations)
  const table = sql.get<{ sql: string }>("SELECT sql FROM sqlite_schema WHERE name = 'messages'")?.sql
  expect(table).toMatch(/PRIMARY KEY \(conversation, position, sequence, id\)\s*\) STRICT, WITHOUT ROWID$/)
})
