// Whatever was left out of the stream before, and is found when it is read once more, stands where it was said.

import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createStreamPlaces } from '../../../src/engine/groups/stream-places.ts'
import type { Own } from '../../../src/engine/own.ts'
import { addConversation } from '../../../src/engine/storage/conversations.ts'
import { addMessage, type MessageRow } from '../../../src/engine/storage/messages.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { Touched } from '../../../src/engine/touched.ts'
import type { GroupState } from '../../../src/protocol/groups/state.ts'
import {
  AccountId,
  type ConversationId,
  GroupId,
  groupConversation,
  Instant,
  MessageId,
} from '../../../src/shared/ids.ts'
import type { Sql } from '../../../src/shared/sql.ts'
import { openSql } from '../open-sql.ts'

const account = AccountId.parse(randomUUID())

/** One reading of the stream from its beginning: up to where, and which of its items are given besides those that are here. */
interface Reading {
  joined: number
  given: ReadonlySet<number>
  /** What is before this, the relay does not have any more. */
  from: number
}

function emptyGroup(sql: Sql): ConversationId {
  const conversation = groupConversation(GroupId.parse(randomUUID()))
  addConversation(sql, { id: conversation, kind: 'group', account: null, state: 'open', last_at: Instant.parse(0) })
  return conversation
}

function rowsOf(sql: Sql, conversation: ConversationId): MessageRow[] {
  return sql.all<MessageRow>('SELECT * FROM messages WHERE conversation = ? ORDER BY position, sequence, id', [
    conversation,
  ])
}

/** @param commit so many items are committed together. */
function read(sql: Sql, conversation: ConversationId, { joined, given, from }: Reading, commit: number): void {
  const group = GroupId.parse(conversation.slice('group:'.length))
  const state = { group, members: new Map([[account, { joined: { position: joined } }]]) } as unknown as GroupState
  const open = () => createStreamPlaces({ sql, own: { account } as Own }, new Touched(), state)
  const known = new Map(rowsOf(sql, conversation).map((row) => [row.stream_position, row.id]))
  let places = open()
  const items = [...new Set([...given, ...known.keys()])].map(Number).filter((at) => at >= from && at <= joined)
  for (const at of items.toSorted((one, other) => one - other)) {
    if (at % commit === 0) places = open()
    const id = known.get(at)
    if (id !== undefined) {
      places.pass(at, id)
      continue
    }
    // Numbers of a session: of each author from 1 on.
    const { position, sequence } = places.take(at, (at * 7) % 10)
    addMessage(sql, {
      conversation,
      position,
      sequence,
      id: MessageId.parse(randomUUID()),
      author: account,
      own: 0,
      sent_at: Instant.parse(0),
      kind: 'text',
      text: String(at),
      stream_position: at,
    })
  }
}

test('[P139] the order is that of the stream however often it is read, and no row gets another position', () => {
  const sql = openSql()
  migrate(sql, migrations)
  const readings = fc.array(
    fc.record({
      joined: fc.integer({ min: 0, max: 60 }),
      given: fc.uniqueArray(fc.integer({ min: 1, max: 60 })),
      from: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 })),
    }),
    { minLength: 1, maxLength: 5 },
  )
  fc.assert(
    fc.property(readings, fc.integer({ min: 1, max: 20 }), (made, commit) => {
      const conversation = emptyGroup(sql)
      let joined = 0
      for (const reading of made) {
        // Each time one joins later than before.
        joined += reading.joined
        const before = rowsOf(sql, conversation)
        read(sql, conversation, { ...reading, joined, given: new Set(reading.given) }, commit)
        const after = rowsOf(sql, conversation)
        expect(after.map((row) => row.stream_position)).toEqual(
          after.map((row) => row.stream_position).toSorted((one, other) => Number(one) - Number(other)),
        )
        const places = new Map(after.map(({ id, position }) => [id, position]))
        expect(before.map(({ id }) => places.get(id))).toEqual(before.map(({ position }) => position))
      }
    }),
    { numRuns: 200 },
  )
})

test('[P139] between two neighbours there is room for as many as there were', () => {
  const sql = openSql()
  migrate(sql, migrations)
  const conversation = emptyGroup(sql)
  const all = Array.from({ length: 200 }, (_, at) => at + 1)
  for (const given of [[1, 200], [100], all])
    read(sql, conversation, { joined: 200, given: new Set(given), from: 1 }, 64)
  expect(rowsOf(sql, conversation).map((row) => row.stream_position)).toEqual(all)
})
