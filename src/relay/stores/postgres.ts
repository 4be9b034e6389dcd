// The relay's store on PostgreSQL, which several relays may share. docs/scaling.md has how far that goes.

import type { Clock, Crash, Random } from '../ports.ts'
import type { AdministeredStore } from '../store.ts'
import { createAccounts } from './postgres/accounts.ts'
import { createAdministration } from './postgres/administration.ts'
import { connectPostgres, type Postgres } from './postgres/connect.ts'
import { createKeys } from './postgres/keys.ts'
import { createMailboxes } from './postgres/mailboxes.ts'
import { migrate } from './postgres/migrate.ts'
import { statements as accountsKeysMailboxes } from './postgres/migrations/0001-accounts-keys-mailboxes.ts'
import { statements as disabledAccounts } from './postgres/migrations/0002-disabled-accounts.ts'
import { statements as blobs } from './postgres/migrations/0003-blobs.ts'
import { statements as streamTables } from './postgres/migrations/0004-streams.ts'
import { statements as scheduled } from './postgres/migrations/0005-scheduled.ts'
import { statements as rendezvous } from './postgres/migrations/0006-rendezvous.ts'
import { statements as replacedIdentities } from './postgres/migrations/0007-replaced-identities.ts'
import { statements as connections } from './postgres/migrations/0008-connections.ts'
import { createRendezvous } from './postgres/rendezvous.ts'
import { createScheduled } from './postgres/scheduled.ts'
import { createStreams } from './postgres/streams.ts'
import { createUploads } from './postgres/uploads.ts'

export const MIGRATIONS: readonly string[] = [
  accountsKeysMailboxes,
  disabledAccounts,
  blobs,
  streamTables,
  scheduled,
  rendezvous,
  replacedIdentities,
  connections,
]

export interface PostgresParts {
  /** postgres://user@host/database, or as https://www.postgresql.org/docs/current/libpq-connect.html has it. */
  url: string
  clock: Clock
  random: Random
  crash?: Crash
}

/** Rejects if the database cannot be reached, or was written by a later version. */
export async function openPostgresStore({
  url,
  clock,
  random,
  crash = () => {},
}: PostgresParts): Promise<AdministeredStore> {
  const postgres = connectPostgres(url, crash)
  try {
    await migrate(postgres, MIGRATIONS)
    const mailboxes = createMailboxes(postgres, clock, crash)
    const streams = createStreams(postgres, clock, crash)
    return {
      relay: await relayId(postgres, random),
      ...createAccounts(postgres),
      ...createKeys(postgres),
      ...createUploads(postgres),
      ...createScheduled(postgres),
      ...createRendezvous(postgres),
      ...createAdministration(postgres),
      ...mailboxes,
      ...streams,
      reach: async () => {
        await postgres.query(FIND, [])
      },
      close: async () => {
        await Promise.all([mailboxes.close(), streams.close()])
        await postgres.close()
      },
    }
  } catch (error) {
    await postgres.close()
    throw error
  }
}

const ADD = { name: 'add-relay', text: 'INSERT INTO relay (id) VALUES ($1) ON CONFLICT DO NOTHING' }
const FIND = { name: 'find-relay', text: 'SELECT id FROM relay' }

async function relayId({ query }: Postgres, random: Random): Promise<Uint8Array> {
  await query(ADD, [random.bytes(16)])
  const [made] = await query<{ id: Buffer }>(FIND, [])
  if (made === undefined) throw new Error('a relay without id')
  return made.id
}
