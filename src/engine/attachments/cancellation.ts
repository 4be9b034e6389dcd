// A way to call off what is under way, for those who have no AbortController: the engine knows no such thing.

import type { Cancellation } from '../ports.ts'

export function createCancellation(): { cancellation: Cancellation; cancel(): void } {
  const listeners = new Set<() => void>()
  let aborted = false
  return {
    cancellation: {
      get aborted() {
        return aborted
      },
      addEventListener: (_event, run) => void listeners.add(run),
      removeEventListener: (_event, run) => void listeners.delete(run),
    },
    cancel() {
      if (aborted) return
      aborted = true
      for (const run of [...listeners]) run()
    },
  }
}
