// Keys: made here, kept stocked at the relay, renewed in time.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { personConversation } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

const DAY = 86_400_000

let world: World
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  alice = await world.person('Alice')
  bob = await world.person('Bob')
})
afterEach(() => world.close())

/** What the relay holds of a person, as their own “What the relay sees” shows it. */
async function held(person: Person) {
  const { held } = await person.do('getRelayView', {})
  const of = (what: (typeof held)[number]['what']) => held.find((one) => one.what === what)
  return {
    oneTime: of('one-time-prekeys')?.count,
    signed: of('signed-prekey')?.bytes,
    lastResort: of('last-resort-prekey')?.bytes,
  }
}

test('[K2][P31][X2] a hundred of each kind are up, and coming back brings nothing anew', async () => {
  const before = await held(bob)
  expect(before.oneTime).toBe(200)
  await bob.reopen()
  await bob.online()
  expect(await held(bob)).toEqual(before)
})

test('[K6][P35] when strangers have taken most of them, they are filled up without anybody asking', async () => {
  const takers = await Promise.all(Array.from({ length: 5 }, (_, i) => world.person(`Taker${i}`)))
  for (const taker of takers) await taker.find(bob)
  // Each takes one of each kind: 95 are left. Then most of these go, and the next one to ask crosses the mark.
  for (const taker of takers.slice(1)) await taker.say(bob, 'Hello')
  await until(async () => (await held(bob)).oneTime === 192, 'four of each are gone')
  await world.drain(bob, 11)
  await takers[0]?.say(bob, 'One more')
  await until(async () => (await held(bob)).oneTime === 200, 'all are there again')
  if (takers[0] === undefined) throw new Error('nobody asked')
  await bob.sees(takers[0], ['One more'])
})

test('[K11][P34][P38][X1] with none left, and Bob away, he is reached over the last-resort key', async () => {
  await bob.close()
  await world.drain(bob, 0)
  await alice.find(bob)
  await alice.say(bob, 'the last resort')
  await alice.reaches(bob, 'the last resort', 'sent')
  await bob.open()
  await bob.sees(alice, ['the last resort'])
  await bob.accept(alice)
  await alice.reaches(bob, 'the last resort', 'delivered')
  await until(async () => (await held(bob)).oneTime === 200, 'they are filled up at connect')
})

test('[P38] after two days the signed keys are others, at the next connect and in a long connection', async () => {
  const first = await held(bob)
  world.clock.jump(2 * DAY)
  await bob.reopen()
  await bob.online()
  const second = await held(bob)
  expect(second.signed).not.toBe(first.signed)
  expect(second.lastResort).not.toBe(first.lastResort)

  world.clock.jump(2 * DAY)
  await until(async () => {
    await world.clock.advance(3_600_000)
    await world.back(bob)
    return (await held(bob)).signed !== second.signed
  }, 'they are renewed while he stays')
  await world.back(alice)
  await alice.find(bob)
  await alice.say(bob, 'with fresh keys')
  await bob.sees(alice, ['with fresh keys'])
})

test('[P38][X4] what was sealed for the keys of before is read after they were renewed', async () => {
  await alice.find(bob)
  await bob.close()
  await alice.say(bob, 'under way for long')
  await alice.reaches(bob, 'under way for long', 'sent')
  world.clock.jump(10 * DAY)
  await bob.open()
  await bob.sees(alice, ['under way for long'])
})

test('[P40] a session that nobody answered for thirty days is not used on', async () => {
  await alice.find(bob)
  await alice.say(bob, 'one')
  await bob.sees(alice, ['one'])
  world.clock.jump(31 * DAY)
  await alice.say(bob, 'two')
  await bob.sees(alice, ['one', 'two'])
})

test('[P40][X1] first envelopes bring the session along until there is an answer', async () => {
  await alice.find(bob)
  for (const text of ['one', 'two', 'three']) await alice.say(bob, text)
  await bob.sees(alice, ['one', 'two', 'three'])
  await bob.do('acceptRequest', { conversation: personConversation(alice.account) })
  await alice.reaches(bob, 'three', 'delivered')
  expect(world.wiretap.types()).toEqual(['first', 'first', 'first', 'later', 'later'])
})
