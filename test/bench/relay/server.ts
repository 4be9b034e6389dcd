// The relay under test by the benches: as it ships, but for the limits that a few busy accounts would run into.
//
//   node test/bench/relay/server.ts FILE | postgres://…        prints `relay ready ws://127.0.0.1:PORT`

import { verifySignature } from '../../../src/engine/signal/verify.ts'
import { systemClock } from '../../../src/host/clock.ts'
import { systemRandom } from '../../../src/host/random.ts'
import { openSqlite } from '../../../src/host/sqlite.ts'
import { createBell } from '../../../src/relay/bell.ts'
import { DEFAULT_LIMITS } from '../../../src/relay/limits.ts'
import { createRelay } from '../../../src/relay/relay.ts'
import { openClusterBell } from '../../../src/relay/stores/postgres/bell.ts'
import { openPostgresStore } from '../../../src/relay/stores/postgres.ts'
import { openSqliteStore } from '../../../src/relay/stores/sqlite.ts'

const place = process.argv[2] ?? ':memory:'
const log = { info: () => {}, warn: console.warn, error: console.error }
const plenty = { burst: 1e9, perSecond: 1e9 }

async function open() {
  if (!place.startsWith('postgres://'))
    return {
      store: openSqliteStore(openSqlite({ file: place, exclusive: true }), systemRandom, { clock: systemClock }),
      bell: createBell(),
    }
  const parts = { url: place, clock: systemClock, random: systemRandom, log }
  return { store: await openPostgresStore(parts), bell: await openClusterBell(parts) }
}

const relay = createRelay({
  ...(await open()),
  clock: systemClock,
  random: systemRandom,
  log,
  limits: {
    ...DEFAULT_LIMITS,
    submissions: plenty,
    registrations: plenty,
    publications: plenty,
    entries: plenty,
    newGroups: plenty,
    streamReads: plenty,
    connections: plenty,
    mostConnections: 20_000,
  },
  verify: verifySignature,
  access: { loopbackOnly: true, invitations: 'open' },
})
const { port } = await relay.listen({ host: '127.0.0.1', port: 0 })
console.log(`relay ready ws://127.0.0.1:${port}`)
