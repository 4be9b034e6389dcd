// PostgreSQL for the tests of a file: started before the first, stopped after the last.

import { afterAll, beforeAll } from 'vitest'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

export function postgresForThisFile(): PostgresServer {
  let server: PostgresServer | undefined
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())
  const started = () => {
    if (server === undefined) throw new Error('asked before it was started')
    return server
  }
  return {
    get pid() {
      return started().pid
    },
    database: () => started().database(),
    schema: () => started().schema(),
    drop: (url) => started().drop(url),
    dump: (url) => started().dump(url),
    restored: (dump) => started().restored(dump),
    start: () => started().start(),
    kill: () => started().kill(),
    stop: () => started().stop(),
  }
}
