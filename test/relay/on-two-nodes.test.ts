// The same stories once more, with two relays on one PostgreSQL: each device that connects goes to the other one.
// Not those of what each relay counts for itself: limits, metrics, poison.

import { spreadOver } from './open.ts'
import { postgresForThisFile } from './postgres.ts'
import { openPostgresNode } from './postgres-node.ts'

const server = postgresForThisFile()

spreadOver(async (crash) => {
  const url = await server.database()
  return [await openPostgresNode(url, crash), await openPostgresNode(url, crash)]
})

await import('./blobs.test.ts')
await import('./brought-list.test.ts')
await import('./connecting.test.ts')
await import('./groups.test.ts')
await import('./groups-in-time.test.ts')
await import('./keys.test.ts')
await import('./mailboxes.test.ts')
await import('./noise.test.ts')
await import('./rendezvous.test.ts')
await import('./replace-identity.test.ts')
await import('./scheduled.test.ts')
await import('./time.test.ts')
