// What people say about themselves, and what is kept about them here.

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

async function seen(one: Person, other: Person) {
  return (await one.conversation(other)).person
}

async function readsAbout(one: Person, other: Person, about: string): Promise<void> {
  await until(async () => (await seen(one, other)).about === about, `${one.name} reads "${about}" of ${other.name}`)
}

test('[P66][P170] a line about oneself reaches those who have accepted, and an older one never replaces it', async () => {
  expect(await alice.do('updateProfile', { about: '  In the hills ' })).toMatchObject({
    name: 'Alice',
    about: 'In the hills',
  })
  await readsAbout(bob, alice, 'In the hills')
  await alice.do('updateProfile', { name: 'Alice Lund' })
  await until(async () => (await seen(bob, alice)).name === 'Alice Lund', 'Bob reads her new name')
  expect((await seen(bob, alice)).about).toBe('In the hills')
  await alice.do('updateProfile', { about: '' })
  await readsAbout(bob, alice, '')
  await alice.reopen()
  await alice.online()
  expect((await alice.snapshot()).profile).toMatchObject({ name: 'Alice Lund', about: '' })
})

test('[P170] who only asks learns nothing but the name, on either side, until it is accepted', async () => {
  const carol = await world.person('Carol')
  await alice.do('updateProfile', { about: 'In the hills' })
  await carol.do('updateProfile', { about: 'By the sea' })
  await alice.find(carol)
  await alice.say(carol, 'Hello Carol')
  await carol.sees(alice, ['Hello Carol'])
  expect(await seen(carol, alice)).toMatchObject({ name: 'Alice', about: '' })
  expect(await seen(alice, carol)).toMatchObject({ name: 'carol', about: '' })
  await alice.do('updateProfile', { about: 'On the moor' })
  await alice.say(carol, 'Are you there?')
  await carol.sees(alice, ['Hello Carol', 'Are you there?'])
  expect((await seen(carol, alice)).about).toBe('')

  await carol.accept(alice)
  await readsAbout(alice, carol, 'By the sea')
  await readsAbout(carol, alice, 'On the moor')
})

test('[P170] who is blocked learns nothing new, and all of it when they are heard again', async () => {
  await alice.do('blockPerson', { account: bob.account })
  await alice.do('updateProfile', { about: 'Gone fishing' })
  await bob.say(alice, 'Where are you?')
  await bob.reaches(alice, 'Where are you?', 'sent')
  expect((await seen(bob, alice)).about).toBe('')
  await alice.do('unblockPerson', { account: bob.account })
  await alice.say(bob, 'Here')
  await readsAbout(bob, alice, 'Gone fishing')
})

test('[P171] a nickname is what they are called here; what they call themselves goes on beneath it', async () => {
  const before = world.wiretap.heard()
  expect(await alice.do('setNickname', { account: bob.account, nickname: 'Bobby' })).toMatchObject({
    name: 'Bobby',
    nickname: 'Bobby',
    profileName: 'Bob',
  })
  await bob.do('updateProfile', { name: 'Robert' })
  await until(async () => (await seen(alice, bob)).profileName === 'Robert', 'Alice reads his new name')
  await alice.reopen()
  expect(await seen(alice, bob)).toMatchObject({ name: 'Bobby', profileName: 'Robert' })
  await alice.do('setNickname', { account: bob.account, nickname: null })
  expect(await seen(alice, bob)).toMatchObject({ name: 'Robert', nickname: null })
  // His new name is all that went over the wire.
  expect(world.wiretap.heard()).toBe(before + 1)
})

test('[P171] in a group, what somebody is called now stands beside what they said before, and in what happened', async () => {
  const tea = await alice.gather('Tea', bob)
  await bob.tell(tea.id, 'Which tree?')
  await alice.seesIn(tea.id, ['Which tree?'])
  const told = alice.changes.length
  await alice.do('setNickname', { account: bob.account, nickname: 'Bobby' })
  const shown = async () =>
    (await alice.messagesIn(tea.id)).flatMap(({ authorName, author, content }) => [
      ...(author === bob.account ? [authorName] : []),
      ...(content.kind === 'group-event' ? content.accounts.map(({ name }) => name) : []),
    ])
  expect(new Set(await shown())).toEqual(new Set(['Bobby']))
  const changed = alice.changes.slice(told).flatMap(({ changes }) => changes)
  expect(changed).toContainEqual(
    expect.objectContaining({
      message: expect.objectContaining({ authorName: 'Bobby', content: { kind: 'text', text: 'Which tree?' } }),
    }),
  )
  expect(changed).toContainEqual(
    expect.objectContaining({
      conversation: expect.objectContaining({ id: tea.id, last: expect.objectContaining({ authorName: 'Bobby' }) }),
    }),
  )

  await alice.do('setNickname', { account: bob.account, nickname: null })
  await bob.do('updateProfile', { name: 'Robert' })
  await until(async () => (await shown()).every((name) => name === 'Robert'), 'Alice reads his new name everywhere')
  expect((await bob.messagesIn(tea.id)).find(({ content }) => content.kind === 'text')?.authorName).toBe('Robert')
})

test('[P171] a note stays here, and oneself has neither', async () => {
  const before = world.wiretap.heard()
  await alice.do('setNote', { account: bob.account, note: 'Met on the ferry.\nLikes tea.' })
  await alice.reopen()
  expect((await seen(alice, bob)).note).toBe('Met on the ferry.\nLikes tea.')
  expect(await alice.try('setNote', { account: alice.account, note: 'me' })).toMatchObject({
    failure: { code: 'no-such-person' },
  })
  expect(await alice.try('setNote', { account: bob.account, note: 'x'.repeat(2001) })).toMatchObject({
    failure: { code: 'bad-input' },
  })
  expect(world.wiretap.heard()).toBe(before)
})

test('[P171] muted, pinned and put away are kept; what is put away comes back when something is said, unless it is muted', async () => {
  const conversation = personConversation(bob.account)
  expect(await alice.do('setMuted', { conversation, until: 'for-good' })).toMatchObject({ muted: 'for-good' })
  expect(await alice.do('setPinned', { conversation, pinned: true })).toMatchObject({ pinned: true })
  expect(await alice.do('setArchived', { conversation, archived: true })).toMatchObject({
    archived: true,
    pinned: false,
  })
  await bob.say(alice, 'one')
  await alice.sees(bob, ['Hello Bob', 'one'])
  await alice.reopen()
  expect(await alice.conversation(bob)).toMatchObject({ archived: true, muted: 'for-good', unread: 1 })

  await alice.do('setMuted', { conversation, until: null })
  await alice.online()
  await bob.say(alice, 'two')
  await alice.sees(bob, ['Hello Bob', 'one', 'two'])
  expect(await alice.conversation(bob)).toMatchObject({ archived: false, muted: null })
  await alice.do('setArchived', { conversation, archived: true })
  expect(await alice.do('setPinned', { conversation, pinned: true })).toMatchObject({ archived: false, pinned: true })

  // For a time: when it is over, somebody is told again.
  await alice.do('setArchived', { conversation, archived: true })
  await alice.do('setMuted', { conversation, until: world.clock.now() })
  await bob.say(alice, 'three')
  await until(async () => !(await alice.conversation(bob)).archived, 'it is in the list again')
})

test('[P61] who is blocked is on a list, also when there never was a conversation', async () => {
  const carol = await world.person('Carol')
  await carol.find(alice)
  await carol.say(alice, 'Hello')
  await alice.sees(carol, ['Hello'])
  await alice.do('blockPerson', { account: carol.account })
  await alice.do('refuseRequest', { conversation: personConversation(carol.account) })
  expect((await alice.do('listPeople', { which: 'blocked' })).map(({ username }) => username)).toEqual(['carol'])
  expect((await alice.do('listPeople', {})).map(({ username }) => username)).toEqual(['bob', 'carol'])
  await alice.do('unblockPerson', { account: carol.account })
  expect(await alice.do('listPeople', { which: 'blocked' })).toEqual([])
})
