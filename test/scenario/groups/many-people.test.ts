// A group of more people than a relay gives out keys of at once, under the limits that it has by itself.

import { afterEach, expect, onTestFinished, test } from 'vitest'
import { Reason } from '../../../src/protocol/generated/relay_pb.ts'
import { DEFAULT_LIMITS } from '../../../src/relay/limits.ts'
import type { AccountId, ConversationId } from '../../../src/shared/ids.ts'
import { EvilRelay, type Misdeed } from '../../hostile/evil-relay.ts'
import type { Person } from '../../person.ts'
import { dial, hello, keyUpload, makePerson, proof, signedList } from '../../relay/device.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'

let world: World
afterEach(() => world.close())

const limits = {
  keyFetches: DEFAULT_LIMITS.keyFetches,
  keyFetchesInGroups: DEFAULT_LIMITS.keyFetchesInGroups,
  keyFetchesOfOne: DEFAULT_LIMITS.keyFetchesOfOne,
}

/** Accounts with keys at the relay, and nobody behind them. */
async function strangers(count: number): Promise<string[]> {
  const usernames = Array.from({ length: count }, (_, number) => `stranger${number}`)
  for (const username of usernames) {
    const person = makePerson(username)
    const line = await dial(world.address())
    const proven = proof(person, await hello(line), BigInt(world.clock.now()))
    await line.expect(
      { case: 'register', value: { ...proven, username, deviceList: signedList(person) } },
      'authenticated',
    )
    await line.expect({ case: 'uploadKeys', value: keyUpload(person, 1) }, 'keysUploaded')
    await line.hangUp()
  }
  return usernames
}

const invited = async (person: Person, conversation: ConversationId) =>
  (await person.do('getGroup', { conversation })).invited.length

test('[G1][G3][P36] more people than the relay gives keys for: the group is there at once, and the rest is invited by and by, also by who starts anew', async () => {
  world = await World.create({ limits })
  const alice = await world.person('Alice')
  const people: AccountId[] = []
  for (const username of await strangers(35)) people.push((await alice.do('findPerson', { username })).account)

  const { id } = await alice.do('createGroup', { title: 'Everybody', people })
  expect((await alice.snapshot()).conversations.filter(({ group }) => group !== null)).toHaveLength(1)
  expect(await invited(alice, id)).toBe(30)

  await alice.reopen()
  await alice.online()
  await until(async () => {
    await world.clock.advance(10_000)
    return (await invited(alice, id)) === 35
  }, 'everybody is invited')
  const waiting = () => alice.device.sql.all('SELECT 1 AS yes FROM people_to_invite')
  await until(() => waiting().length === 0, 'nobody is left to invite')
})

test('[G1][P20] somebody whose safety number has changed: no group is made at all', async () => {
  world = await World.create({ limits })
  const [alice, bob] = await world.friends('Alice', 'Bob')
  const carol = await world.person('Carol')
  await alice.find(carol)
  alice.device.sql.run('UPDATE identities SET changed_at = 1 WHERE account = ?', [bob.account])
  expect(await alice.try('createGroup', { title: 'Both', people: [carol.account, bob.account] })).toMatchObject({
    ok: false,
    failure: { code: 'safety-number-changed' },
  })
  expect((await alice.snapshot()).conversations.filter(({ group }) => group !== null)).toEqual([])
})

/** How many entries of the log invite somebody, and how many each. */
function inviteEntries(person: Person, conversation: ConversationId): Promise<number[]> {
  return person
    .messagesIn(conversation)
    .then((rows) =>
      rows.flatMap(({ content }) =>
        content.kind === 'group-event' && content.event === 'invited' ? content.accounts.length : [],
      ),
    )
}

async function acquaintances(person: Person, count: number): Promise<AccountId[]> {
  const people: AccountId[] = []
  for (const username of await strangers(count)) people.push((await person.do('findPerson', { username })).account)
  return people
}

test('[G3][P110] more people than one entry may name are invited in as many as they need, by number and by bytes', async () => {
  world = await World.create()
  const alice = await world.person('Alice')
  const people = await acquaintances(alice, 240)
  const { id } = await alice.do('createGroup', { title: 'Everybody', people: people.slice(0, 120) })
  expect(await invited(alice, id)).toBe(120)
  expect(await inviteEntries(alice, id)).toEqual([100, 20])
  // Names as long as names may be, in letters that take four bytes each: a hundred do not fit.
  alice.device.sql.run('UPDATE people SET name = ? WHERE account <> ?', ['𝔸'.repeat(32), alice.account])
  const asked = await alice.do('inviteToGroup', { conversation: id, people: people.slice(110) })
  expect(asked).toEqual({ invited: 130, waiting: 0, notInvited: null })
  expect(await invited(alice, id)).toBe(240)
  const entries = (await inviteEntries(alice, id)).slice(2)
  expect(entries.reduce((sum, count) => sum + count, 0)).toBe(130)
  expect(Math.max(...entries)).toBeLessThan(100)
  expect(entries.length).toBeLessThan(4)
}, 60_000)

test('[G3][P126] a relay that asks to wait in the middle of it: it is said how many are invited, and it goes on by itself', async () => {
  const { alice, evil, id, people } = await behindARelay(130)
  const stop = evil.begin(refusesAfter(1, Reason.TOO_MANY_REQUESTS))
  const asked = await alice.do('inviteToGroup', { conversation: id, people })
  expect(asked).toEqual({ invited: 100, waiting: 30, notInvited: null })
  expect(await alice.do('getGroup', { conversation: id })).toMatchObject({ toInvite: 30 })
  stop()
  await alice.reopen()
  await alice.online()
  await until(async () => {
    await world.clock.advance(10_000)
    return (await invited(alice, id)) === 130
  }, 'everybody is invited')
  const waits = async () => (await alice.do('getGroup', { conversation: id })).toInvite
  await until(async () => (await waits()) === 0, 'nobody is left to invite')
}, 60_000)

test('[G3] a relay that refuses in the middle of it, or at once: what was done is said, and nothing else is', async () => {
  const { alice, evil, id, people } = await behindARelay(130)
  let stop = evil.begin(refusesAfter(0, Reason.NOT_PERMITTED))
  expect(await alice.try('inviteToGroup', { conversation: id, people })).toMatchObject({ ok: false })
  expect(await alice.do('getGroup', { conversation: id })).toMatchObject({ invited: [], toInvite: 0 })
  stop()
  stop = evil.begin(refusesAfter(1, Reason.NOT_PERMITTED))
  expect(await alice.do('inviteToGroup', { conversation: id, people })).toMatchObject({
    invited: 100,
    waiting: 0,
    notInvited: { people: 30 },
  })
  expect(await alice.do('getGroup', { conversation: id })).toMatchObject({ toInvite: 0 })
  expect(await invited(alice, id)).toBe(100)
  stop()
}, 60_000)

test('[P114] more people than a group may have is no call at all', async () => {
  world = await World.create()
  const alice = await world.person('Alice')
  const people = Array.from({ length: 1000 }, () => alice.account)
  expect(await alice.try('createGroup', { title: 'Everybody', people })).toMatchObject({
    ok: false,
    failure: { code: 'bad-input' },
  })
})

async function behindARelay(count: number) {
  world = await World.create()
  const evil = await EvilRelay.before(() => world.address())
  onTestFinished(() => evil.close())
  const alice = await world.person('Alice', evil.address)
  const people = await acquaintances(alice, count)
  const { id } = await alice.do('createGroup', { title: 'Everybody' })
  return { alice, evil, id, people }
}

/** Takes so many entries, and no more. */
function refusesAfter(count: number, reason: Reason): Misdeed {
  let taken = 0
  return {
    toRelay(body, victim, request) {
      if (body.case !== 'appendEntry' || taken++ < count) return body
      victim.answer(request, { case: 'refused', value: { reason, detail: 'not now', retryAfterMs: 60_000 } })
      return undefined
    },
  }
}
