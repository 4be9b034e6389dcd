// Somebody's prekeys taken by whoever wants them gone, under the limits that a relay has by itself.

import { afterEach, expect, test } from 'vitest'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { dial, hello, makePerson, proof, signedList } from '../relay/device.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
afterEach(() => world.close())

/** An account that is there for nothing else asks for a person's keys so often. What each answer was. */
async function takeKeysOf({ account }: Person, username: string, times: number): Promise<string[]> {
  const taker = makePerson(username)
  const line = await dial(world.address())
  const proven = proof(taker, await hello(line), BigInt(world.clock.now()))
  await line.expect(
    { case: 'register', value: { ...proven, username, deviceList: signedList(taker) } },
    'authenticated',
  )
  const value = { account: uuidToBytes(account), devices: [] }
  const answers = await Promise.all(Array.from({ length: times }, () => line.ask({ case: 'fetchKeys', value })))
  await line.hangUp()
  return answers.map((one) => {
    if (one.case === 'keyBundles') return one.value.bundles[0]?.oneTimeEc === undefined ? 'last resort' : 'keys'
    return one.case === 'refused' && one.value.reason === Reason.TOO_MANY_REQUESTS ? 'wait' : String(one.case)
  })
}

test('[F21][K11][P34][P36] one who asks a thousand times takes six; thirty take all of them: Bob is reached all the same, and brings new ones', async () => {
  const { keyFetches, keyFetchesOfOne } = DEFAULT_LIMITS
  world = await World.create({ limits: { keyFetches, keyFetchesOfOne } })
  const bob = await world.person('Bob')
  const held = async () => (await bob.do('getRelayView', {})).held.find((one) => one.what === 'one-time-prekeys')?.count
  expect(await held()).toBe(200)
  const greedy = await takeKeysOf(bob, 'greedy', 1_000)
  expect(greedy).toEqual([...Array(6).fill('keys'), ...Array(994).fill('wait')])
  expect(await held()).toBe(188)

  await bob.close()
  const taken: string[] = []
  for (let more = 0; more < 30; more++) taken.push(...(await takeKeysOf(bob, `greedy${more}`, 6)))
  expect(taken).toEqual([...Array(94).fill('keys'), ...Array(86).fill('last resort')])
  const carol = await world.person('Carol')
  await carol.find(bob)
  await carol.say(bob, 'Still here?')
  await carol.reaches(bob, 'Still here?', 'sent')

  await bob.open()
  await bob.sees(carol, ['Still here?'])
  await until(async () => (await held()) === 200, 'Bob has brought as many as there were')
})
