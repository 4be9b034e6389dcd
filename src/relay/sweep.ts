// The sweep: forgets what nobody fetched in time [P54], an account at a time.

import { MAILBOX_RETENTION } from '../protocol/limits.ts'
import type { AccountId, Instant } from '../shared/ids.ts'
import type { AccountStore, MailboxStore, RendezvousStore } from './store.ts'

const ACCOUNTS_AT_ONCE = 100

/** How many envelopes went. Submission ids outlive them by as much again, so that a late repetition is known [S4]. */
export async function sweep(
  store: Pick<AccountStore, 'accountsAfter'> & Pick<MailboxStore, 'expire'> & Pick<RendezvousStore, 'expireRendezvous'>,
  now: Instant,
): Promise<number> {
  const envelopesBefore = (now - MAILBOX_RETENTION) as Instant
  const submissionsBefore = (now - 2 * MAILBOX_RETENTION) as Instant
  await store.expireRendezvous(now)
  let expired = 0
  let last: AccountId | undefined
  for (;;) {
    const accounts = await store.accountsAfter(last, ACCOUNTS_AT_ONCE)
    for (const account of accounts) expired += await store.expire(account, envelopesBefore, submissionsBefore)
    last = accounts.at(-1)
    if (last === undefined) return expired
  }
}
