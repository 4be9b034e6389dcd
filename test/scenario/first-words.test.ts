// The first words between two people, and the next ones.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { personConversation } from '../../src/shared/ids.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})
afterEach(() => world.close())

test('[P60][P61][P62][K13] a request, its acceptance, and a chat both ways', async () => {
  const alice = await world.person('Alice')
  const bob = await world.person('Bob')
  await alice.find(bob)
  await alice.say(bob, 'Hello, Bob')
  await alice.reaches(bob, 'Hello, Bob', 'sent')
  await bob.sees(alice, ['Hello, Bob'])
  expect(await bob.conversation(alice)).toMatchObject({
    state: 'incoming-request',
    unread: 1,
    person: { name: 'Alice', username: 'alice' },
  })

  await bob.do('acceptRequest', { conversation: personConversation(alice.account) })
  await alice.reaches(bob, 'Hello, Bob', 'delivered')
  await bob.say(alice, 'Hello, Alice')
  await alice.sees(bob, ['Hello, Bob', 'Hello, Alice'])
  await bob.reaches(alice, 'Hello, Alice', 'delivered')

  const [, second] = await alice.messages(bob)
  if (second === undefined) throw new Error('nothing to read')
  await alice.do('markRead', { conversation: personConversation(bob.account), upTo: second.id })
  await bob.reaches(alice, 'Hello, Alice', 'read')
  expect((await alice.conversation(bob)).person.name).toBe('Bob')
})

test('[K8][P52] what is said while offline goes out later, in order, once', async () => {
  const [alice, bob] = await world.friends('Alice', 'Bob')
  alice.device.wire.cut()
  for (const text of ['one', 'two', 'three']) await alice.say(bob, text)
  await alice.reopen()
  await alice.online()
  await bob.sees(alice, ['Hello Bob', 'one', 'two', 'three'])
  await alice.reaches(bob, 'three', 'delivered')
})

test('[K7] the first message finds somebody who is away', async () => {
  const alice = await world.person('Alice')
  const bob = await world.person('Bob')
  await bob.close()
  await alice.find(bob)
  await alice.say(bob, 'Are you there?')
  await alice.reaches(bob, 'Are you there?', 'sent')
  await bob.open()
  await bob.sees(alice, ['Are you there?'])
})

test('[K14][P64] typing shows for five seconds, and is never stored', async () => {
  const [alice, bob] = await world.friends('Alice', 'Bob')
  await alice.do('setTyping', { conversation: personConversation(bob.account), typing: true })
  await until(async () => (await bob.conversation(alice)).typing, 'Bob sees Alice typing')
  await world.clock.advance(5_000)
  expect((await bob.conversation(alice)).typing).toBe(false)
})
