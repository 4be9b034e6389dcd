// Submission ids that were taken lately, in memory: a table of a fixed size without an object for each, so that some
// thousands that live long cost the collector nothing.

import type { Instant } from '../../../shared/ids.ts'
import type { SubmissionKey } from './submissions.ts'

export interface RecentIds {
  /** When it was taken. */
  find(key: SubmissionKey): Instant | undefined
  /** One that is not there. Throws a RangeError if there is no room. */
  add(key: SubmissionKey, at: Instant): void
  readonly size: number
  clear(): void
}

const ID_BYTES = 16

/**
 * Room for `most`. Open addressing, at most half full. Senders choose their ids, and may choose them to fall on one another: then
 * a search goes through `most` at the worst, which takes less than their commit.
 */
export function createRecentIds(most: number): RecentIds {
  const slots = 2 ** Math.ceil(Math.log2(2 * most))
  /** In each slot, the number of an entry, from 1; 0: free. */
  const taken = new Uint16Array(slots)
  const accounts = new Float64Array(most)
  const times = new Float64Array(most)
  const ids = new Uint8Array(most * 2 * ID_BYTES)
  let size = 0

  /** Where it is, or where it would be. */
  function slotOf({ account, sender, submission }: SubmissionKey): number {
    let slot = hashOf(submission) & (slots - 1)
    for (let entry = taken[slot] ?? 0; entry > 0; entry = taken[slot] ?? 0) {
      const start = (entry - 1) * 2 * ID_BYTES
      if (accounts[entry - 1] === account && isAt(start, submission) && isAt(start + ID_BYTES, sender)) return slot
      slot = (slot + 1) & (slots - 1)
    }
    return slot
  }

  function isAt(start: number, id: Uint8Array): boolean {
    for (let at = 0; at < ID_BYTES; at++) if (ids[start + at] !== id[at]) return false
    return true
  }

  return {
    find: (key) => {
      const entry = taken[slotOf(key)] ?? 0
      return entry === 0 ? undefined : (times[entry - 1] as Instant)
    },
    add: (key, at) => {
      if (size === most) throw new RangeError('no room for another id')
      accounts[size] = key.account
      times[size] = at
      ids.set(key.submission, size * 2 * ID_BYTES)
      ids.set(key.sender, size * 2 * ID_BYTES + ID_BYTES)
      size += 1
      taken[slotOf(key)] = size
    },
    get size() {
      return size
    },
    clear: () => {
      taken.fill(0)
      size = 0
    },
  }
}

/** Ids are random already. */
function hashOf(id: Uint8Array): number {
  return (id[0] ?? 0) | ((id[1] ?? 0) << 8) | ((id[2] ?? 0) << 16)
}
