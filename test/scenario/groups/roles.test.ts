// What a role allows and what it does not, as the people of a group meet it.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallInput, CallName } from '../../../src/shared/api.ts'
import type { ConversationId } from '../../../src/shared/ids.ts'
import type { Person } from '../../person.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'

let world: World
let alice: Person
let bob: Person
let carol: Person
let id: ConversationId

beforeEach(async () => {
  world = await World.create()
  alice = await world.person('Alice')
  bob = await world.person('Bob')
  carol = await world.person('Carol')
  for (const other of [bob, carol]) await alice.find(other)
  id = (await alice.gather('Hiking', bob, carol)).id
})

afterEach(() => world.close())

async function mayNot<Name extends CallName>(person: Person, name: Name, input: CallInput<Name>): Promise<void> {
  const answered = await person.try(name, input)
  expect(answered, `${person.name}: ${name}`).toMatchObject({ ok: false, failure: { code: 'not-permitted' } })
}

async function becomes(person: Person, role: 'member' | 'admin' | 'owner'): Promise<void> {
  await until(async () => (await person.group(id))?.role === role, `${person.name} is ${role}`)
}

test('[G12] a member speaks, and leaves all else to admins and owners', async () => {
  const conversation = id
  const accounts = [carol.account]
  await mayNot(bob, 'removeMembers', { conversation, accounts })
  await mayNot(bob, 'banMembers', { conversation, accounts })
  await mayNot(bob, 'muteMembers', { conversation, accounts })
  await mayNot(bob, 'muteMembers', { conversation, accounts: [] })
  await mayNot(bob, 'setGroupRole', { conversation, accounts, role: 'admin' })
  await mayNot(bob, 'updateGroupDetails', { conversation, title: 'Mine' })
  await mayNot(bob, 'setGroupLink', { conversation, on: true })
  await mayNot(bob, 'setGroupEncryption', { conversation, encryption: 'off' })
  await mayNot(bob, 'setGroupPermissions', { conversation, permissions: { ban: 'member' } })
  await mayNot(bob, 'setGroupPolicies', { conversation, policies: { history: { kind: 'none' } } })
  await mayNot(bob, 'transferOwnership', { conversation, account: bob.account })
  await mayNot(bob, 'deleteGroup', { conversation })
  await bob.tell(id, 'All I may')
  await alice.seesIn(id, ['All I may'])
})

test('[G12] an admin moderates whoever is below them, and nobody else; owners give roles and take them', async () => {
  const conversation = id
  await alice.do('setGroupRole', { conversation, accounts: [bob.account], role: 'admin' })
  await becomes(bob, 'admin')
  await mayNot(bob, 'removeMembers', { conversation, accounts: [alice.account] })
  await mayNot(bob, 'setGroupEncryption', { conversation, encryption: 'off' })
  await bob.do('banMembers', { conversation, accounts: [carol.account] })
  await until(async () => (await carol.group(id))?.standing === 'banned', 'Carol is told')
  await until(async () => (await alice.group(id))?.members === 2, 'Alice sees it')
  await bob.do('unbanMembers', { conversation, accounts: [carol.account] })
  await alice.do('transferOwnership', { conversation, account: bob.account })
  await becomes(bob, 'owner')
  await becomes(alice, 'admin')
  await mayNot(alice, 'deleteGroup', { conversation })
  await bob.do('deleteGroup', { conversation })
  await until(async () => (await alice.group(id))?.standing === 'deleted', 'Alice is told that it ended')
  const refused = await alice.try('sendMessage', { conversation, text: 'Anybody here?' })
  expect(refused).toMatchObject({ ok: false })
})

test('[G12] all are muted but whoever mutes, and speak again when the time is over', async () => {
  const conversation = id
  const hour = 3_600_000
  await alice.do('muteMembers', { conversation, accounts: [], until: world.clock.now() + hour })
  for (const person of [bob, carol])
    await until(async () => (await person.group(id))?.maySend === false, `${person.name} is muted`)
  const muted = await bob.try('sendMessage', { conversation, text: 'mm' })
  expect(muted).toMatchObject({ ok: false, failure: { code: 'muted' } })
  await alice.tell(id, 'Silence, please')
  await bob.seesIn(id, ['Silence, please'])
  await world.clock.sleep(hour + 1)
  await world.back(alice, bob, carol)
  await bob.tell(id, 'At last')
  await carol.seesIn(id, ['Silence, please', 'At last'])
})

async function muteBobForFiveSeconds(): Promise<void> {
  await alice.do('muteMembers', { conversation: id, accounts: [bob.account], until: world.clock.now() + 5_000 })
  await until(async () => (await bob.group(id))?.maySend === false, 'Bob is muted')
}

/** Returns whether he has been, from now on. */
function bobIsToldThatHeMaySpeak(): () => boolean {
  const before = bob.changes.length
  return () =>
    bob.changes
      .slice(before)
      .some(({ changes }) => changes.some((one) => one.kind === 'conversation' && one.conversation.group?.maySend))
}

test('[G12] whoever is muted for a time is told when it is over, though nobody says anything', async () => {
  await muteBobForFiveSeconds()
  const isTold = bobIsToldThatHeMaySpeak()
  await world.clock.advance(4_900)
  expect(isTold()).toBe(false)
  await world.clock.advance(100)
  await until(async () => isTold(), 'Bob is told')
})

test('[G12] who opens the app without a connection is told at once when a mute is over', async () => {
  await muteBobForFiveSeconds()
  await world.stopRelay()
  await bob.reopen()
  expect(await bob.group(id)).toMatchObject({ maySend: false })
  const isTold = bobIsToldThatHeMaySpeak()
  await world.clock.advance(4_900)
  expect(isTold()).toBe(false)
  await world.clock.advance(100)
  expect(isTold()).toBe(true)
  expect((await bob.snapshot()).connection.state).not.toBe('online')
})

test('[G12][P145] a device that does not know what the group is called changes no part of it: the rest would be lost for all', async () => {
  const conversation = id
  expect(await alice.try('updateGroupDetails', { conversation })).toMatchObject({ failure: { code: 'already-so' } })
  // Its keys have not come to this device.
  alice.device.sql.run('DELETE FROM details_keys')
  await mayNot(alice, 'updateGroupDetails', { conversation, description: 'Two days' })
  await mayNot(alice, 'updateGroupDetails', { conversation, title: 'Walking' })
  expect((await bob.group(id))?.title).toBe('Hiking')
  await alice.do('updateGroupDetails', { conversation, title: 'Walking', description: 'Two days', picture: null })
  await until(async () => (await bob.group(id))?.title === 'Walking', 'Bob reads all that was given')
})
