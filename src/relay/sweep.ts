// The sweep: forgets what nobody fetched in time [P54] and blobs whose time is over [P154], an account at a time, and
// what groups have kept long enough [P124].

import { MAILBOX_RETENTION } from '../protocol/limits.ts'
import type { AccountId, GroupId, Instant } from '../shared/ids.ts'
import { type BlobParts, forgetBlobs } from './blobs/prepare.ts'
import type { AccountStore, MailboxStore, RendezvousStore } from './store.ts'
import type { StreamStore } from './streams/contract.ts'

const AT_ONCE = 100

type Streams = Pick<StreamStore, 'expireStream' | 'streamsAfter'>

export interface Swept {
  envelopes: number
  blobs: number
  /** Of streams. */
  items: number
}

type Accounts = Pick<AccountStore, 'accountsAfter'> & Pick<MailboxStore, 'expire'> & BlobParts['store']

/** How many went, until it was over. */
export async function sweep(
  store: Accounts & Streams & Pick<RendezvousStore, 'expireRendezvous'>,
  blobs: BlobParts['blobs'],
  now: Instant,
  isOver: () => boolean,
): Promise<Swept> {
  const swept: Swept = { envelopes: 0, blobs: 0, items: 0 }
  await sweepAccounts(store, blobs, now, isOver, swept)
  await sweepStreams(store, now, isOver, swept)
  await store.expireRendezvous(now)
  return swept
}

/** Submission ids outlive envelopes by as much again, so that a late repetition is known [S4]. */
async function sweepAccounts(
  store: Accounts,
  blobs: BlobParts['blobs'],
  now: Instant,
  isOver: () => boolean,
  swept: Swept,
): Promise<void> {
  const envelopesBefore = (now - MAILBOX_RETENTION) as Instant
  const submissionsBefore = (now - 2 * MAILBOX_RETENTION) as Instant
  let last: AccountId | undefined
  do {
    const accounts = await store.accountsAfter(last, AT_ONCE)
    for (const account of accounts) {
      if (isOver()) return
      swept.envelopes += await store.expire(account, envelopesBefore, submissionsBefore)
      swept.blobs += await forgetBlobs({ store, blobs }, account, now)
    }
    last = accounts.at(-1)
  } while (last !== undefined)
}

async function sweepStreams(store: Streams, now: Instant, isOver: () => boolean, swept: Swept): Promise<void> {
  let last: GroupId | undefined
  do {
    const groups = await store.streamsAfter(last, AT_ONCE)
    for (const group of groups) {
      if (isOver()) return
      swept.items += await store.expireStream(group, now)
    }
    last = groups.at(-1)
  } while (last !== undefined)
}
