// Typing notices: now or never, and only among people who talk.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { personConversation } from '../../src/shared/ids.ts'
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

function types(typing = true): Promise<null> {
  return alice.do('setTyping', { conversation: personConversation(bob.account), typing })
}

async function isSeen(typing: boolean): Promise<void> {
  await until(async () => (await bob.conversation(alice)).typing === typing, `Bob sees typing: ${typing}`)
}

test('[P64][K14] every three seconds at most, and five seconds after the last it is over', async () => {
  await types()
  await isSeen(true)
  const once = world.wiretap.heard()
  await types()
  await world.clock.advance(2_999)
  await types()
  expect(world.wiretap.heard()).toBe(once)
  await world.clock.advance(1)
  await types()
  expect(world.wiretap.heard()).toBe(once + 1)
  // It counts from when the second notice comes, which may be under way still.
  await until(async () => {
    await world.clock.advance(1_000)
    return !(await bob.conversation(alice)).typing
  }, 'Alice has stopped typing')
})

test('[P64] it ends when she stops, and when she has said it', async () => {
  await types()
  await isSeen(true)
  await types(false)
  await isSeen(false)
  await world.clock.advance(3_000)
  await types()
  await isSeen(true)
  await alice.say(bob, 'Here you are')
  await bob.sees(alice, ['Hello Bob', 'Here you are'])
  await isSeen(false)
})

test('[P64] nothing of it goes out while something of hers has not arrived', async () => {
  bob.device.wire.cut()
  await alice.say(bob, 'Wait')
  await alice.reaches(bob, 'Wait', 'sent')
  const before = world.wiretap.heard()
  await types()
  expect(world.wiretap.heard()).toBe(before)
})

test('[P64] what never arrived, because it was refused, keeps nothing back of what is typed later', async () => {
  const carol = await world.person('Carol')
  await carol.find(bob)
  await carol.say(bob, 'Buy this')
  await bob.sees(carol, ['Buy this'])
  await bob.do('refuseRequest', { conversation: personConversation(carol.account) })
  await carol.say(bob, 'Sorry, I am Carol')
  await bob.sees(carol, ['Sorry, I am Carol'])
  await bob.accept(carol)
  await carol.reaches(bob, 'Sorry, I am Carol', 'delivered')
  await carol.reaches(bob, 'Buy this', 'sent')
  await carol.do('setTyping', { conversation: personConversation(bob.account), typing: true })
  await until(async () => (await bob.conversation(carol)).typing, 'Bob sees Carol typing')
})

test('[P64] switched off, it is neither told nor shown', async () => {
  await bob.do('updateSettings', { typingIndicators: false })
  await types()
  await alice.say(bob, 'after it')
  await bob.sees(alice, ['Hello Bob', 'after it'])
  expect(
    bob.changes.some(({ changes }) => changes.some((one) => one.kind === 'conversation' && one.conversation.typing)),
  ).toBe(false)
  const before = world.wiretap.heard()
  await bob.do('setTyping', { conversation: personConversation(alice.account), typing: true })
  expect(world.wiretap.heard()).toBe(before)
})

test('[P57][P64][K14] it is never stored: who was away does not hear of it', async () => {
  await bob.close()
  await types()
  await bob.open()
  await bob.online()
  await alice.say(bob, 'There you are')
  await bob.sees(alice, ['Hello Bob', 'There you are'])
  expect((await bob.conversation(alice)).typing).toBe(false)
  expect(bob.device.sql.all('SELECT * FROM messages')).toHaveLength(2)
})
