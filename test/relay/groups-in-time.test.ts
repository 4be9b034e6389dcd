// Groups as time goes by, by a clock that the test moves; and groups that are full.

import { expect, onTestFinished, test } from 'vitest'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import type { HistoryPolicy } from '../../src/protocol/groups/change.ts'
import { STREAM_BYTES, STREAM_ENTRIES, STREAM_ITEMS } from '../../src/relay/limits.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import { NOW } from '../contract/relay-store.suite.ts'
import { makeEntry } from '../contract/streams.suite.ts'
import { until } from '../until.ts'
import { createTestClock } from './clock.ts'
import { comeBack, join, makePerson } from './device.ts'
import { invite, makeGroup, publish, readAll, reasonOf, said, say, sealed, texts } from './group.ts'
import { openRelay, temporaryFolder } from './open.ts'

const DAY = 86_400_000
const POLICY = { rotationTime: 300 * DAY, rotationMessages: 100 }

test('[P124][S14] what was said is kept for the time of the policy, at least thirty days, and the log for good', async () => {
  const store = openSqliteStore(openSqlite({ file: `${temporaryFolder()}/relay.sqlite` }), systemRandom)
  onTestFinished(() => store.close())
  const start = Date.now()
  const person = makePerson('olga')
  /** A relay that is started then: it sweeps first. */
  const after = async (days: number) => {
    const clock = createTestClock(start + days * DAY)
    const relay = await openRelay({ store: { ...store, close: async () => {} }, clock })
    await until(async () => relay.logged.some(({ event }) => event === 'swept'), 'the sweep')
    return { relay, clock }
  }
  const { relay, clock } = await after(0)
  const olga = { person, line: await join(relay, person) }
  const makeWith = (history: HistoryPolicy) => makeGroup(olga, { policies: { ...POLICY, history } }, clock.now)
  const groups = {
    none: await makeWith({ kind: 'none' }),
    ten: await makeWith({ kind: 'days', days: 10 }),
    sixty: await makeWith({ kind: 'days', days: 60 }),
    all: await makeWith({ kind: 'all' }),
  }
  for (const group of Object.values(groups)) await say(olga, group, '<kept>')
  const keptAfter = async (days: number) => {
    const who = { person, line: await comeBack((await after(days)).relay, person) }
    const found: string[] = []
    for (const [name, group] of Object.entries(groups)) {
      const [first, ...rest] = texts(await readAll(who, group))
      expect(first).toBe('#')
      if (rest.includes('kept')) found.push(name)
    }
    return found
  }
  expect(await keptAfter(29)).toEqual(['none', 'ten', 'sixty', 'all'])
  expect(await keptAfter(31)).toEqual(['sixty', 'all'])
  expect(await keptAfter(61)).toEqual(['all'])
  expect(await keptAfter(1000)).toEqual(['all'])
})

test('[P114][P120][G3] an invitation is over by the relay’s clock, however the answer is dated', async () => {
  let claimed = 0
  const clock = createTestClock()
  const relay = await openRelay({ clock })
  const [owner, guest] = [makePerson('olga'), makePerson('ivy')]
  const olga = { person: owner, line: await join(relay, owner) }
  await (await join(relay, guest)).hangUp()
  const group = await makeGroup(olga, {}, () => claimed || clock.now())
  await group.does(olga, invite([{ person: guest, line: olga.line }]))
  clock.advance(3 * DAY)
  claimed = clock.now() - 4 * 60_000
  const ivy = { person: guest, line: await comeBack(relay, guest) }
  expect(reasonOf(await group.tries(ivy, { kind: 'accept-invitation' }))).toBe('NOT_PERMITTED')
})

test('[P126] a stream that is full takes nothing more, until something has gone', async () => {
  const folder = temporaryFolder()
  const sql = openSqlite({ file: `${folder}/relay.sqlite` })
  const relay = await openRelay({ store: openSqliteStore(sql, systemRandom) })
  const person = makePerson('olga')
  const olga = { person, line: await join(relay, person) }
  const group = await makeGroup(olga)
  const tries = async () => {
    const answered = await publish(olga, group, sealed(olga, group, '<one more>'))
    return answered.case === 'refused' ? reasonOf(answered) : said(answered)
  }
  const holding = (items: number, bytes: number) => sql.run('UPDATE streams SET items = ?, bytes = ?', [items, bytes])
  holding(STREAM_ITEMS - 1, 0)
  expect(await tries()).toBe('published')
  expect(await tries()).toBe('STREAM_FULL')
  holding(1, STREAM_BYTES)
  expect(await tries()).toBe('STREAM_FULL')
  holding(1, 0)
  expect(await tries()).toBe('published')
  // As if its log were that long.
  sql.run('UPDATE streams SET head_index = ?', [STREAM_ENTRIES - 1])
  const next = makeEntry(group.group, STREAM_ENTRIES, group.state.head.hash)
  expect(await relay.store.appendEntry(next, NOW)).toEqual({ outcome: 'full' })
})
