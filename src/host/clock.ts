// The clock: time as this computer tells it.

import type { Clock } from '../engine/ports.ts'
import type { Instant } from '../shared/ids.ts'

/** What a timer of the platform holds, in milliseconds; a longer one would go off at once. */
const LONGEST_TIMER = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  monotonic: () => performance.now(),
  after: (milliseconds, run) => {
    const due = performance.now() + milliseconds
    let timer: NodeJS.Timeout
    const wait = (): void => {
      const left = due - performance.now()
      timer = setTimeout(left <= LONGEST_TIMER ? run : wait, Math.max(0, Math.min(left, LONGEST_TIMER)))
    }
    wait()
    return () => clearTimeout(timer)
  },
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
}
