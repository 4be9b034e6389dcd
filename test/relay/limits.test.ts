// Limits: so many at once, so many more each second, and nobody else pays for it.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLimit } from '../../src/relay/limits.ts'
import { createTestClock } from './clock.ts'

test('[P36][P58] never more than the burst and what was refilled since, and never less', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 60 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 5 }), waits, (burst, perSecond, pauses) => {
      const clock = createTestClock()
      const limit = createLimit(clock, { burst, perSecond }, 10)
      let tokens = burst
      for (const pause of pauses) {
        clock.advance(pause)
        tokens = Math.min(burst, tokens + (pause * perSecond) / 1000)
        const wait = limit.take('alice')
        // Thousandths add up to nearly one: on the edge either answer is right.
        if (Math.abs(tokens - 1) < 1e-9) tokens = wait === 0 ? 0 : tokens
        else {
          expect(wait === 0).toBe(tokens >= 1)
          if (wait === 0) tokens -= 1
          else expect(Math.abs(wait - ((1 - tokens) / perSecond) * 1000)).toBeLessThanOrEqual(1.001)
        }
      }
    }),
  )
})

test('waiting as long as it says is long enough', () => {
  const clock = createTestClock()
  const limit = createLimit(clock, { burst: 6, perSecond: 6 / 600 }, 10)
  for (let taken = 0; taken < 6; taken++) expect(limit.take('alice')).toBe(0)
  const wait = limit.take('alice')
  expect(wait).toBe(100_000)
  clock.advance(wait)
  expect(limit.take('alice')).toBe(0)
})

test('[P36] with its memory full it refuses who is new, until it may forget somebody', () => {
  const clock = createTestClock()
  const limit = createLimit(clock, { burst: 2, perSecond: 1 }, 2)
  expect([limit.take('alice'), limit.take('bob')]).toEqual([0, 0])
  expect(limit.take('mallory')).toBeGreaterThan(0)
  expect(limit.take('bob')).toBe(0)
  clock.advance(2000)
  expect(limit.take('mallory')).toBe(0)
})
