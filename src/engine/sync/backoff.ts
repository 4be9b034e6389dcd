// How long to wait before the next try: longer each time, never for all at once.

import type { Random } from '../ports.ts'

const FIRST = 500
const LONGEST = 60_000

export interface Backoff {
  /** Milliseconds to wait now: a random part of a span that doubles with every call, up to 60 s [P9]. */
  next(): number
  reset(): void
}

export function createBackoff(random: Random): Backoff {
  let failures = 0
  return {
    next() {
      const span = Math.min(LONGEST, FIRST * 2 ** failures)
      failures = Math.min(failures + 1, 10)
      return Math.ceil(random.fraction() * span)
    },
    reset() {
      failures = 0
    },
  }
}
