// The same stories once more, with two relays on one PostgreSQL: real messengers, each of which connects to the next relay.

import { expect, test } from 'vitest'
import { postgresForThisFile } from '../relay/postgres.ts'
import { openPostgresNode } from '../relay/postgres-node.ts'
import { until } from '../until.ts'
import { spreadOver, World } from '../world.ts'

const server = postgresForThisFile()

spreadOver(async () => {
  const url = await server.schema()
  return async () => [await openPostgresNode(url), await openPostgresNode(url)]
})

await import('./first-words.test.ts')
await import('./keys.test.ts')
await import('./own-devices.test.ts')
await import('./reconnecting.test.ts')

// Of linking, groups and the stolen laptop, what passes from one relay to the other.
test('[P16][P97][P102][P125] a link, a group and new keys, with somebody at each relay all the way', async () => {
  const world = await World.create()
  try {
    const [one, other] = [world.address(), world.address()]
    expect(one.url).not.toBe(other.url)
    const alice = await world.person('Alice', () => one)
    const bob = await world.person('Bob', () => other)
    await alice.befriend(bob)
    const laptop = await world.freshInstall(alice, 'laptop', () => other)
    await world.link(alice, laptop)
    await until(() => laptop.hasConversation(bob), 'the laptop has heard of Bob')

    const { id } = await alice.gather('Hiking', bob)
    await laptop.counts(id, 2)
    await laptop.tell(id, 'Hello from the laptop')
    for (const person of [alice, bob]) await person.seesIn(id, ['Hello from the laptop'])
    await bob.do('rotateKeys', { conversation: id })
    await until(async () => (await alice.group(id))?.marked === true, 'Alice has heard that there are to be new keys')
    await alice.tell(id, 'Under new keys')
    for (const person of [alice, bob, laptop]) await person.seesIn(id, ['Hello from the laptop', 'Under new keys'])

    await laptop.do('replaceKeys', { revoke: 1 })
    await until(async () => {
      await world.clock.advance(500)
      return (await alice.snapshot()).stage.stage === 'closed'
    }, 'the first device is off the account')
    await until(async () => (await bob.reads(alice)).includes('[keys-replaced]'), 'Bob is told')
    await bob.do('acceptSafetyNumber', { account: alice.account })
    await world.back(laptop)
    await laptop.say(bob, 'I go on from here')
    await until(async () => (await bob.reads(alice)).includes('I go on from here'), 'Bob reads it')
    await bob.tell(id, 'In the group, too')
    await laptop.seesIn(id, ['Hello from the laptop', 'Under new keys', 'In the group, too'])
  } finally {
    await world.close()
  }
})
