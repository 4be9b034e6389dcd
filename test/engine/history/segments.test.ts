// Segments: what one device remembers, put into another one, once or often, in order or not.

import { randomBytes } from 'node:crypto'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { applySegment } from '../../../src/engine/history/apply.ts'
import { type ReadSegment, readSegment } from '../../../src/engine/history/read.ts'
import { stretchesNewestFirst } from '../../../src/engine/history/segments.ts'
import { FORMAT, writeBasics, writeStretch } from '../../../src/engine/history/write.ts'
import { allConversations } from '../../../src/engine/storage/conversations.ts'
import { BASICS, OF_THE_DEVICE, STRETCHES } from '../../../src/engine/storage/history.ts'
import { readIdentity } from '../../../src/engine/storage/identities.ts'
import { findMessage, pageOfMessages } from '../../../src/engine/storage/messages.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { Touched } from '../../../src/engine/touched.ts'
import { SegmentSchema } from '../../../src/protocol/generated/history_pb.ts'
import { personConversation } from '../../../src/shared/ids.ts'
import type { Sql } from '../../../src/shared/sql.ts'
import { createTestClock } from '../../clock.ts'
import type { Person } from '../../person.ts'
import { World } from '../../world.ts'
import { openSql } from '../open-sql.ts'

const clock = createTestClock()

async function aliceAfterAWhile(): Promise<[Person, Person, World]> {
  const world = await World.create()
  onTestFinished(() => world.close())
  const [alice, bob] = await world.friends('Alice', 'Bob')
  for (let i = 0; i < 20; i++) {
    await alice.say(bob, `Tea at ${i}?`)
    await bob.say(alice, `Not at ${i}.`)
  }
  await alice.reaches(bob, 'Tea at 19?', 'delivered')
  await alice.do('saveDraft', { conversation: personConversation(bob.account), text: 'And at' })
  await alice.find(alice)
  await alice.say(alice, 'Buy tea')
  await alice.do('updateSettings', { readReceipts: false })
  return [alice, bob, world]
}

function emptyProfile(): Sql {
  const sql = openSql()
  migrate(sql, migrations)
  return sql
}

function segmentsOf(sql: Sql): Uint8Array[] {
  return [writeBasics(sql), ...[...stretchesNewestFirst(sql)].map((place) => writeStretch(sql, place).bytes)]
}

function apply(sql: Sql, ...segments: Uint8Array[]): void {
  for (const bytes of segments) {
    const segment = readSegment(sql, bytes)
    if (typeof segment === 'string') throw new Error(segment)
    sql.transaction(() => applySegment({ sql, clock }, new Touched(), segment, 'backup'))
  }
}

const hex = (segments: readonly Uint8Array[]) => segments.map((bytes) => Buffer.from(bytes).toString('hex'))

describe('segments', () => {
  test('[P107] another profile that takes them in has the same history, down to the bytes of its own segments', async () => {
    const [alice, bob] = await aliceAfterAWhile()
    const segments = segmentsOf(alice.device.sql)
    const copy = emptyProfile()
    apply(copy, ...segments)
    expect(hex(segmentsOf(copy))).toEqual(hex(segments))
    const unread = (sql: Sql) => allConversations(sql).map(({ id, unread, draft }) => ({ id, unread, draft }))
    expect(unread(copy)).toEqual(unread(alice.device.sql))
    const texts = pageOfMessages(copy, personConversation(bob.account), undefined, 100).map(({ text }) => text)
    expect(texts).toEqual((await alice.messages(bob)).map(({ content }) => content.kind === 'text' && content.text))
  })

  test('[P107] the order in which they come, and how often, makes no difference', async () => {
    const [alice] = await aliceAfterAWhile()
    const { sql } = alice.device
    // Stretches of one place each would be many; here the conversation is spread over several.
    for (const { id, last_position } of allConversations(sql))
      if (last_position > 20)
        sql.transaction(() => {
          sql.run('UPDATE messages SET position = position * 100 WHERE conversation = ?', [id])
          sql.run('UPDATE conversations SET last_position = last_position * 100, read_position = 1000 WHERE id = ?', [
            id,
          ])
        })
    const [basics, ...stretches] = segmentsOf(sql) as [Uint8Array, ...Uint8Array[]]
    expect(stretches.length).toBeGreaterThan(10)
    const inOrder = emptyProfile()
    apply(inOrder, basics, ...stretches)
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...stretches, ...stretches], { minLength: 2 * stretches.length }),
        (shuffled) => {
          const copy = emptyProfile()
          apply(copy, basics, ...shuffled, basics)
          expect(hex(segmentsOf(copy))).toEqual(hex(segmentsOf(inOrder)))
          expect(allConversations(copy)).toEqual(allConversations(inOrder))
        },
      ),
      { numRuns: 5 },
    )
  })

  test('[P107] only the stretch that something happened in changes', async () => {
    const [alice, bob] = await aliceAfterAWhile()
    const { sql } = alice.device
    const before = new Set(hex(segmentsOf(sql)))
    expect(hex(segmentsOf(sql)).filter((bytes) => !before.has(bytes))).toEqual([])
    await alice.say(bob, 'One more')
    await alice.reaches(bob, 'One more', 'delivered')
    const after = hex([...stretchesNewestFirst(sql)].map((place) => writeStretch(sql, place).bytes))
    expect(after.filter((bytes) => !before.has(bytes))).toHaveLength(1)
  })

  test('[P93][P107] what was deleted on the other device is gone here, whichever segment comes first', async () => {
    const [alice, bob] = await aliceAfterAWhile()
    const { sql } = alice.device
    const [first, ...before] = segmentsOf(sql) as [Uint8Array, ...Uint8Array[]]
    const last = (await alice.messages(bob)).at(-1)
    if (last === undefined) throw new Error('nothing was said')
    await alice.do('deleteMessage', { message: last.id })
    const basics = writeBasics(sql)
    for (const order of [
      [basics, ...before],
      [first, ...before, basics],
    ]) {
      const copy = emptyProfile()
      apply(copy, ...order)
      expect(findMessage(copy, last.id)).toBeUndefined()
      expect(pageOfMessages(copy, last.conversation, undefined, 100)).toHaveLength(40)
    }
  })

  test('[P107] what is here already stays: what was read, written and said since', async () => {
    const [alice, bob] = await aliceAfterAWhile()
    const segments = segmentsOf(alice.device.sql)
    const conversation = personConversation(bob.account)
    const copy = emptyProfile()
    apply(copy, ...segments)
    const [first] = pageOfMessages(copy, conversation, undefined, 100)
    if (first === undefined) throw new Error('nothing was said')
    copy.run("UPDATE conversations SET draft = 'Or', read_position = last_position, unread = 0 WHERE id = ?", [
      conversation,
    ])
    copy.run("UPDATE messages SET delivery = 'read' WHERE id = ?", [first.id])
    apply(copy, ...segments)
    expect(allConversations(copy).find(({ id }) => id === conversation)).toMatchObject({ draft: 'Or', unread: 0 })
    expect(findMessage(copy, first.id)?.delivery).toBe('read')
  })

  test('[P107][P20] somebody whom the relay shows under another key is not known by it silently', async () => {
    const [alice, bob] = await aliceAfterAWhile()
    const { sql } = alice.device
    await alice.do('setVerified', { account: bob.account, verified: true })
    const known = readIdentity(sql, bob.account)
    const lied = new Uint8Array(randomBytes(33))
    const copy = emptyProfile()
    copy.run('INSERT INTO identities (account, key, first_seen) VALUES (?, ?, ?)', [bob.account, lied, 1])
    apply(copy, ...segmentsOf(sql))
    expect(readIdentity(copy, bob.account)).toMatchObject({
      key: Buffer.from(lied),
      previousKey: known?.key,
      wasVerified: true,
      verifiedAt: null,
      changedAt: clock.now(),
    })
  })

  test('[P107] a placeholder heals from the device that could open it', async () => {
    const [alice, bob] = await aliceAfterAWhile()
    const copy = emptyProfile()
    const segments = segmentsOf(alice.device.sql)
    apply(copy, ...segments)
    const [first] = pageOfMessages(copy, personConversation(bob.account), undefined, 100)
    if (first === undefined) throw new Error('nothing was said')
    copy.run("UPDATE messages SET kind = 'undecryptable', text = NULL WHERE id = ?", [first.id])
    apply(copy, ...segments)
    expect(findMessage(copy, first.id)).toMatchObject({ kind: 'text', text: first.text })
  })
})

describe('what belongs to history', () => {
  test('[P107] of every table it is decided whether it goes along', () => {
    const tables = emptyProfile()
      .all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .map(({ name }) => name)
    const decided = [...Object.keys(BASICS), ...Object.keys(STRETCHES), ...OF_THE_DEVICE]
    expect(tables.filter((name) => !decided.includes(name))).toEqual([])
  })

  test('[P107] tables and columns of a later version are passed over', async () => {
    const [alice, bob] = await aliceAfterAWhile()
    const { sql } = alice.device
    const copy = emptyProfile()
    const [basics, ...stretches] = segmentsOf(sql) as [Uint8Array, ...Uint8Array[]]
    sql.script('ALTER TABLE messages ADD COLUMN mood TEXT; UPDATE messages SET mood = id')
    const later = [...stretchesNewestFirst(sql)].map((place) => writeStretch(sql, place).bytes)
    apply(copy, basics, ...later)
    expect(hex([...stretchesNewestFirst(copy)].map((place) => writeStretch(copy, place).bytes))).toEqual(hex(stretches))
    expect(pageOfMessages(copy, personConversation(bob.account), undefined, 100)).toHaveLength(41)
  })
})

describe('segments of somebody else’s making', () => {
  test('[P107] a newer format is told apart from garbage', async () => {
    const [alice] = await aliceAfterAWhile()
    const { sql } = alice.device
    const segment = fromBinary(SegmentSchema, writeBasics(sql))
    segment.format = FORMAT + 1
    expect(readSegment(sql, toBinary(SegmentSchema, segment))).toBe('newer')
    expect(readSegment(sql, new Uint8Array())).toBe('malformed')
    expect(readSegment(sql, randomBytes(100))).toBe('malformed')
    const stretch = { conversation: 'person:nobody', firstPosition: 1n, lastPosition: 256n }
    expect(readSegment(sql, toBinary(SegmentSchema, create(SegmentSchema, { format: FORMAT, stretch })))).toBe(
      'malformed',
    )
  })

  test('[P107] mutated ones are refused or read as rows that hold: nothing else is thrown', async () => {
    const [alice] = await aliceAfterAWhile()
    const segments = segmentsOf(alice.device.sql)
    const copy = emptyProfile()
    fc.assert(
      fc.property(
        fc.constantFrom(...segments),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (segment, flips) => {
          const mutated = new Uint8Array(segment)
          for (const [at, byte] of flips) mutated[at % mutated.length] = byte
          const read: ReadSegment | string = readSegment(copy, mutated)
          if (typeof read === 'string') return
          copy.transaction(() => applySegment({ sql: copy, clock }, new Touched(), read, 'backup'))
          for (const { id } of allConversations(copy)) pageOfMessages(copy, id, undefined, 10)
        },
      ),
      { numRuns: 500 },
    )
  })
})
