// The clock of what is on the screen: rerenders a component every so often.

import { useEffect, useState } from 'react'
import type { Instant } from '../../shared/ids.ts'

/** Milliseconds since 1970, renewed every `every` milliseconds. */
export function useNow(every: number): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every)
    return () => clearInterval(timer)
  }, [every])
  return now
}

/** Milliseconds from now; less than none: before. */
export function instantIn(milliseconds: number): Instant {
  return (Date.now() + milliseconds) as Instant
}

export const MINUTE = 60_000
export const SECOND = 1_000
