// What stands already is not said again: the log gets no entry, and nobody reads a line about nothing.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { findGroupState } from '../../../src/engine/storage/groups.ts'
import { loadState } from '../../../src/protocol/groups/save.ts'
import type { CallInput, CallName } from '../../../src/shared/api.ts'
import type { Meeting, Person } from '../../person.ts'
import { webp } from '../../pictures.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'

const HOUR = 3_600_000

let world: World
let alice: Person
let bob: Person
let carol: Person
let group: Meeting

beforeEach(async () => {
  world = await World.create()
  alice = await world.person('Alice')
  bob = await world.person('Bob')
  carol = await world.person('Carol')
  for (const other of [bob, carol]) await alice.find(other)
  group = await alice.gather('Hiking', bob, carol)
})

afterEach(() => world.close())

/** The newest entry of the log, as far as Alice has read it: all that she has written. */
function head(): number {
  const saved = findGroupState(alice.device.sql, group.group)
  const state = saved === undefined ? undefined : loadState(saved)
  if (state === undefined) throw new Error('Alice knows nothing of the group')
  return state.head.index
}

type InGroup<Name extends CallName> = Omit<CallInput<Name>, 'conversation'>

function tries<Name extends CallName>(person: Person, name: Name, input: InGroup<Name>) {
  return person.try(name, { conversation: group.id, ...input } as unknown as CallInput<Name>)
}

/** The first time it is written into the log; after that there is nothing to do. */
async function onlyOnce<Name extends CallName>(name: Name, input: InGroup<Name>): Promise<void> {
  const before = head()
  expect(await tries(alice, name, input), name).toMatchObject({ ok: true })
  expect(head(), name).toBe(before + 1)
  await isSoAlready(name, input)
}

async function isSoAlready<Name extends CallName>(name: Name, input: InGroup<Name>): Promise<void> {
  const before = head()
  expect(await tries(alice, name, input), name).toMatchObject({ ok: false, failure: { code: 'already-so' } })
  expect(head(), name).toBe(before)
}

test('[G12] a title, a description and a picture that stand already are not set again', async () => {
  await isSoAlready('updateGroupDetails', { title: 'Hiking' })
  await isSoAlready('updateGroupDetails', { picture: null })
  await onlyOnce('updateGroupDetails', { description: 'Two days' })
  await onlyOnce('updateGroupDetails', { picture: webp(64, 64).toString('base64') })
  await isSoAlready('updateGroupDetails', { title: ' Hiking ', description: 'Two days' })
  await onlyOnce('updateGroupDetails', { title: 'Walking', description: 'Two days' })
  await onlyOnce('updateGroupDetails', { picture: null })
})

test('[G12] policies and permissions that hold already are not set again', async () => {
  await isSoAlready('setGroupPolicies', { policies: {} })
  await onlyOnce('setGroupPolicies', { policies: { history: { kind: 'days', days: 3 }, rotationMessages: 10 } })
  await isSoAlready('setGroupPolicies', { policies: { history: { kind: 'days', days: 3 } } })
  await onlyOnce('setGroupPolicies', { policies: { history: { kind: 'days', days: 4 } } })
  await onlyOnce('setGroupPermissions', { permissions: { invite: 'member', ban: 'owner' } })
  await isSoAlready('setGroupPermissions', { permissions: { ban: 'owner', send: 'member' } })
})

test('[G12] a ban, a mute and a role that stand already are not given again; another end is another one', async () => {
  const [one, all] = [[bob.account], [bob.account, carol.account]]
  await onlyOnce('setGroupRole', { accounts: one, role: 'admin' })
  await onlyOnce('muteMembers', { accounts: one, until: world.clock.now() + HOUR })
  await onlyOnce('muteMembers', { accounts: one })
  await onlyOnce('muteMembers', { accounts: all })
  await onlyOnce('muteMembers', { accounts: [] })
  await onlyOnce('muteMembers', { accounts: [], until: world.clock.now() + HOUR })
  await onlyOnce('unmuteMembers', { accounts: all })
  await onlyOnce('banMembers', { accounts: one, until: world.clock.now() + HOUR })
  await onlyOnce('banMembers', { accounts: one })
  await onlyOnce('banMembers', { accounts: all })
})

test('[G12] who was muted until a time that is over need not be unmuted', async () => {
  await onlyOnce('muteMembers', { accounts: [bob.account], until: world.clock.now() + 1_000 })
  await onlyOnce('muteMembers', { accounts: [], until: world.clock.now() + 1_000 })
  await world.clock.advance(1_000)
  await isSoAlready('unmuteMembers', { accounts: [bob.account] })
  await isSoAlready('unmuteMembers', { accounts: [] })
})

test('[G12] a time that has passed is no end of a ban or a mute, and what is wrong is said', async () => {
  const accounts = [bob.account]
  const before = head()
  for (const passed of [0, world.clock.now() - HOUR, world.clock.now()])
    for (const name of ['banMembers', 'muteMembers'] as const)
      expect(await tries(alice, name, { accounts, until: passed }), name).toEqual({
        ok: false,
        failure: { code: 'bad-input', detail: 'until: a time that has passed' },
      })
  expect(head()).toBe(before)
})

test('[G12] who may not do something is told that, also where it stands already', async () => {
  const accounts = [carol.account]
  await alice.do('muteMembers', { conversation: group.id, accounts })
  await until(async () => (await carol.group(group.id))?.maySend === false, 'Carol is muted')
  const mayNot = { ok: false, failure: { code: 'not-permitted' } }
  expect(await tries(bob, 'updateGroupDetails', { title: 'Hiking' })).toMatchObject(mayNot)
  expect(await tries(bob, 'setGroupPolicies', { policies: {} })).toMatchObject(mayNot)
  expect(await tries(bob, 'setGroupPermissions', { permissions: { ban: 'admin' } })).toMatchObject(mayNot)
  expect(await tries(bob, 'muteMembers', { accounts })).toMatchObject(mayNot)
})
