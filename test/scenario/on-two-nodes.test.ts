// The same stories once more, with two relays on one PostgreSQL: real messengers, each of which connects to the next relay.

import { postgresForThisFile } from '../relay/postgres.ts'
import { openPostgresNode } from '../relay/postgres-node.ts'
import { spreadOver } from '../world.ts'

const server = postgresForThisFile()

spreadOver(async () => {
  const url = await server.database()
  return async () => [await openPostgresNode(url), await openPostgresNode(url)]
})

await import('./first-words.test.ts')
await import('./keys.test.ts')
await import('./reconnecting.test.ts')
