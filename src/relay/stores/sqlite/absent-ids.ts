// Which submission ids are certainly not in the large table: a Bloom filter (https://en.wikipedia.org/wiki/Bloom_filter) of what is
// in there from one person to another, so that a fresh id need not be looked for. It may take an absent one for one
// that is there, never the other way round.

import type { AccountId } from '../../../shared/ids.ts'

export interface AbsentIds {
  /**
   * Whether it is certainly not there. `read` returns ids from this sender to this account, so many at most: all of them are read
   * once as many were asked about, which costs no more than looking for those.
   */
  isAbsent(pair: Pair, submission: Uint8Array, read: (most: number) => Uint8Array[]): boolean
  /** It is there from now on. */
  add(submission: Uint8Array): void
}

export interface Pair {
  /** The number of the recipient's row. */
  account: number
  sender: AccountId
}

/** A megabyte. */
const BITS = 2 ** 23
const BITS_OF_ONE = 4
/** 16 bits for each: of 400 absent ones, one is taken for one that is there. */
const MOST_IDS = BITS / 16
const MOST_PAIRS = 100_000
/** Read for each one that was asked about. */
const READ_FOR_ONE = 4
const ALL_READ = -1

export function createAbsentIds(mostIds: number = MOST_IDS, mostPairs: number = MOST_PAIRS): AbsentIds {
  const bits = new Uint8Array(BITS / 8)
  /** How many ids were asked about before all of the pair were read. */
  const asked = new Map<number, Map<AccountId, number>>()
  let ids = 0
  let pairs = 0

  function begin(): void {
    bits.fill(0)
    asked.clear()
    ids = 0
    pairs = 0
  }

  function add(submission: Uint8Array): void {
    if (ids === mostIds) begin()
    ids += 1
    for (let nth = 0; nth < BITS_OF_ONE; nth++) {
      const bit = bitOf(submission, nth)
      bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7))
    }
  }

  function has(submission: Uint8Array): boolean {
    for (let nth = 0; nth < BITS_OF_ONE; nth++) {
      const bit = bitOf(submission, nth)
      if (((bits[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0) return false
    }
    return true
  }

  function isAllRead({ account, sender }: Pair, read: (most: number) => Uint8Array[]): boolean {
    const before = asked.get(account)?.get(sender)
    if (before === ALL_READ) return true
    const times = (before ?? 0) + 1
    const most = READ_FOR_ONE * times
    // At the first, the second, the fourth …
    const found = (times & (times - 1)) === 0 ? read(most + 1) : undefined
    const all = found !== undefined && found.length <= Math.min(most, mostIds) ? found : undefined
    if (ids + (all?.length ?? 0) > mostIds || (before === undefined && pairs === mostPairs)) begin()
    for (const submission of all ?? []) add(submission)
    note({ account, sender }, all === undefined ? times : ALL_READ)
    return all !== undefined
  }

  function note({ account, sender }: Pair, times: number): void {
    const ofAccount = asked.get(account) ?? new Map<AccountId, number>()
    if (!ofAccount.has(sender)) pairs += 1
    asked.set(account, ofAccount.set(sender, times))
  }

  return {
    isAbsent: (pair, submission, read) => isAllRead(pair, read) && !has(submission),
    add,
  }
}

/** Ids are random already. */
function bitOf(id: Uint8Array, nth: number): number {
  const at = 3 * nth
  return ((id[at] ?? 0) | ((id[at + 1] ?? 0) << 8) | ((id[at + 2] ?? 0) << 16)) & (BITS - 1)
}
