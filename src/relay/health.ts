// Health: whether this relay can do its work now, for which it needs its store and, where several share one, their bell.

import type { Bell } from './bell.ts'
import type { Clock } from './ports.ts'
import type { RelayStore } from './store.ts'

/** Milliseconds. Whoever asks decides where people go next: a store that takes longer is as good as none. */
export const WELL_WITHIN = 2_000

export interface HealthParts {
  store: Pick<RelayStore, 'reach'>
  bell: Pick<Bell, 'isHeard'>
  clock: Clock
}

/** What it returns never rejects. However many ask at once, the store is asked once. */
export function createHealth({ store, bell, clock }: HealthParts): () => Promise<boolean> {
  let reaching: Promise<boolean> | undefined

  async function reach(): Promise<boolean> {
    try {
      await store.reach()
      return true
    } catch {
      return false
    } finally {
      reaching = undefined
    }
  }

  return async () => {
    if (!bell.isHeard()) return false
    reaching ??= reach()
    const reached = reaching
    return new Promise((resolve) => {
      const cancel = clock.after(WELL_WITHIN, () => resolve(false))
      reached.then(resolve, () => resolve(false)).finally(cancel)
    })
  }
}
