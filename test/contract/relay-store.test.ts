// The stores that keep the relay's contract.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import type { Clock } from '../../src/relay/ports.ts'
import type { RelayStore } from '../../src/relay/store.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import { describeRelayStore, type StorePlace } from './relay-store.suite.ts'

function sqlite(key?: Uint8Array, clock?: Clock): StorePlace {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-store-'))
  const opened = new Set<RelayStore>()
  onTestFinished(async () => {
    for (const store of opened) await store.close()
    rmSync(folder, { recursive: true })
  })
  return {
    open: async () => {
      const file = join(folder, 'relay.sqlite')
      const store = openSqliteStore(openSqlite({ file, ...(key && { key }) }), systemRandom, {
        ...(clock && { clock }),
      })
      opened.add(store)
      const { close } = store
      store.close = () => {
        opened.delete(store)
        return close()
      }
      return store
    },
  }
}

const stores = [
  { name: 'SQLite', place: () => sqlite() },
  { name: 'SQLite, encrypted', place: () => sqlite(randomBytes(32)) },
  { name: 'SQLite, with a clock', place: () => sqlite(undefined, systemClock) },
]

describe.each(stores)('the relay’s store: $name', ({ place }) => describeRelayStore(place))
