// The connections to PostgreSQL: a pool of a few, made anew when they break, and what their failures mean.

import pg from 'pg'
import type { WriteName } from '../../crash-points.ts'
import type { Crash } from '../../ports.ts'
import { StoreUnavailable } from '../../store.ts'
import { types } from './types.ts'

/** Backends of one relay: these, and one that listens. */
const MOST_CONNECTIONS = 7
/** In milliseconds. Whoever waits longer is told to try again later. */
const CONNECT_WITHIN = 5_000
export const ANSWER_WITHIN = 10_000

export type Value = string | number | boolean | Uint8Array | null | readonly (string | number | Uint8Array | null)[]

/** Prepared once per connection, under its name. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** Resolves with the rows it returned. */
export type Query = <Row extends object>(statement: Statement, values: readonly Value[]) => Promise<Row[]>

export interface Postgres {
  /** A transaction of one statement. */
  query: Query
  /** Commits when `work` resolves; nothing of it happened if it rejects. Crash tests know it by `name`. */
  transaction<T>(name: WriteName | 'migrate', work: (query: Query) => Promise<T>): Promise<T>
  /** When all that was asked is answered. */
  close(): Promise<void>
}

export function connectionConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'sotto-relay',
    connectionTimeoutMillis: CONNECT_WITHIN,
    keepAlive: true,
    keepAliveInitialDelayMillis: ANSWER_WITHIN,
    types,
  }
}

/** Connects when it is first asked. `within`: milliseconds for a statement; 0: as long as it takes. */
export function connectPostgres(url: string, crash: Crash, within = ANSWER_WITHIN): Postgres {
  const pool = new pg.Pool({
    ...connectionConfig(url),
    max: MOST_CONNECTIONS,
    statement_timeout: within,
    query_timeout: 2 * within,
    onConnect: prepare,
  })
  // An idle connection broke: the pool makes another one.
  pool.on('error', () => {})

  async function transaction<T>(name: WriteName | 'migrate', work: (query: Query) => Promise<T>): Promise<T> {
    const client = await passing(() => pool.connect())
    let broken: Error | undefined
    try {
      await client.query('BEGIN')
      const result = await work(async (statement, values) => (await client.query(configOf(statement, values))).rows)
      if (name !== 'migrate') crash(`${name}:before-commit`)
      await client.query('COMMIT')
      if (name !== 'migrate') crash(`${name}:after-commit`)
      return result
    } catch (error) {
      // With its connection goes what was begun.
      broken = error instanceof Error ? error : new Error('thrown what is no error')
      throw isPassing(error) ? new StoreUnavailable('database', { cause: error }) : error
    } finally {
      client.release(broken)
    }
  }

  return {
    query: async (statement, values) => (await passing(() => pool.query(configOf(statement, values)))).rows,
    transaction,
    close: () => pool.end(),
  }
}

/** Every statement finds its rows by their keys: plan it once, and never by going through whole tables. */
async function prepare(client: pg.ClientBase): Promise<void> {
  await client.query('SET jit = off; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off')
}

function configOf({ name, text }: Statement, values: readonly Value[]) {
  return { name, text, values: [...values] }
}

async function passing<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw isPassing(error) ? new StoreUnavailable('database', { cause: error }) : error
  }
}

/**
 * Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html that pass by themselves or with
 * somebody's help: no connection, no room, read only after a failover, a deadlock, a timeout, being shut down.
 */
const PASSING = ['08', '25006', '40', '53', '55', '57', '58']

function isPassing(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return isOfTheNetwork(error)
  return PASSING.some((code) => error.code?.startsWith(code))
}

/** What `pg` and Node throw for connections that cannot be made, break or do not answer. */
function isOfTheNetwork(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false
  return 'code' in error || /connect|timeout|terminated|pool after calling end/i.test(error.message)
}
