// The sweep: forgets what nobody fetched in time [P54], an account at a time, and what groups kept long enough.

import { MAILBOX_RETENTION } from '../protocol/limits.ts'
import type { AccountId, GroupId, Instant } from '../shared/ids.ts'
import type { AccountStore, MailboxStore } from './store.ts'
import type { StreamStore } from './streams/contract.ts'

const AT_ONCE = 100

type Sweepable = Pick<StreamStore, 'expireStream' | 'streamsAfter'>

/** How many envelopes and items went. Submission ids outlive them by as much again, so that a late repetition is known [S4]. */
export async function sweep(
  store: Pick<AccountStore, 'accountsAfter'> & Pick<MailboxStore, 'expire'> & Sweepable,
  now: Instant,
): Promise<number> {
  const envelopesBefore = (now - MAILBOX_RETENTION) as Instant
  const submissionsBefore = (now - 2 * MAILBOX_RETENTION) as Instant
  let expired = 0
  let last: AccountId | undefined
  do {
    const accounts = await store.accountsAfter(last, AT_ONCE)
    for (const account of accounts) expired += await store.expire(account, envelopesBefore, submissionsBefore)
    last = accounts.at(-1)
  } while (last !== undefined)
  return expired + (await sweepStreams(store, now))
}

/** [P124] */
async function sweepStreams(store: Sweepable, now: Instant): Promise<number> {
  let expired = 0
  let last: GroupId | undefined
  do {
    const groups = await store.streamsAfter(last, AT_ONCE)
    for (const group of groups) expired += await store.expireStream(group, now)
    last = groups.at(-1)
  } while (last !== undefined)
  return expired
}
