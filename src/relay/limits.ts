// How much the relay lets one account or address ask of it: token buckets.

import type { Clock } from './ports.ts'

/** [P55] What one mailbox holds. */
export const MAILBOX_ENVELOPES = 20_000
export const MAILBOX_BYTES = 64 * 1024 * 1024

/** [P53] Envelopes under way to a device unacknowledged. */
export const DELIVERY_WINDOW = 512

/** [P126] What one stream holds: of its log, and besides it. */
export const STREAM_ENTRIES = 100_000
export const STREAM_ITEMS = 1_000_000
export const STREAM_BYTES = 1024 * 1024 * 1024

/** [P161] What may be scheduled for one account: by everybody together, and by one of them. */
export const SCHEDULED_SUBMISSIONS = 1_000
export const SCHEDULED_BYTES = 16 * 1024 * 1024
export const SCHEDULED_OF_ONE = 100

/** So many at once, and so many more each second. */
export interface Allowance {
  burst: number
  perSecond: number
}

export interface RelayLimits {
  /** [P58] Per sending account. */
  submissions: Allowance
  /** [P36] Per asking account. */
  keyFetches: Allowance
  /** [P36] Per asking account: of people it is in a group with. */
  keyFetchesInGroups: Allowance
  /** [P36] Per asking account and target. */
  keyFetchesOfOne: Allowance
  /** [P36] Per account: of its own devices, by each other. */
  keyFetchesOfOwn: Allowance
  /** Per asking account: usernames are not to be listed by trying them. */
  lookUps: Allowance
  /** [P94] Per asking account. */
  deviceLists: Allowance
  /** [P126] Per publishing account. */
  publications: Allowance
  /** [P126] Per account: changes of groups. */
  entries: Allowance
  /** [P126] Per account. */
  newGroups: Allowance
  /** [P126] Per asking account: pages, and groups that are watched. */
  streamReads: Allowance
  /** Per address. */
  registrations: Allowance
  /** [P103] Per address. */
  rendezvous: Allowance
  /** [P103] Per joining account: codes are not to be found by trying them. */
  joinings: Allowance
  /** Per address. */
  connections: Allowance
  /** [P151] Announced, per account. */
  uploads: Allowance
  /** Requests for blobs, per address. */
  transfers: Allowance
  /** [P151] Bytes of one blob. */
  largestBlob: number
  /** [P151] Bytes of an account's blobs together. */
  blobQuota: number
  /** [P151] Uploads of an account that are under way. */
  mostUploads: number
  /** Requests for blobs that are answered at the same time. */
  mostTransfers: number
  /** Open at the same time. */
  mostConnections: number
  /** How many accounts and addresses each limit remembers. */
  mostRemembered: number
}

export const DEFAULT_LIMITS: RelayLimits = {
  submissions: { burst: 300, perSecond: 50 },
  keyFetches: { burst: 30, perSecond: 30 / 600 },
  keyFetchesInGroups: { burst: 1000, perSecond: 1000 / 600 },
  keyFetchesOfOne: { burst: 6, perSecond: 6 / 600 },
  keyFetchesOfOwn: { burst: 100, perSecond: 100 / 600 },
  lookUps: { burst: 60, perSecond: 0.1 },
  deviceLists: { burst: 300, perSecond: 1 },
  publications: { burst: 300, perSecond: 50 },
  entries: { burst: 200, perSecond: 2 },
  newGroups: { burst: 50, perSecond: 1 / 60 },
  streamReads: { burst: 4000, perSecond: 100 },
  registrations: { burst: 200, perSecond: 0.1 },
  rendezvous: { burst: 20, perSecond: 1 / 60 },
  joinings: { burst: 10, perSecond: 1 / 60 },
  connections: { burst: 1000, perSecond: 100 },
  uploads: { burst: 100, perSecond: 1 },
  transfers: { burst: 1000, perSecond: 50 },
  largestBlob: 100 * 1024 * 1024,
  blobQuota: 1024 * 1024 * 1024,
  mostUploads: 16,
  mostTransfers: 1000,
  mostConnections: 10_000,
  mostRemembered: 100_000,
}

export interface Limit {
  /** 0: one was taken. Otherwise none was, and another try makes sense after so many milliseconds. */
  take(key: string): number
}

/**
 * What a limit does when it remembers all it can, and somebody new comes. refuse: nobody new gets anything, where much asked by
 * many gives something away that is kept from all. forget: whoever was quiet longest begins anew, where a stranger with many
 * addresses must not shut out everybody else.
 */
export type WhenFull = 'refuse' | 'forget'

export function createLimit(
  clock: Clock,
  { burst, perSecond }: Allowance,
  mostRemembered: number,
  whenFull: WhenFull,
): Limit {
  const buckets = new Map<string, { tokens: number; at: number }>()
  const refillTime = (burst / perSecond) * 1000

  /** A bucket untouched for so long is full again, and need not be remembered. Oldest first: each take moves to the end. */
  function forgetFull(now: number): void {
    for (const [key, bucket] of buckets) {
      if (now - bucket.at < refillTime) return
      buckets.delete(key)
    }
  }

  function forgetOldest(): void {
    const [oldest] = buckets.keys()
    if (oldest !== undefined) buckets.delete(oldest)
  }

  return {
    take: (key) => {
      const now = clock.monotonic()
      let bucket = buckets.get(key)
      if (bucket === undefined) {
        if (buckets.size >= mostRemembered) forgetFull(now)
        if (buckets.size >= mostRemembered) {
          if (whenFull === 'refuse') return Math.ceil(refillTime)
          forgetOldest()
        }
        bucket = { tokens: burst, at: now }
      } else {
        bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1000)
        bucket.at = now
        buckets.delete(key)
      }
      buckets.set(key, bucket)
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1
        return 0
      }
      return Math.ceil(((1 - bucket.tokens) / perSecond) * 1000)
    },
  }
}
