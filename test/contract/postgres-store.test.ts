// The store on PostgreSQL keeps the relay's contract.

import { describe, onTestFinished } from 'vitest'
import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import type { RelayStore } from '../../src/relay/store.ts'
import { openPostgresStore } from '../../src/relay/stores/postgres.ts'
import { postgresForThisFile } from '../relay/postgres.ts'
import { describeRelayStore, type StorePlace } from './relay-store.suite.ts'

const server = postgresForThisFile()

function postgres(): StorePlace {
  const database = server.schema()
  const opened = new Set<RelayStore>()
  onTestFinished(async () => {
    for (const store of opened) await store.close()
  })
  return {
    open: async () => {
      const store = await openPostgresStore({ url: await database, clock: systemClock, random: systemRandom })
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

describe('the relay’s store: PostgreSQL', () => describeRelayStore(postgres))
