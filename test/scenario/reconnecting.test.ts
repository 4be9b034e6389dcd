// Connections come and go; so do relays and the time of day.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createBackoff } from '../../src/engine/sync/backoff.ts'
import { systemRandom } from '../../src/host/random.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { isSpread, World } from '../world.ts'

const DAY = 86_400_000

let world: World
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  ;[alice, bob] = await world.friends('Alice', 'Bob')
})
afterEach(() => world.close())

async function isState(person: Person, state: string): Promise<void> {
  await until(async () => (await person.snapshot()).connection.state === state, `${person.name} is ${state}`)
}

describe('[P9][K18] trying again', () => {
  test('the span doubles from half a second to a minute, with full jitter', () => {
    const longest = createBackoff({ ...systemRandom, fraction: () => 1 })
    const spans = Array.from({ length: 10 }, () => longest.next())
    expect(spans).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
    longest.reset()
    expect(longest.next()).toBe(500)
    const none = createBackoff({ ...systemRandom, fraction: () => 0 })
    expect(Array.from({ length: 10 }, () => none.next())).toEqual(Array.from({ length: 10 }, () => 0))
  })

  test('it goes on for ever, never faster than it says, and comes back when it can', async () => {
    const { wire } = alice.device
    wire.cut()
    await isState(alice, 'offline')
    for (let round = 0; round < 30; round++) {
      await isState(alice, 'offline')
      const { connection } = await alice.snapshot()
      if (connection.state !== 'offline') continue
      const wait = connection.retryAt - world.clock.now()
      expect(wait).toBeLessThanOrEqual(60_000)
      const before = wire.attempts()
      if (wait > 1) await world.clock.advance(wait - 1)
      expect(wire.attempts()).toBe(before)
      await world.clock.advance(2)
      await until(() => wire.attempts() > before, 'another try')
    }
    wire.mend()
    await world.back(alice)
  })

  test('“now” is now', async () => {
    alice.device.wire.cut()
    await isState(alice, 'offline')
    alice.device.wire.mend()
    await alice.do('reconnect', {})
    await alice.online()
  })

  test('what an old connection still has to say is not heard in a new one', async () => {
    await bob.say(alice, 'Hello Alice')
    await alice.sees(bob, ['Hello Bob', 'Hello Alice'])
    alice.device.wire.holdIncoming()
    await bob.say(alice, 'said to the old one')
    await bob.reaches(alice, 'said to the old one', 'sent')
    const late = alice.device.wire.takeIncoming()
    alice.device.wire.cut()
    alice.device.wire.mend()
    await world.back(alice)
    await alice.sees(bob, ['Hello Bob', 'Hello Alice', 'said to the old one'])
    const changes = alice.changes.length
    for (const pass of late) pass()
    await alice.do('getRelayView', {})
    expect(alice.changes.length).toBe(changes)
    expect((await alice.snapshot()).connection.state).toBe('online')
  })
})

test('[P16][X5] a second connection of the same device replaces the first, which does not fight back', async () => {
  const copy = await alice.backUp()
  await alice.online()
  const second = world.sameDevice(alice, copy)
  await second.open()
  await second.online()
  await isState(alice, 'refused')
  expect((await alice.snapshot()).connection).toMatchObject({ failure: { code: 'profile-in-use' } })
  const attempts = alice.device.wire.attempts()
  await world.clock.advance(120_000)
  expect(alice.device.wire.attempts()).toBe(attempts)
  await world.back(second)
})

describe('[K8] relays', () => {
  test('a relay that is stopped and started in the middle of a chat loses nothing', async () => {
    const texts: string[] = []
    for (let round = 0; round < 3; round++) {
      texts.push(`before ${round}`)
      await alice.say(bob, `before ${round}`)
      await world.stopRelay()
      await until(async () => {
        const states = [await alice.snapshot(), await bob.snapshot()].map(({ connection }) => connection.state)
        return !states.includes('online')
      }, 'both have noticed')
      texts.push(`without ${round}`)
      await alice.say(bob, `without ${round}`)
      await world.startRelay()
      await world.back(alice, bob)
    }
    await bob.sees(alice, ['Hello Bob', ...texts])
    await alice.reaches(bob, 'without 2', 'delivered')
  })

  test('[P14][P31] a relay that has lost everything is told again who they are, and the chat goes on', async () => {
    await world.eraseRelay()
    await world.back(alice, bob)
    await alice.say(bob, 'Are you still there?')
    await bob.sees(alice, ['Hello Bob', 'Are you still there?'])
    await bob.say(alice, 'I am')
    await alice.sees(bob, ['Hello Bob', 'Are you still there?', 'I am'])
    const carol = await world.person('Carol')
    await carol.find(alice)
    await carol.say(alice, 'New here')
    await alice.sees(carol, ['New here'])
  })

  const many = isSpread() ? 1_000 : 5_000
  test(`[P53] ${many} messages that waited arrive in order`, { timeout: 180_000 }, async () => {
    await bob.close()
    const texts = Array.from({ length: many }, (_, i) => `number ${i}`)
    for (const text of texts) await alice.say(bob, text)
    await until(async () => (await lastDelivery(alice, bob)) === 'sent', 'all are at the relay', 120_000)
    await bob.open()
    await until(async () => (await bob.conversation(alice)).unread === many + 1, 'all have come', 60_000)
    expect(await bob.reads(alice)).toEqual(['Hello Bob', ...texts])
  })
})

async function lastDelivery(one: Person, other: Person): Promise<string | undefined> {
  return (await one.conversation(other)).last?.delivery?.state
}

describe('[F42] the time of day', () => {
  test.each([
    ['a year back', -365 * DAY],
    ['a year on', 365 * DAY],
    ['forty days of sleep', 40 * DAY],
  ])('%s: the chat goes on in order', async (_, jump) => {
    await alice.say(bob, 'before')
    await bob.sees(alice, ['Hello Bob', 'before'])
    world.clock.jump(jump)
    for (const person of [alice, bob]) {
      person.device.wire.cut()
      person.device.wire.mend()
    }
    await world.back(alice, bob)
    await alice.say(bob, 'after')
    await bob.sees(alice, ['Hello Bob', 'before', 'after'])
    await bob.say(alice, 'indeed')
    await alice.sees(bob, ['Hello Bob', 'before', 'after', 'indeed'])
    await bob.reaches(alice, 'indeed', 'delivered')
    for (const message of await bob.messages(alice))
      expect(message.sentAt).toBeLessThanOrEqual(Math.max(world.clock.now(), world.clock.now() - jump))
  })

  test('a clock that was a year ahead for a while does not keep a conversation on top for a year', async () => {
    const carol = await world.person('Carol')
    await carol.befriend(alice)
    world.clock.jump(365 * DAY)
    await alice.say(carol, 'from the future')
    world.clock.jump(-365 * DAY)
    await alice.say(carol, 'from now')
    await world.clock.advance(1_000)
    await alice.say(bob, 'later')
    const sorted = (await alice.snapshot()).conversations.sort((one, other) => other.lastAt - one.lastAt)
    expect(sorted.map(({ person }) => person?.username)).toEqual(['bob', 'carol'])
  })
})

test('[P49] the time shown is never later than when the relay took it', async () => {
  const taken = world.clock.now()
  alice.device.wire.holdOutgoing()
  world.clock.jump(3_600_000)
  await alice.say(bob, 'from a clock that is ahead')
  world.clock.jump(-3_600_000)
  alice.device.wire.release()
  await bob.sees(alice, ['Hello Bob', 'from a clock that is ahead'])
  expect((await bob.messages(alice)).at(-1)?.sentAt).toBe(taken)
})
