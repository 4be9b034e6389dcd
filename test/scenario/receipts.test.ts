// Receipts: how far a message got, told by who got it, if they like.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { personConversation } from '../../src/shared/ids.ts'
import type { Delivery } from '../../src/shared/model.ts'
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

test('[P60][K13] a message waits, is sent, delivered and read, and never goes back', async () => {
  alice.device.wire.cut()
  const { id } = await alice.say(bob, 'How are you?')
  alice.device.wire.mend()
  await world.back(alice)
  await alice.reaches(bob, 'How are you?', 'delivered')
  await bob.sees(alice, ['Hello Bob', 'How are you?'])
  await bob.read(alice)
  await alice.reaches(bob, 'How are you?', 'read')

  const seen: Delivery['state'][] = []
  for (const { changes } of alice.changes)
    for (const change of changes)
      if (change.kind === 'message' && change.message.id === id && change.message.delivery)
        seen.push(change.message.delivery.state)
  expect([...new Set(seen)]).toEqual(['waiting', 'sent', 'delivered', 'read'])
  expect(seen).toEqual([...seen].sort((one, other) => order(one) - order(other)))
})

function order(state: Delivery['state']): number {
  return ['waiting', 'sent', 'delivered', 'read', 'failed'].indexOf(state)
}

test('[P63][K13] who reads with receipts off says nothing of it; delivered comes all the same', async () => {
  await bob.do('updateSettings', { readReceipts: false })
  await alice.say(bob, 'Secretly?')
  await bob.sees(alice, ['Hello Bob', 'Secretly?'])
  await bob.read(alice)
  await alice.say(bob, 'Well?')
  await alice.reaches(bob, 'Well?', 'delivered')
  await alice.reaches(bob, 'Secretly?', 'delivered')
})

test('[P63][K13] with receipts off, those of others are not shown either', async () => {
  await alice.do('updateSettings', { readReceipts: false })
  await alice.say(bob, 'Did you see?')
  await bob.sees(alice, ['Hello Bob', 'Did you see?'])
  await bob.read(alice)
  await bob.say(alice, 'I did')
  await alice.sees(bob, ['Hello Bob', 'Did you see?', 'I did'])
  await alice.reaches(bob, 'Did you see?', 'delivered')
})

test('[P63] who answers has read', async () => {
  await alice.say(bob, 'Tea?')
  await bob.sees(alice, ['Hello Bob', 'Tea?'])
  await bob.say(alice, 'Yes')
  await alice.reaches(bob, 'Tea?', 'read')
})

test('[P63][K13] a receipt for what was said to somebody else counts for nothing', async () => {
  const carol = await world.person('Carol')
  await carol.befriend(alice)
  bob.device.wire.cut()
  const { id } = await alice.say(bob, 'For Bob alone')
  await alice.reaches(bob, 'For Bob alone', 'sent')
  // Carol's app has it among what Alice told her, and reads it.
  carol.device.sql.run(
    `INSERT INTO messages (conversation, position, sequence, id, author, own, sent_at, kind, text)
     VALUES (?, 1000, 0, ?, ?, 0, 0, 'text', '?')`,
    [personConversation(alice.account), id, alice.account],
  )
  await carol.do('markRead', { conversation: personConversation(alice.account), upTo: id })
  await carol.say(alice, 'Mine?')
  await alice.sees(carol, ['Hello Alice', 'Mine?'])
  await alice.reaches(bob, 'For Bob alone', 'sent')
})

test('[P63] reading is told once', async () => {
  await alice.say(bob, 'one')
  await bob.sees(alice, ['Hello Bob', 'one'])
  await bob.read(alice)
  await alice.reaches(bob, 'one', 'read')
  const before = world.wiretap.heard()
  await bob.read(alice)
  await bob.reopen()
  await bob.online()
  await until(async () => (await bob.conversation(alice)).unread === 0, 'Bob has read all')
  expect(world.wiretap.heard()).toBe(before)
})
