// The relay's store in one SQLite file.

import type { Sql } from '../../shared/sql.ts'
import type { Clock, Crash, Random } from '../ports.ts'
import type { AdministeredStore } from '../store.ts'
import { statements as accountsKeysMailboxes } from './migrations/0001-accounts-keys-mailboxes.ts'
import { statements as disabledAccounts } from './migrations/0002-disabled-accounts.ts'
import { statements as blobs } from './migrations/0003-blobs.ts'
import { statements as streams } from './migrations/0004-streams.ts'
import { statements as inOrderOfArrival } from './migrations/0005-in-order-of-arrival.ts'
import { statements as scheduled } from './migrations/0006-scheduled.ts'
import { statements as rendezvous } from './migrations/0007-rendezvous.ts'
import { statements as replacedIdentities } from './migrations/0008-replaced-identities.ts'
import { statements as connections } from './migrations/0009-connections.ts'
import { statements as fewerWrites } from './migrations/0010-fewer-writes.ts'
import { createAccounts } from './sqlite/accounts.ts'
import { createAdministration } from './sqlite/administration.ts'
import { createBoxes } from './sqlite/boxes.ts'
import { createGroupCommit } from './sqlite/commit.ts'
import { createEnvelopes } from './sqlite/envelopes.ts'
import { createKeys } from './sqlite/keys.ts'
import { createMailboxes } from './sqlite/mailboxes.ts'
import { migrate } from './sqlite/migrate.ts'
import { createRendezvous } from './sqlite/rendezvous.ts'
import { createScheduled } from './sqlite/scheduled.ts'
import { createStreams } from './sqlite/streams.ts'
import { createSubmissions } from './sqlite/submissions.ts'
import { createUploads } from './sqlite/uploads.ts'

export const MIGRATIONS: readonly string[] = [
  accountsKeysMailboxes,
  disabledAccounts,
  blobs,
  streams,
  inOrderOfArrival,
  scheduled,
  rendezvous,
  replacedIdentities,
  connections,
  fewerWrites,
]

/**
 * Owns the connection: closing the store closes it. Throws a SqlFailure if the database cannot be used. With a clock, acknowledgements
 * wait for company, a few milliseconds.
 */
export function openSqliteStore(
  sql: Sql,
  random: Random,
  { crash, clock }: { crash?: Crash | undefined; clock?: Pick<Clock, 'after'> } = {},
): AdministeredStore {
  migrate(sql, MIGRATIONS)
  const relay = relayId(sql, random)
  const envelopes = createEnvelopes(sql)
  const boxes = createBoxes(sql, envelopes)
  const submissions = createSubmissions(sql)
  const beforeCommit = () => {
    envelopes.flush()
    submissions.flush()
  }
  const afterRollback = () => {
    envelopes.forgetAll()
    boxes.forgetAll()
    submissions.forgetAll()
  }
  const commit = createGroupCommit(sql, { beforeCommit, afterRollback, crash, clock })
  return {
    relay,
    ...createAccounts(sql, commit, boxes, submissions),
    ...createKeys(sql, commit, boxes),
    ...createMailboxes(sql, commit, boxes, submissions),
    ...createScheduled(sql, commit, boxes, submissions),
    ...createStreams(sql, commit),
    ...createUploads(sql, commit),
    ...createRendezvous(sql, commit),
    ...createAdministration(sql, commit),
    reach: async () => {
      sql.get(FIND)
    },
    close: async () => {
      commit.close()
      sql.close()
    },
  }
}

const FIND = 'SELECT id FROM relay'

function relayId(sql: Sql, random: Random): Uint8Array {
  const made = sql.get<{ id: Uint8Array }>(FIND)
  if (made !== undefined) return made.id
  const id = random.bytes(16)
  sql.transaction(() => sql.run('INSERT INTO relay (id) VALUES (?)', [id]))
  return id
}
