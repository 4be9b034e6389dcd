// The clock of what is on the screen: rerenders a component every so often.

import { useEffect, useState } from 'react'

/** Milliseconds since 1970, renewed every `every` milliseconds. */
export function useNow(every: number): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every)
    return () => clearInterval(timer)
  }, [every])
  return now
}

export const MINUTE = 60_000
export const SECOND = 1_000
