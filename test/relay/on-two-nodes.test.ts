// The same stories once more, with two relays on one PostgreSQL: each device that connects goes to the other one.

import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import type { Crash } from '../../src/relay/ports.ts'
import { openClusterBell } from '../../src/relay/stores/postgres/bell.ts'
import { openPostgresStore } from '../../src/relay/stores/postgres.ts'
import { silentLog } from '../silent-log.ts'
import { type Node, spreadOver } from './open.ts'
import { postgresForThisFile } from './postgres.ts'

const server = postgresForThisFile()

async function openNode(url: string, crash: Crash | undefined): Promise<Node> {
  const parts = { url, clock: systemClock, random: systemRandom, log: silentLog }
  const store = await openPostgresStore({ ...parts, ...(crash && { crash }) })
  const bell = await openClusterBell(parts)
  return {
    store,
    bell,
    close: async () => {
      await bell.close()
      await store.close()
    },
  }
}

spreadOver(async (crash) => {
  const url = await server.database()
  return [await openNode(url, crash), await openNode(url, crash)]
})

await import('./blobs.test.ts')
await import('./connecting.test.ts')
await import('./groups.test.ts')
await import('./keys.test.ts')
await import('./mailboxes.test.ts')
await import('./noise.test.ts')
await import('./scheduled.test.ts')
await import('./rendezvous.test.ts')
