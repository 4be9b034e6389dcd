// One thing at a time: work that must not overlap waits for what was asked before it.

export interface Queue {
  /** Runs work after all that was asked before; a failure is its own and stops nobody behind it. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Settles when nothing is left. */
  idle(): Promise<void>
}

export function createQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run(work) {
      const mine = last.then(work)
      last = mine.catch(() => undefined)
      return mine
    },
    async idle() {
      let seen: Promise<unknown>
      do {
        seen = last
        await seen
      } while (seen !== last)
    },
  }
}
