// Makes a restored database safe to go on with, before any relay uses it. ../restored.ts has why.

import { MIGRATIONS } from '../postgres.ts'
import { POSITIONS_SKIPPED } from '../restored.ts'
import { connectPostgres } from './connect.ts'
import { bringUp, lockSchema, statement } from './migrate.ts'

/** Large tables take their time. */
const AS_LONG_AS_IT_TAKES = 0

const IS_A_RELAYS = "SELECT to_regclass('relay') IS NOT NULL AS held"
/** A relay that runs has one connection at least. */
const RELAYS_CONNECTED = `SELECT count(*) AS count FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'sotto-relay%'`
const SETTLE = [
  'DELETE FROM one_time_prekeys',
  'DELETE FROM invitations',
  'DELETE FROM rendezvous_messages',
  'DELETE FROM rendezvous',
  `UPDATE mailboxes SET last_position = last_position + ${POSITIONS_SKIPPED}`,
  `UPDATE streams SET last_position = last_position + ${POSITIONS_SKIPPED}`,
]

/** in-use: by a relay · no-relay: it is no relay's. In neither case anything was changed. */
export type Settled = 'settled' | 'in-use' | 'no-relay'

/** Once for each time that a backup is put back. Rejects with StoreUnavailable if the database cannot be reached. */
export async function settleRestored(url: string): Promise<Settled> {
  const postgres = connectPostgres(url, () => {}, AS_LONG_AS_IT_TAKES)
  try {
    return await postgres.transaction('migrate', async (query): Promise<Settled> => {
      // A relay that starts meanwhile waits for it.
      await lockSchema(query)
      const [found] = await query<{ held: boolean }>(statement(IS_A_RELAYS), [])
      if (found?.held !== true) return 'no-relay'
      const [relays] = await query<{ count: number }>(statement(RELAYS_CONNECTED), [])
      if (relays?.count !== 0) return 'in-use'
      await bringUp(query, MIGRATIONS)
      for (const text of SETTLE) await query(statement(text), [])
      return 'settled'
    })
  } finally {
    await postgres.close()
  }
}
