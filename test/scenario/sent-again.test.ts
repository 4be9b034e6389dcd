// What could not be opened: a placeholder, a request to send it again, and the message in its place.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  ;[alice, bob] = await world.friends('Alice', 'Bob')
})
afterEach(() => world.close())

/** As after a damaged page: Bob has no session any more. */
async function bobLosesHisSessions(): Promise<void> {
  bob.device.sql.run('DELETE FROM sessions')
  await bob.reopen()
  await bob.online()
}

test('[P70][P71] Bob has lost his session: what Alice says comes again and stands where it belongs', async () => {
  await bobLosesHisSessions()
  for (const text of ['one', 'two', 'three']) await alice.say(bob, text)
  await bob.sees(alice, ['Hello Bob', 'one', 'two', 'three'])
  await alice.reaches(bob, 'three', 'delivered')
  await bob.say(alice, 'All there')
  await alice.sees(bob, ['Hello Bob', 'one', 'two', 'three', 'All there'])
})

test('[P70] until it comes, a placeholder stands there', async () => {
  await bobLosesHisSessions()
  alice.device.wire.holdIncoming()
  await alice.say(bob, 'one')
  await bob.sees(alice, ['Hello Bob', '[undecryptable]'])
  await bob.reopen()
  expect(await bob.reads(alice)).toEqual(['Hello Bob', '[undecryptable]'])
  alice.device.wire.release()
  await bob.sees(alice, ['Hello Bob', 'one'])
})

test('[P71] a session is begun anew once in an hour, whoever asks; an hour later again', async () => {
  await bobLosesHisSessions()
  await alice.say(bob, 'first')
  await bob.sees(alice, ['Hello Bob', 'first'])
  await alice.reaches(bob, 'first', 'delivered')

  await bobLosesHisSessions()
  const before = world.wiretap.heard()
  await alice.say(bob, 'second')
  await until(
    async () => (await bob.reads(alice)).filter((line) => line === '[undecryptable]').length === 2,
    'both fail',
  )
  // The message and one answer; not an answer to the answer.
  for (const person of [alice, bob, alice]) {
    await person.reopen()
    await person.online()
  }
  expect(world.wiretap.heard()).toBe(before + 2)

  world.clock.jump(3_600_000)
  await alice.say(bob, 'third')
  await until(async () => (await bob.reads(alice)).includes('third'), 'the third comes through')
})

test('[P72][F38] a disk that is full acknowledges nothing; with room again it is all there', async () => {
  const { sql } = bob.device
  const pages = sql.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0
  sql.script(`PRAGMA max_page_count = ${pages}`)
  const texts = Array.from({ length: 40 }, (_, i) => `${i} ${'long '.repeat(1_000)}`)
  for (const text of texts) await alice.say(bob, text)
  await until(async () => {
    const { connection } = await bob.snapshot()
    return connection.state === 'refused' && connection.failure.code === 'disk-full'
  }, 'Bob is told that his disk is full')
  expect((await bob.reads(alice)).length).toBeLessThan(41)
  sql.script('PRAGMA max_page_count = 1000000')
  await world.back(bob)
  await bob.sees(alice, ['Hello Bob', ...texts])
})
