// The sweep: forgets what nobody fetched in time [P54] and blobs whose time is over [P154], an account at a time.

import { MAILBOX_RETENTION } from '../protocol/limits.ts'
import type { AccountId, Instant } from '../shared/ids.ts'
import { type BlobParts, forgetBlobs } from './blobs/prepare.ts'
import type { AccountStore, MailboxStore } from './store.ts'

const ACCOUNTS_AT_ONCE = 100

export interface Swept {
  envelopes: number
  blobs: number
}

/** How many went, until it was over. Submission ids outlive them by as much again, so that a late repetition is known [S4]. */
export async function sweep(
  store: Pick<AccountStore, 'accountsAfter'> & Pick<MailboxStore, 'expire'> & BlobParts['store'],
  blobs: BlobParts['blobs'],
  now: Instant,
  isOver: () => boolean,
): Promise<Swept> {
  const envelopesBefore = (now - MAILBOX_RETENTION) as Instant
  const submissionsBefore = (now - 2 * MAILBOX_RETENTION) as Instant
  const swept: Swept = { envelopes: 0, blobs: 0 }
  let last: AccountId | undefined
  for (;;) {
    const accounts = await store.accountsAfter(last, ACCOUNTS_AT_ONCE)
    for (const account of accounts) {
      if (isOver()) return swept
      swept.envelopes += await store.expire(account, envelopesBefore, submissionsBefore)
      swept.blobs += await forgetBlobs({ store, blobs }, account, now)
    }
    last = accounts.at(-1)
    if (last === undefined) return swept
  }
}
