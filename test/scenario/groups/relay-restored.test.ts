// A relay that was put back from a backup: the groups go on, but for those it has forgotten something of that counts.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Person } from '../../person.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'

let world: World
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  ;[alice, bob] = await world.friends('Alice', 'Bob')
})
afterEach(() => world.close())

test('[S5][S12] what is said afterwards is read by whoever had read further than the backup', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'before')
  await bob.seesIn(id, ['before'])
  const copy = await world.backUpRelay()
  for (const text of ['since then', 'and this']) await alice.tell(id, text)
  await bob.seesIn(id, ['before', 'since then', 'and this'])
  await world.restoreRelay(copy)
  await world.back(alice, bob)
  await alice.tell(id, 'after')
  await bob.seesIn(id, ['before', 'since then', 'and this', 'after'])
  await alice.say(bob, 'to you alone')
  await bob.sees(alice, ['Hello Bob', 'to you alone'])
})

test('[P116] a group whose log changed since the backup stands still for those who know', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const copy = await world.backUpRelay()
  await bob.do('rotateKeys', { conversation: id })
  await until(async () => (await alice.group(id))?.marked === true, 'Alice knows')
  await world.restoreRelay(copy)
  await world.back(alice, bob)
  for (const person of [alice, bob])
    await until(async () => (await person.group(id))?.standing === 'halted', `${person.name} is told`)
  expect(await bob.do('getGroup', { conversation: id })).toMatchObject({ halted: 'rolled-back' })
  const refused = await alice.try('sendMessage', { conversation: id, text: 'hello?' })
  expect(refused).toMatchObject({ ok: false, failure: { code: 'group-halted' } })
})
