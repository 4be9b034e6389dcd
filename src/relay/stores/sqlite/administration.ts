// What whoever runs the relay asks of SQLite: who is there, how much waits, a copy of it all.

import type { Instant } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import type { AccountSummary, AdministeredStore, RelayStore, StoreTotals } from '../../store.ts'
import type { GroupCommit } from './commit.ts'

type SummaryRow = Omit<AccountSummary, 'disabledAt' | 'lastSeenAt'> & {
  disabledAt: Instant | null
  lastSeenAt: Instant | null
}

const IN_MAILBOX = 'place BETWEEN mailboxes.number * 4294967296 AND mailboxes.number * 4294967296 + 4294967295'

export function createAdministration(sql: Sql, commit: GroupCommit): Omit<AdministeredStore, keyof RelayStore> {
  return {
    describeAccounts: async (after, limit) =>
      sql
        .all<SummaryRow>(
          `SELECT account, username, registered_at AS registeredAt, disabled_at AS disabledAt,
             (SELECT max(last_seen_at) FROM mailboxes WHERE account = accounts.number) AS lastSeenAt,
             (SELECT count(*) FROM mailboxes WHERE account = accounts.number) AS devices,
             (SELECT count(*) FROM mailboxes JOIN settled_envelopes ON ${IN_MAILBOX}
              WHERE mailboxes.account = accounts.number) +
             (SELECT count(*) FROM mailboxes JOIN envelopes ON ${IN_MAILBOX}
              WHERE mailboxes.account = accounts.number
                AND envelopes.number > (SELECT settled_up_to FROM relay)) AS held
           FROM accounts WHERE username > ? ORDER BY username LIMIT ?`,
          [after ?? '', limit],
        )
        .map(({ disabledAt, lastSeenAt, ...row }) => ({
          ...row,
          disabledAt: disabledAt ?? undefined,
          lastSeenAt: lastSeenAt ?? undefined,
        })),

    setDisabled: (account, at) =>
      commit.write('disable', () => {
        sql.run('UPDATE accounts SET disabled_at = ? WHERE account = ?', [at ?? null, account])
      }),

    totals: async () => {
      const totals = sql.get<StoreTotals>(
        `SELECT (SELECT count(*) FROM accounts) AS accounts,
           (SELECT count(*) FROM accounts WHERE disabled_at IS NOT NULL) AS disabled,
           (SELECT count(*) FROM mailboxes) AS devices,
           (SELECT count(*) FROM envelopes) AS envelopes,
           (SELECT coalesce(sum(length(content)), 0) FROM envelopes) AS envelopeBytes,
           (SELECT count(*) FROM invitations) AS invitations,
           (SELECT count(*) FROM streams WHERE deleted_at IS NULL) AS streams,
           (SELECT count(*) FROM stream_entries) AS streamEntries,
           (SELECT coalesce(sum(items), 0) FROM streams) AS streamItems,
           (SELECT coalesce(sum(bytes), 0) FROM streams) AS streamBytes,
           (SELECT count(*) FROM blobs) AS blobs,
           (SELECT coalesce(sum(size), 0) FROM blobs) AS blobBytes`,
      )
      if (totals === undefined) throw new Error('a row of counts was not there')
      return totals
    },

    copyTo: async (file) => {
      sql.run('VACUUM INTO ?', [file])
    },
  }
}
