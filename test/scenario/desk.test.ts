// What stays on one's own desk: drafts, what is unread, what was deleted, notes to oneself, one's name.

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

test('a draft survives a restart, and leaves with an empty one', async () => {
  const conversation = personConversation(bob.account)
  await alice.do('saveDraft', { conversation, text: 'Dear B' })
  await alice.reopen()
  expect((await alice.conversation(bob)).draft).toBe('Dear B')
  await alice.do('saveDraft', { conversation, text: '' })
  expect((await alice.conversation(bob)).draft).toBe('')
})

test('unread counts what came, and the divider stands before the first of it', async () => {
  await bob.read(alice)
  const texts = ['one', 'two', 'three']
  for (const text of texts) await alice.say(bob, text)
  await bob.sees(alice, ['Hello Bob', ...texts])
  const [, one, two, three] = await bob.messages(alice)
  expect(await bob.conversation(alice)).toMatchObject({ unread: 3, firstUnread: one?.id })
  await bob.do('markRead', { conversation: personConversation(alice.account), upTo: two?.id ?? '' })
  expect(await bob.conversation(alice)).toMatchObject({ unread: 1, firstUnread: three?.id })
  await bob.do('deleteMessage', { message: three?.id ?? '' })
  expect(await bob.conversation(alice)).toMatchObject({ unread: 0, firstUnread: null })
})

test('deleted, a message is gone here and stays there; deleted while it waits, it never leaves', async () => {
  const said = await alice.say(bob, 'here and there')
  await bob.sees(alice, ['Hello Bob', 'here and there'])
  await alice.do('deleteMessage', { message: said.id })
  expect(await alice.reads(bob)).toEqual(['Hello Bob'])
  expect(await alice.try('deleteMessage', { message: said.id })).toMatchObject({ failure: { code: 'no-such-message' } })

  alice.device.wire.cut()
  await until(async () => (await alice.snapshot()).connection.state === 'offline', 'Alice is offline')
  const regretted = await alice.say(bob, 'never to leave')
  await alice.say(bob, 'to leave')
  await alice.do('deleteMessage', { message: regretted.id })
  alice.device.wire.mend()
  await world.back(alice)
  await bob.sees(alice, ['Hello Bob', 'here and there', 'to leave'])
})

test('[P65][X5] talking to oneself is notes, which never leave the device', async () => {
  const before = world.wiretap.heard()
  const oneself = await alice.do('findPerson', { username: 'alice' })
  const notes = await alice.do('openConversation', { account: oneself.account })
  expect(notes).toMatchObject({ kind: 'notes', state: 'open', person: { name: 'Alice', username: 'alice' } })
  const note = await alice.do('sendMessage', { conversation: notes.id, text: 'Buy milk' })
  expect(note.delivery?.state).toBe('sent')
  await alice.do('setTyping', { conversation: notes.id, typing: true })
  await alice.do('markRead', { conversation: notes.id, upTo: note.id })
  expect(await alice.try('blockPerson', { account: alice.account })).toMatchObject({
    failure: { code: 'no-such-person' },
  })
  await alice.reopen()
  await alice.online()
  expect(await alice.reads(alice)).toEqual(['Buy milk'])
  expect(world.wiretap.heard()).toBe(before)
})

test('[P66] a new name reaches those one talks with, and nobody else', async () => {
  const carol = await world.person('Carol')
  await alice.find(carol)
  await alice.say(carol, 'Hello Carol')
  await carol.sees(alice, ['Hello Carol'])
  const before = world.wiretap.heard()
  await alice.do('updateProfile', { name: 'Alice B.' })
  await until(async () => (await bob.conversation(alice)).person.name === 'Alice B.', 'Bob knows the new name')
  expect((await carol.conversation(alice)).person.name).toBe('Alice')
  expect(world.wiretap.heard()).toBe(before + 1)

  await carol.accept(alice)
  await until(async () => (await alice.conversation(carol)).person.name === 'Carol', 'Alice knows Carol’s name')
  await alice.say(carol, 'It is me')
  await until(async () => (await carol.conversation(alice)).person.name === 'Alice B.', 'Carol knows the new name')
})

test('[P66] a username is nobody’s to change: only the name is', async () => {
  const carol = await world.person('Carol')
  await carol.befriend(alice)
  carol.device.sql.run("UPDATE own_account SET username = 'bob', name = 'Bob', profile_version = 9")
  await carol.reopen()
  await carol.online()
  await carol.do('updateProfile', { name: 'Bob B.' })
  await until(async () => (await alice.conversation(carol)).person.name === 'Bob B.', 'Alice knows the new name')
  expect((await alice.conversation(carol)).person.username).toBe('carol')
})

test('a stranger under somebody else’s username loses it', async () => {
  const carol = await world.person('Carol')
  carol.device.sql.run("UPDATE own_account SET username = 'bob', name = 'Bob'")
  await carol.reopen()
  await carol.online()
  await carol.find(alice)
  await carol.say(alice, 'It is me, Bob')
  await alice.sees(carol, ['It is me, Bob'])
  await until(
    async () => (await alice.conversation(carol)).person.username === `unknown-${carol.account.slice(0, 8)}`,
    'the name is taken away',
  )
  expect((await alice.conversation(bob)).person.username).toBe('bob')
})
