// The relay under test by the benches: as it ships, but for the limits that one busy account would run into.

import { verifySignature } from '../../src/engine/signal/verify.ts'
import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { createBell } from '../../src/relay/bell.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { createRelay } from '../../src/relay/relay.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'

const file = process.argv[2] ?? ':memory:'
const relay = createRelay({
  store: openSqliteStore(openSqlite({ file, exclusive: true }), systemRandom),
  bell: createBell(),
  clock: systemClock,
  random: systemRandom,
  log: { info: () => {}, warn: console.warn, error: console.error },
  limits: {
    ...DEFAULT_LIMITS,
    submissions: { burst: 1e9, perSecond: 1e9 },
    registrations: { burst: 1e9, perSecond: 1e9 },
  },
  verify: verifySignature,
  access: { loopbackOnly: true, invitations: 'open' },
})
const { port } = await relay.listen({ host: '127.0.0.1', port: 0 })
console.log(`relay ready ws://127.0.0.1:${port}`)
