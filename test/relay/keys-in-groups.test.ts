// Who speaks in a group needs keys of everybody in it: more than the relay gives out for people one has nothing to do with.

import { expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import { createTestClock } from './clock.ts'
import { join, makePerson, type Person } from './device.ts'
import { type At, invite, makeGroup, reasonOf, watch } from './group.ts'
import { openRelay } from './open.ts'

async function keysOf({ line }: At, { account }: Pick<Person, 'account'>): Promise<string> {
  const answered = await line.ask({ case: 'fetchKeys', value: { account: uuidToBytes(account), devices: [] } })
  return answered.case === 'keyBundles' ? 'keys' : reasonOf(answered)
}

test('[P36][K11] members of one’s groups have an allowance of their own; for each of them six, and for strangers what there was', async () => {
  // That stands still, so that nothing is refilled.
  const clock = createTestClock(Date.now())
  const relay = await openRelay({ clock, limits: { ...DEFAULT_LIMITS, registrations: { burst: 1000, perSecond: 1 } } })
  const arrive = async (name: string): Promise<At> => {
    const person = makePerson(name)
    return { person, line: await join(relay, person) }
  }
  const alice = await arrive('alice')
  const members: At[] = []
  for (let number = 0; number < 40; number++) members.push(await arrive(`member${number}`))
  const group = await makeGroup(alice, {}, () => clock.now())
  await group.does(alice, invite(members))
  for (const member of members) await group.does(member, { kind: 'accept-invitation' })
  const [first, gone] = members
  if (first === undefined || gone === undefined) throw new Error('nobody')

  await watch(alice, group)
  const given = []
  for (const { person } of members) given.push(await keysOf(alice, person))
  expect(new Set(given)).toEqual(new Set(['keys']))
  for (let more = 0; more < 5; more++) expect(await keysOf(alice, first.person)).toBe('keys')
  expect(await keysOf(alice, first.person)).toBe('TOO_MANY_REQUESTS')

  const strangers = Array.from({ length: 31 }, (_, number) => makePerson(`stranger${number}`))
  const asked = []
  for (const stranger of strangers) asked.push(await keysOf(alice, stranger))
  expect(asked).toEqual([...Array(30).fill('NO_SUCH_ACCOUNT'), 'TOO_MANY_REQUESTS'])
  // Who has gone is a stranger again; who is there is none.
  await group.does(alice, { kind: 'remove', accounts: [gone.person.account] })
  await alice.line.pushed('streamGrew')
  expect(await keysOf(alice, gone.person)).toBe('TOO_MANY_REQUESTS')
  expect(await keysOf(alice, members[2]?.person ?? first.person)).toBe('keys')
})

test('[P36] who is only invited has not said that they know whoever asks: that is no group of both', async () => {
  const clock = createTestClock(Date.now())
  const relay = await openRelay({ clock, limits: { ...DEFAULT_LIMITS, keyFetches: { burst: 1, perSecond: 0.001 } } })
  const [mallory, bob] = [makePerson('mallory'), makePerson('bob')]
  const [byMallory, byBob] = [
    { person: mallory, line: await join(relay, mallory) },
    { person: bob, line: await join(relay, bob) },
  ]
  const group = await makeGroup(byMallory, {}, () => clock.now())
  await group.does(byMallory, invite([byBob]))
  await watch(byMallory, group)
  expect(await keysOf(byMallory, bob)).toBe('keys')
  expect(await keysOf(byMallory, bob)).toBe('TOO_MANY_REQUESTS')
})
