// Fetches what is not on a first screen: when that is drawn and there is nothing else to do, or when somebody is quicker.

import { useEffect } from 'react'
import { create } from 'zustand'

export type Rest = typeof import('./rest.ts')

/** missing: somebody wants it, and it cannot be had. */
type Fetched = { state: 'away' } | { state: 'coming' } | { state: 'here'; rest: Rest } | { state: 'missing' }

/** Milliseconds: for the first screen to be seen, and how long a window that never comes to rest is waited for then. */
const DRAWING = 200
const PATIENCE = 1_000

export const useRest = create<Fetched>(() => ({ state: 'away' }))

/** For whoever wants it now: fetched ahead, it may fail silently, and is fetched again when it is wanted. */
export async function fetchRest(how: 'ahead' | 'wanted' = 'wanted'): Promise<void> {
  const { state } = useRest.getState()
  if (state === 'coming' || state === 'here') return
  // Who is told that it is missing says when it is tried again.
  if (state === 'missing' && how === 'ahead') return
  useRest.setState({ state: 'coming' }, true)
  try {
    useRest.setState({ state: 'here', rest: await import('./rest.ts') }, true)
  } catch {
    useRest.setState({ state: how === 'ahead' ? 'away' : 'missing' }, true)
  }
}

export function useRestAhead(isDrawn: boolean): void {
  useEffect(() => {
    if (!isDrawn) return
    const timer = setTimeout(() => requestIdleCallback(() => void fetchRest('ahead'), { timeout: PATIENCE }), DRAWING)
    return () => clearTimeout(timer)
  }, [isDrawn])
}
