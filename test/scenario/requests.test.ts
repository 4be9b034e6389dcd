// Message requests: what somebody new may say before they are let in, and what becomes of it.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { personConversation } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  alice = await world.person('Alice')
  bob = await world.person('Bob')
  await alice.find(bob)
})
afterEach(() => world.close())

/** Says several things and waits until the relay has them all. */
async function says(texts: string[]): Promise<void> {
  for (const text of texts) await alice.say(bob, text)
  await alice.reaches(bob, texts.at(-1) ?? '', 'sent')
}

test('[P61][X6] three messages of a request are shown, the rest when it is accepted', async () => {
  await says(['one', 'two', 'three', 'four', 'five'])
  await bob.sees(alice, ['one', 'two', 'three'])
  await bob.reopen()
  await bob.online()
  expect(await bob.reads(alice)).toEqual(['one', 'two', 'three'])
  expect(await bob.conversation(alice)).toMatchObject({ state: 'incoming-request', unread: 3 })

  await bob.accept(alice)
  expect(await bob.reads(alice)).toEqual(['one', 'two', 'three', 'four', 'five'])
  expect(await bob.conversation(alice)).toMatchObject({ state: 'open', unread: 5 })
  expect(await bob.try('acceptRequest', { conversation: personConversation(alice.account) })).toMatchObject({
    failure: { code: 'already-so' },
  })
  for (const text of ['one', 'five']) await alice.reaches(bob, text, 'delivered')
  expect((await alice.conversation(bob)).state).toBe('open')
})

test('[P61][P63][P64] before acceptance nothing goes back: no receipt, no typing, no word of reading', async () => {
  await says(['Are you there?'])
  await bob.sees(alice, ['Are you there?'])
  const before = world.wiretap.heard()
  await bob.read(alice)
  await bob.do('setTyping', { conversation: personConversation(alice.account), typing: true })
  await bob.do('updateProfile', { name: 'Bobby' })
  await bob.reopen()
  await bob.online()
  expect(world.wiretap.heard()).toBe(before)
  await alice.reaches(bob, 'Are you there?', 'sent')
})

test('[P63] what Bob read before he accepted is told to Alice once he has, and not what he has yet to read', async () => {
  await says(['one', 'two', 'three', 'four'])
  await bob.sees(alice, ['one', 'two', 'three'])
  await bob.read(alice)
  await bob.accept(alice)
  for (const text of ['one', 'two', 'three']) await alice.reaches(bob, text, 'read')
  await alice.reaches(bob, 'four', 'delivered')
})

test('[P62][P63] who has opened a conversation before they were written to has accepted, and the other one hears so', async () => {
  await bob.find(alice)
  expect((await bob.conversation(alice)).state).toBe('outgoing-request')
  await says(['one', 'two', 'three', 'four'])
  await bob.sees(alice, ['one', 'two', 'three', 'four'])
  expect((await bob.conversation(alice)).state).toBe('open')
  await alice.reaches(bob, 'four', 'delivered')
  expect((await alice.conversation(bob)).state).toBe('open')
  await bob.read(alice)
  await alice.reaches(bob, 'one', 'read')
})

test('[P62][X6] writing accepts', async () => {
  await says(['one', 'two', 'three', 'four'])
  await bob.sees(alice, ['one', 'two', 'three'])
  await bob.say(alice, 'Hello!')
  expect(await bob.reads(alice)).toEqual(['one', 'two', 'three', 'four', 'Hello!'])
  expect((await bob.conversation(alice)).state).toBe('open')
  await alice.sees(bob, ['one', 'two', 'three', 'four', 'Hello!'])
  await alice.reaches(bob, 'four', 'delivered')
})

test('[P61][X6] refusing forgets the request, and tells nobody', async () => {
  await says(['Buy this'])
  await bob.sees(alice, ['Buy this'])
  const before = world.wiretap.heard()
  await bob.do('refuseRequest', { conversation: personConversation(alice.account) })
  expect(await bob.hasConversation(alice)).toBe(false)
  expect(bob.changes.at(-1)?.changes).toEqual([
    { kind: 'conversation-gone', conversation: personConversation(alice.account) },
  ])
  expect(world.wiretap.heard()).toBe(before)
  await alice.reaches(bob, 'Buy this', 'sent')

  await says(['Please'])
  await bob.sees(alice, ['Please'])
  expect((await bob.conversation(alice)).state).toBe('incoming-request')
})

describe('[P61][X6] blocking', () => {
  test('what comes from somebody blocked is dropped, and nothing goes to them', async () => {
    await says(['Hello'])
    await bob.sees(alice, ['Hello'])
    await bob.accept(alice)
    await bob.do('blockPerson', { account: alice.account })
    expect((await bob.conversation(alice)).person.blocked).toBe(true)
    expect(await bob.try('sendMessage', { conversation: personConversation(alice.account), text: 'Go away' })).toEqual({
      ok: false,
      failure: { code: 'blocked' },
    })
    await says(['Still there?'])
    await bob.reopen()
    await bob.online()
    expect(await bob.reads(alice)).toEqual(['Hello'])
    await alice.reaches(bob, 'Still there?', 'sent')
  })

  test('unblocked, they are heard again, and what was dropped is no gap', async () => {
    await alice.befriend(bob)
    await bob.do('blockPerson', { account: alice.account })
    await says(['unheard'])
    await bob.reopen()
    await bob.online()
    await bob.do('unblockPerson', { account: alice.account })
    await alice.say(bob, 'heard')
    await bob.sees(alice, ['Hello Bob', 'heard'])
  })

  test('a request of somebody blocked does not come back', async () => {
    await says(['Hello'])
    await bob.sees(alice, ['Hello'])
    await bob.do('blockPerson', { account: alice.account })
    await bob.do('refuseRequest', { conversation: personConversation(alice.account) })
    await says(['Me again'])
    await bob.reopen()
    await bob.online()
    expect(await bob.hasConversation(alice)).toBe(false)
  })
})

test('[P40][X6] both write first at the same time: both read both, and it is no request any more', async () => {
  await bob.find(alice)
  alice.device.wire.holdOutgoing()
  bob.device.wire.holdOutgoing()
  await Promise.all([alice.say(bob, 'Hello Bob'), bob.say(alice, 'Hello Alice')])
  alice.device.wire.release()
  bob.device.wire.release()
  await alice.reaches(bob, 'Hello Bob', 'delivered')
  await bob.reaches(alice, 'Hello Alice', 'delivered')
  for (let round = 0; round < 3; round++) {
    await alice.say(bob, `ping ${round}`)
    await bob.say(alice, `pong ${round}`)
  }
  const pings = ['Hello Bob', 'ping 0', 'ping 1', 'ping 2']
  const pongs = ['Hello Alice', 'pong 0', 'pong 1', 'pong 2']
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    await until(async () => (await one.reads(other)).length === 8, `${one.name} reads all`)
    const read = await one.reads(other)
    expect(read.filter((text) => pings.includes(text))).toEqual(pings)
    expect(read.filter((text) => pongs.includes(text))).toEqual(pongs)
    expect((await one.conversation(other)).state).toBe('open')
  }
})

test('[P48][P61] who accepts six thousand messages at once goes on talking', { timeout: 60_000 }, async () => {
  const { sql } = bob.device
  await says(['Hello'])
  await bob.sees(alice, ['Hello'])
  // As if they had come one by one.
  sql.run(
    `INSERT INTO messages (conversation, position, sequence, id, author, own, sent_at, kind, text, held)
     WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
     SELECT ?, i, 0, printf('%08x-0000-4000-8000-000000000000', i), ?, 0, 0, 'text', 'spam', 1 FROM n`,
    [personConversation(alice.account), alice.account],
  )
  sql.run('UPDATE conversations SET last_position = 6000')
  await bob.accept(alice)
  await bob.say(alice, 'You write a lot')
  await alice.sees(bob, ['Hello', 'You write a lot'])
  await bob.reaches(alice, 'You write a lot', 'delivered')
  expect((await bob.snapshot()).connection.state).toBe('online')
})
