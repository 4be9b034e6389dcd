// A database from before the ids of what is said in groups began with the group's: what is under way is still there.

import { randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  addToGroupOutbox,
  findInGroupOutbox,
  groupsWithMail,
  nextForGroup,
  nextToSeal,
  retryInGroupOutbox,
} from '../../../src/engine/storage/group-outbox.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { GroupId, Instant, MessageId } from '../../../src/shared/ids.ts'
import { openSql } from '../open-sql.ts'

const hiking = GroupId.parse('fedcba98-7654-4210-8abc-def012345678')
const chess = GroupId.parse('01234567-7654-4210-8abc-def012345678')

test('[P135][P81] the very bytes are still to leave, in their order, for each group', () => {
  const sql = openSql()
  migrate(
    sql,
    migrations.slice(
      0,
      migrations.findIndex(({ name }) => name === 'lean-group-outbox'),
    ),
  )
  const body = new Uint8Array(randomBytes(200))
  const bytes = new Uint8Array(randomBytes(9_000))
  const messages = Array.from({ length: 5 }, () => MessageId.parse(randomUUID()))
  const add = (index: number, group: GroupId, state: string, sealed: Uint8Array | null = null) =>
    sql.run(
      'INSERT INTO group_outbox (group_id, message, body, readable, state, bytes, at) VALUES (?, ?, ?, 0, ?, ?, 7)',
      [group, messages[index] ?? null, body, state, sealed],
    )
  add(0, hiking, 'failed')
  add(1, hiking, 'sealed', bytes)
  add(2, chess, 'waiting')
  add(3, hiking, 'waiting')
  add(4, hiking, 'waiting')
  migrate(sql, migrations)

  expect(groupsWithMail(sql).toSorted()).toEqual([chess, hiking])
  const next = nextForGroup(sql, hiking, 0)
  expect(next).toMatchObject({ message: messages[1], state: 'sealed', bytes: Buffer.from(bytes), readable: 0, at: 7 })
  expect(nextForGroup(sql, hiking, next?.id ?? 0)?.message).toBe(messages[3])
  expect(nextForGroup(sql, chess, 0)).toMatchObject({ message: messages[2], body: Buffer.from(body) })

  // What is said now comes behind them, and what failed can be tried again.
  const message = MessageId.parse(randomUUID())
  addToGroupOutbox(sql, { group_id: hiking, message, body, readable: 0, at: Instant.parse(8) }, bytes)
  const added = findInGroupOutbox(sql, hiking, message)
  expect(nextForGroup(sql, hiking, next?.id ?? 0)).toEqual(added)
  expect(retryInGroupOutbox(sql, hiking, messages[0] ?? message)).toBe(true)
  expect(nextToSeal(sql, hiking)?.message).toBe(messages[0])
})
