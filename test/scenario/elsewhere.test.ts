// A relay that shuts down sends its devices to another one that shares its store, and nobody sends them anywhere else.

import { expect, onTestFinished, test } from 'vitest'
import { verifySignature } from '../../src/engine/signal/verify.ts'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { createBell } from '../../src/relay/bell.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { createRelay } from '../../src/relay/relay.ts'
import type { RelayStore } from '../../src/relay/store.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import { Username } from '../../src/shared/ids.ts'
import { temporaryFolder } from '../relay/open.ts'
import { silentLog } from '../silent-log.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

/** A world whose relay names these, and whose store outlives it. */
async function worldWith(alternatives: readonly string[]): Promise<{ world: World; store: RelayStore }> {
  let shared: RelayStore | undefined
  const store = (real: RelayStore): RelayStore => {
    shared = real
    return { ...real, close: async () => {} }
  }
  const world = await World.create({ alternatives, store })
  const real = shared
  if (real === undefined) throw new Error('a world without a store')
  onTestFinished(async () => {
    await world.close()
    await real.close()
  })
  return { world, store: real }
}

/** Another relay, on a port of its own. */
async function openAnother(world: World, store: RelayStore): Promise<string> {
  const relay = createRelay({
    store,
    bell: createBell(),
    clock: world.clock,
    random: systemRandom,
    log: silentLog,
    limits: DEFAULT_LIMITS,
    verify: verifySignature,
    access: { loopbackOnly: true, invitations: 'open' },
  })
  onTestFinished(relay.close)
  return `ws://127.0.0.1:${(await relay.listen({ host: '127.0.0.1', port: 0 })).port}`
}

test('[P163][K9] devices go on at the other relay before this one is back, and come home when that one is gone', async () => {
  const alternatives: string[] = []
  const { world, store } = await worldWith(alternatives)
  const other = await openAnother(world, store)
  // One of them does not answer; the other is the second to be tried, or the first.
  alternatives.push('ws://127.0.0.1:9', other)
  const [alice, bob] = await world.friends('Alice', 'Bob')
  await world.stopRelay()
  await world.back(alice, bob)
  await alice.say(bob, 'from elsewhere')
  await bob.sees(alice, ['Hello Bob', 'from elsewhere'])
  expect((await alice.do('getRelayView', {})).address).toBe(other)
})

test('[P163] a relay that is not the same hears nothing but a hello, and devices come back to theirs', async () => {
  const alternatives: string[] = []
  const { world } = await worldWith(alternatives)
  const file = `${temporaryFolder()}/relay.db`
  const foreign = openSqliteStore(openSqlite({ file }), systemRandom)
  onTestFinished(foreign.close)
  alternatives.push(await openAnother(world, foreign))
  const alice = await world.person('Alice')
  const attempts = alice.device.wire.attempts()
  await world.stopRelay()
  await until(async () => {
    await world.clock.advance(100)
    return alice.device.wire.attempts() >= attempts + 3
  }, 'she has been there, and tried at home again')
  expect((await alice.snapshot()).connection.state).not.toBe('online')
  expect(await foreign.findUsername(Username.parse('alice'))).toBeUndefined()
  await world.startRelay()
  await world.back(alice)
  expect((await alice.do('getRelayView', {})).address).toBe(world.address().url)
})
