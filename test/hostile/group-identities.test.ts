// A relay that shows somebody's key otherwise than the log of a group has it: they are given nothing under it.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { EvilRelay } from './evil-relay.ts'
import { createListeningLog } from './insider.ts'
import { bundlesOf, isOf, mallorysKeys } from './misdeeds.ts'

let world: World
let evil: EvilRelay
let alice: Person
let bob: Person
let carol: Person
const log = createListeningLog()

beforeEach(async () => {
  log.heard.length = 0
  world = await World.create({ log })
  evil = await EvilRelay.before(() => world.address())
  alice = await world.person('Alice', evil.address)
  bob = await world.person('Bob', evil.address)
  carol = await world.person('Carol', evil.address)
  // Alice and Bob have met nowhere but in Carol's group.
  for (const other of [alice, bob]) await carol.find(other)
})

afterEach(async () => {
  await world.close()
  await evil.close()
})

test('[P111][P131] the relay gives Alice a key of its own for Bob: not one parcel with keys leaves her for it', async () => {
  const { id } = await carol.gather('Hiking', alice, bob)
  const toBob: string[] = []
  evil.begin({
    toRelay(body, victim) {
      if (body.case === 'submit' && isOf(body.value.recipient, bob.account)) toBob.push(victim.account ?? '')
      return body
    },
  })
  evil.begin(bundlesOf(bob.account, mallorysKeys(bob.account)))
  await alice.tell(id, 'Can you hear me?')
  await until(
    () => log.heard.includes('groups.another-identity'),
    () => `Alice sees that it is not Bob: ${log.heard}`,
  )
  await carol.seesIn(id, ['Can you hear me?'])
  await bob.seesIn(id, ['[key-missing]'])
  // He asks, and Carol, who knows him, has it.
  await until(async () => {
    await world.clock.advance(1_000)
    return (await bob.readsIn(id)).includes('Can you hear me?')
  }, 'Bob reads it')
  expect(toBob).toContain(carol.account)
  expect(toBob).not.toContain(alice.account)
})
