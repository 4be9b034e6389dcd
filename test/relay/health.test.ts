// Health: what a relay says of itself while its store, or the bell of those that share it, is away.

import { expect, test } from 'vitest'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { createBell } from '../../src/relay/bell.ts'
import { WELL_WITHIN } from '../../src/relay/health.ts'
import { type RelayStore, StoreUnavailable } from '../../src/relay/store.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import { until } from '../until.ts'
import { createTestClock } from './clock.ts'
import { openRelay } from './open.ts'

/** A store whose answers about itself are the test's. */
function storeThat(reach: () => Promise<void>): RelayStore {
  return { ...openSqliteStore(openSqlite({ file: ':memory:' }), systemRandom), reach }
}

async function asked(port: number, method: 'GET' | 'HEAD' = 'GET'): Promise<[number, string]> {
  const answer = await fetch(`http://127.0.0.1:${port}/health`, { method })
  return [answer.status, await answer.text()]
}

test('[P8] 503 while the store is away, whoever asks how, and 200 when it is back', async () => {
  let isAway = true
  const store = storeThat(async () => {
    if (isAway) throw new StoreUnavailable('database')
  })
  const { port, relay } = await openRelay({ store })
  expect(await asked(port)).toEqual([503, '{"ok":false}'])
  expect(await asked(port, 'HEAD')).toEqual([503, ''])
  expect(await relay.isWell()).toBe(false)
  isAway = false
  expect(await asked(port)).toEqual([200, '{"ok":true}'])
  expect(await relay.isWell()).toBe(true)
})

test('[P8] a store that does not answer is asked once, however many want to know, and for two seconds at most', async () => {
  const clock = createTestClock()
  let questions = 0
  const answers: (() => void)[] = []
  const store = storeThat(() => {
    questions += 1
    return new Promise((resolve) => answers.push(resolve))
  })
  const { port, relay } = await openRelay({ store, clock })
  const first = asked(port)
  await until(() => questions === 1, 'it to be asked')
  const others = [relay.isWell(), relay.isWell()]
  clock.advance(WELL_WITHIN)
  expect(await first).toEqual([503, '{"ok":false}'])
  expect(await Promise.all(others)).toEqual([false, false])
  const later = relay.isWell()
  expect(questions).toBe(1)
  answers[0]?.()
  expect(await later).toBe(true)
})

test('[P8] a relay that does not hear the others is not well: what they take in for its devices would be late', async () => {
  let isHeard = false
  const { port } = await openRelay({ bell: { ...createBell(), isHeard: () => isHeard } })
  expect((await asked(port))[0]).toBe(503)
  isHeard = true
  expect((await asked(port))[0]).toBe(200)
})
