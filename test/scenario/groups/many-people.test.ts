// A group of more people than a relay gives out keys of at once, under the limits that it has by itself.

import { afterEach, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../../src/relay/limits.ts'
import type { AccountId, ConversationId } from '../../../src/shared/ids.ts'
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
