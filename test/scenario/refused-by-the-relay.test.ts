// What the relay refuses: told with a reason, tried again when it makes sense.

import { afterEach, expect, test } from 'vitest'
import type { RelayStore } from '../../src/relay/store.ts'
import type { AccountId } from '../../src/shared/ids.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
afterEach(() => world.close())

interface Full {
  of: AccountId | undefined
  refused: number
}

/** A store that has no room for one account, and counts what it refused. */
function fillable(full: Full) {
  return (real: RelayStore): RelayStore => ({
    ...real,
    append: async (submission, at) => {
      if (submission.recipient !== full.of) return real.append(submission, at)
      full.refused += 1
      return { outcome: 'full' }
    },
  })
}

test('[P55][P60] a full mailbox fails the message; tried again when there is room, it arrives once, in its place', async () => {
  const full: Full = { of: undefined, refused: 0 }
  world = await World.create({ store: fillable(full) })
  const [alice, bob] = await world.friends('Alice', 'Bob')
  full.of = bob.account
  const failed = await alice.say(bob, 'first')
  await alice.reaches(bob, 'first', 'failed')
  expect((await alice.messages(bob)).at(-1)?.delivery).toMatchObject({ failure: { code: 'mailbox-full' } })
  full.of = undefined
  await alice.say(bob, 'second')
  await bob.sees(alice, ['Hello Bob', '[1 missing]', 'second'])
  await alice.do('retryMessage', { message: failed.id })
  await bob.sees(alice, ['Hello Bob', 'first', 'second'])
  await alice.reaches(bob, 'first', 'delivered')
  expect(await alice.try('retryMessage', { message: failed.id })).toMatchObject({ failure: { code: 'already-so' } })
})

test('[P45][P55] a receipt that finds no room waits: it is no gap later', async () => {
  const full: Full = { of: undefined, refused: 0 }
  world = await World.create({ store: fillable(full) })
  const [alice, bob] = await world.friends('Alice', 'Bob')
  full.of = alice.account
  await alice.say(bob, 'Got it?')
  await bob.sees(alice, ['Hello Bob', 'Got it?'])
  await until(() => full.refused > 0, 'the receipt found no room')
  full.of = undefined
  await bob.say(alice, 'Yes')
  await until(async () => {
    await world.clock.advance(1_000)
    return (await alice.reads(bob)).length === 3
  }, 'the answer is there')
  await alice.sees(bob, ['Hello Bob', 'Got it?', 'Yes'])
  await alice.reaches(bob, 'Got it?', 'delivered')
})

test('[P58] told to wait, it waits, and sends all of it in order', async () => {
  world = await World.create({ limits: { submissions: { burst: 10, perSecond: 1 } } })
  const [alice, bob] = await world.friends('Alice', 'Bob')
  const texts = Array.from({ length: 20 }, (_, i) => `message ${i}`)
  for (const text of texts) await alice.say(bob, text)
  await until(async () => {
    await world.clock.advance(500)
    return (await bob.reads(alice)).length === 21
  }, 'all have come')
  expect(await bob.reads(alice)).toEqual(['Hello Bob', ...texts])
})

test('[P37][K4] nobody of that name: told, and the connection stays', async () => {
  world = await World.create()
  const alice = await world.person('Alice')
  expect(await alice.try('findPerson', { username: 'nobody' })).toMatchObject({ failure: { code: 'no-such-person' } })
  expect((await alice.snapshot()).connection.state).toBe('online')
})

test('[P14] a username that is taken leaves one at the beginning, and the next is tried', async () => {
  world = await World.create()
  await world.person('Alice')
  const other = await world.stranger('Bob')
  const relay = { kind: 'address' as const, url: world.address().url }
  const taken = await other.try('createProfile', { name: 'Alice', username: 'alice', relay })
  expect(taken).toMatchObject({ failure: { code: 'username-taken' } })
  expect(await other.snapshot()).toMatchObject({ stage: { stage: 'welcome' }, profile: null })
  await other.register()
})

test('[X5] two clicks on “Create” make one profile', async () => {
  world = await World.create()
  const alice = await world.stranger('Alice')
  const relay = { kind: 'address' as const, url: world.address().url }
  const wish = { name: 'Alice', username: 'alice', relay }
  const [one, two] = await Promise.all([alice.try('createProfile', wish), alice.try('createProfile', wish)])
  expect(one.ok).toBe(true)
  expect(two).toMatchObject({ ok: false, failure: { code: 'profile-exists' } })
  await alice.online()
})

test('[P32][P60] what is written to somebody whose keys are just on their way goes out seconds later', async () => {
  let asked = 0
  world = await World.create({
    store: (real) => ({
      ...real,
      takeKeys: async (account, devices) => (asked++ === 0 ? [] : real.takeKeys(account, devices)),
    }),
  })
  const alice = await world.person('Alice')
  const bob = await world.person('Bob')
  await alice.find(bob)
  await alice.say(bob, 'Welcome')
  await until(async () => {
    await world.clock.advance(100)
    return asked > 1 || world.clock.monotonic() > 10_000
  }, 'asked again')
  await alice.reaches(bob, 'Welcome', 'sent')
  expect(asked).toBe(2)
})
