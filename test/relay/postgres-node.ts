// What one of several relays on a PostgreSQL is made around: its own connections, and the clock of the system.

import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import type { Crash } from '../../src/relay/ports.ts'
import { openClusterBell } from '../../src/relay/stores/postgres/bell.ts'
import { openPostgresStore } from '../../src/relay/stores/postgres.ts'
import { silentLog } from '../silent-log.ts'

export async function openPostgresNode(url: string, crash?: Crash) {
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
