// What whoever runs the relay asks of PostgreSQL: who is there, how much waits. It has its own tools for copies.

import type { Instant } from '../../../shared/ids.ts'
import type { AccountSummary, AdministeredStore, RelayStore, StoreTotals } from '../../store.ts'
import type { Postgres } from './connect.ts'

type SummaryRow = Omit<AccountSummary, 'disabledAt' | 'lastSeenAt'> & {
  disabledAt: Instant | null
  lastSeenAt: Instant | null
}

/** By the key of the names: accounts have no order of their own by name. */
const DESCRIBE = {
  name: 'describe-accounts',
  text: `SELECT a.account, a.username, a.registered_at AS "registeredAt", a.disabled_at AS "disabledAt",
      max(m.last_seen_at) AS "lastSeenAt", count(m.device) AS devices, coalesce(sum(m.held), 0)::bigint AS held
    FROM usernames u
    JOIN accounts a ON a.account = u.account AND a.username = u.username
    LEFT JOIN mailboxes m ON m.account = a.account
    WHERE u.username > $1
    GROUP BY u.username, a.account ORDER BY u.username LIMIT $2`,
}
const DISABLE = { name: 'disable-account', text: 'UPDATE accounts SET disabled_at = $2 WHERE account = $1' }
const TOTALS = {
  name: 'totals',
  text: `SELECT (SELECT count(*) FROM accounts) AS accounts,
      (SELECT count(*) FROM accounts WHERE disabled_at IS NOT NULL) AS disabled,
      count(*) AS devices,
      coalesce(sum(held), 0)::bigint AS envelopes,
      coalesce(sum(held_bytes), 0)::bigint AS "envelopeBytes",
      (SELECT count(*) FROM invitations WHERE used_by IS NULL) AS invitations,
      (SELECT count(*) FROM streams WHERE deleted_at IS NULL) AS streams,
      (SELECT count(*) FROM stream_entries) AS "streamEntries",
      (SELECT coalesce(sum(items), 0) FROM streams) AS "streamItems",
      (SELECT coalesce(sum(bytes), 0)::bigint FROM streams) AS "streamBytes",
      (SELECT count(*) FROM blobs) AS blobs,
      (SELECT coalesce(sum(size), 0)::bigint FROM blobs) AS "blobBytes"
    FROM mailboxes`,
}

export function createAdministration({
  query,
  transaction,
}: Postgres): Omit<AdministeredStore, keyof RelayStore | 'copyTo'> {
  return {
    describeAccounts: async (after, limit) =>
      (await query<SummaryRow>(DESCRIBE, [after ?? '', limit])).map(({ disabledAt, lastSeenAt, ...row }) => ({
        ...row,
        disabledAt: disabledAt ?? undefined,
        lastSeenAt: lastSeenAt ?? undefined,
      })),

    setDisabled: (account, at) =>
      transaction('disable', async (inside) => {
        await inside(DISABLE, [account, at ?? null])
      }),

    totals: async () => {
      const [totals] = await query<StoreTotals>(TOTALS, [])
      if (totals === undefined) throw new Error('a row of counts was not there')
      return totals
    },
  }
}
