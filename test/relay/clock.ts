// A clock that a test moves.

import type { Clock } from '../../src/relay/ports.ts'
import type { Instant } from '../../src/shared/ids.ts'

export interface TestClock extends Clock {
  /** Runs what falls due on the way, in order. */
  advance(milliseconds: number): void
}

export function createTestClock(start = Date.now()): TestClock {
  let passed = 0
  const due = new Set<{ at: number; run: () => void }>()
  return {
    now: () => (start + passed) as Instant,
    monotonic: () => passed,
    after: (milliseconds, run) => {
      const entry = { at: passed + milliseconds, run }
      due.add(entry)
      return () => due.delete(entry)
    },
    advance: (milliseconds) => {
      const end = passed + milliseconds
      for (;;) {
        const [next] = [...due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        due.delete(next)
        passed = Math.max(passed, next.at)
        next.run()
      }
      passed = end
    },
  }
}
