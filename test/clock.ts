// A clock that stands still until a test moves it.

import type { Clock } from '../src/engine/ports.ts'
import { Instant } from '../src/shared/ids.ts'

export interface TestClock extends Clock {
  /** Moves on and runs what has come due, in its order. */
  advance(milliseconds: number): Promise<void>
  /** Everything was asleep for so long, as in a laptop that was closed: what has come due meanwhile runs once, now. */
  sleep(milliseconds: number): Promise<void>
  /** Sets the wall clock alone, as a person or a time server does. */
  jump(milliseconds: number): void
}

interface Due {
  at: number
  run: () => void
}

export function createTestClock(start = Date.UTC(2026, 10, 20, 12)): TestClock {
  let wall = start
  let passed = 0
  const waiting = new Set<Due>()

  async function runUntil(end: number): Promise<void> {
    for (;;) {
      const next = [...waiting].filter((due) => due.at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      passOn(next.at)
      waiting.delete(next)
      next.run()
      await new Promise((resolve) => setImmediate(resolve))
    }
    passOn(end)
  }

  function passOn(to: number): void {
    const span = Math.max(0, to - passed)
    wall += span
    passed += span
  }

  return {
    now: () => Instant.parse(wall),
    monotonic: () => passed,
    after(milliseconds, run) {
      const due = { at: passed + Math.max(1, milliseconds), run }
      waiting.add(due)
      return () => waiting.delete(due)
    },
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    advance: (milliseconds) => runUntil(passed + milliseconds),
    async sleep(milliseconds) {
      passOn(passed + milliseconds)
      await runUntil(passed)
    },
    jump(milliseconds) {
      wall += milliseconds
    },
  }
}
