// The clock where platforms differ from what one expects: timers longer than they hold, and wall clocks that jump.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/host/clock.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const DAY = 86_400_000

test('[F42] a timer of forty days goes off after forty days, and not at once', () => {
  const run = vi.fn()
  systemClock.after(40 * DAY, run)
  vi.advanceTimersByTime(40 * DAY - 1)
  expect(run).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(run).toHaveBeenCalledOnce()
})

test('[F42] one that was called off never goes off, however far it was', () => {
  const run = vi.fn()
  const callOff = systemClock.after(40 * DAY, run)
  vi.advanceTimersByTime(30 * DAY)
  callOff()
  vi.advanceTimersByTime(30 * DAY)
  expect(run).not.toHaveBeenCalled()
})

test('[F42] a wall clock that jumps moves neither timers nor what is measured', () => {
  const run = vi.fn()
  systemClock.after(1000, run)
  const began = systemClock.monotonic()
  vi.setSystemTime(Date.now() + 365 * DAY)
  vi.advanceTimersByTime(999)
  expect(run).not.toHaveBeenCalled()
  expect(systemClock.monotonic() - began).toBe(999)
})

test('nothing runs at once', () => {
  const run = vi.fn()
  systemClock.after(0, run)
  systemClock.after(-5, run)
  expect(run).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(run).toHaveBeenCalledTimes(2)
})
