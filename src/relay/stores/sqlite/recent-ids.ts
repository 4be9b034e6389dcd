// Submission ids that were taken lately, in memory: a table of a fixed size without an object for each, so that some
// thousands that live long cost the collector nothing. Its entries are as they are on the disk.

import type { Instant } from '../../../shared/ids.ts'
import type { SubmissionKey } from './submissions.ts'

export interface RecentIds {
  /** When it was taken. */
  find(key: SubmissionKey): Instant | undefined
  /** One that is not there. Throws a RangeError if there is no room. */
  add(key: SubmissionKey, at: Instant): void
  readonly size: number
  /** In the order they were added, from one of them on. What is returned is good until others are in their place. */
  entriesFrom(first: number): Uint8Array
  /** Adds what `entriesFrom` returned. */
  addEntries(entries: Uint8Array): void
  /** What is near to one another in a table by account and sender. */
  sorted(): Entry[]
  clear(): void
}

export interface Entry extends SubmissionKey {
  at: Instant
}

const ID_BYTES = 16
/** Account (8 bytes), sender, submission, time (8). */
const SENDER = 8
const SUBMISSION = SENDER + ID_BYTES
const TIME = SUBMISSION + ID_BYTES
const ENTRY_BYTES = TIME + 8

/**
 * Room for `most`. Open addressing, at most half full. Senders choose their ids, and may choose them to fall on one another: then
 * a search goes through `most` at the worst, which takes less than their commit.
 */
export function createRecentIds(most: number): RecentIds {
  const slots = 2 ** Math.ceil(Math.log2(2 * most))
  /** In each slot, the number of an entry, from 1; 0: free. */
  const taken = new Uint16Array(slots)
  const entries = new Uint8Array(most * ENTRY_BYTES)
  const numbers = new DataView(entries.buffer)
  let size = 0

  /** Where it is, or where it would be. */
  function slotOf({ account, sender, submission }: SubmissionKey): number {
    let slot = hashOf(submission) & (slots - 1)
    for (let entry = taken[slot] ?? 0; entry > 0; entry = taken[slot] ?? 0) {
      const start = (entry - 1) * ENTRY_BYTES
      if (isAt(start + SUBMISSION, submission) && isAt(start + SENDER, sender) && readNumber(start) === account)
        return slot
      slot = (slot + 1) & (slots - 1)
    }
    return slot
  }

  function isAt(start: number, id: Uint8Array): boolean {
    for (let at = 0; at < ID_BYTES; at++) if (entries[start + at] !== id[at]) return false
    return true
  }

  function readNumber(start: number): number {
    return numbers.getUint32(start) * 2 ** 32 + numbers.getUint32(start + 4)
  }

  function writeNumber(start: number, number: number): void {
    numbers.setUint32(start, Math.floor(number / 2 ** 32))
    numbers.setUint32(start + 4, number % 2 ** 32)
  }

  function read(entry: number): Entry {
    const start = entry * ENTRY_BYTES
    return {
      account: readNumber(start),
      sender: entries.subarray(start + SENDER, start + SUBMISSION),
      submission: entries.subarray(start + SUBMISSION, start + TIME),
      at: readNumber(start + TIME) as Instant,
    }
  }

  function roomForAnother(): number {
    if (size === most) throw new RangeError('no room for another id')
    return size * ENTRY_BYTES
  }

  return {
    find: (key) => {
      const entry = taken[slotOf(key)] ?? 0
      return entry === 0 ? undefined : (readNumber((entry - 1) * ENTRY_BYTES + TIME) as Instant)
    },
    add: (key, at) => {
      const start = roomForAnother()
      writeNumber(start, key.account)
      entries.set(key.sender, start + SENDER)
      entries.set(key.submission, start + SUBMISSION)
      writeNumber(start + TIME, at)
      size += 1
      taken[slotOf(key)] = size
    },
    get size() {
      return size
    },
    entriesFrom: (first) => entries.subarray(first * ENTRY_BYTES, size * ENTRY_BYTES),
    addEntries: (added) => {
      for (let start = 0; start < added.length; start += ENTRY_BYTES) {
        entries.set(added.subarray(start, start + ENTRY_BYTES), roomForAnother())
        const key = read(size)
        size += 1
        taken[slotOf(key)] = size
      }
    },
    sorted: () => {
      const keys = Float64Array.from({ length: size }, (_, entry) => {
        const start = entry * ENTRY_BYTES
        return readNumber(start) * 2 ** 32 + numbers.getUint32(start + SENDER)
      })
      const order = Uint16Array.from(keys.keys()).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0))
      return Array.from(order, read)
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
