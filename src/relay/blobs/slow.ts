// Patience with whoever sends or takes a blob: half a minute, and a millisecond more for each byte that came or went [P152].

import type { Clock } from '../ports.ts'

const PATIENCE = 30_000

export interface SlowWatch {
  /** Waits for the other side, and cuts it off if that takes too long. Time that is not spent here is ours. */
  wait<T>(theirs: Promise<T>): Promise<T>
  moved(bytes: number): void
}

export function watchSlow(clock: Clock, cut: () => void): SlowWatch {
  let patience = PATIENCE
  return {
    wait: async (theirs) => {
      const began = clock.monotonic()
      const callOff = clock.after(patience, cut)
      try {
        return await theirs
      } finally {
        callOff()
        patience = Math.max(1, patience - (clock.monotonic() - began))
      }
    },
    moved: (bytes) => {
      patience += bytes
    },
  }
}
