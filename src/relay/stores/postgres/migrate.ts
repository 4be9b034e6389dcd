// Brings a database up to the newest schema this version knows, one numbered step after the other, one relay at a time.

import type { Postgres, Query } from './connect.ts'

/** Any number, as long as all relays take the same. */
const LOCK = 1_936_684_148

/** Throws for a database that a later version wrote, and leaves it alone. */
export async function migrate(postgres: Postgres, steps: readonly string[]): Promise<void> {
  await postgres.transaction('migrate', async (query) => {
    await lockSchema(query)
    await bringUp(query, steps)
  })
}

/** Inside of a transaction that has locked the schema. Throws as `migrate` does. */
export async function bringUp(query: Query, steps: readonly string[]): Promise<void> {
  await query(statement('CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)'), [])
  const [held] = await query<{ version: number }>(statement('SELECT version FROM schema_version'), [])
  const version = held?.version ?? 0
  if (version > steps.length) throw new Error(`schema ${version} is newer than this version knows`)
  if (version === steps.length) return
  for (const step of steps.slice(version)) for (const text of split(step)) await query(statement(text), [])
  await query(statement('DELETE FROM schema_version'), [])
  await query(statement('INSERT INTO schema_version (version) VALUES ($1)'), [steps.length])
}

/** Until the transaction ends no relay gets further than its start. */
export async function lockSchema(query: Query): Promise<void> {
  await query(statement(`SELECT pg_advisory_xact_lock(${LOCK})::text`), [])
}

/** Not prepared: it is used once. */
export function statement(text: string) {
  return { name: '', text }
}

/** A prepared statement is one statement. No step has a semicolon inside of one. */
function split(step: string): string[] {
  return step.split(';').filter((text) => text.trim() !== '')
}
