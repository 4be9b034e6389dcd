// Patience: how long the relay waits for a device, and when it asks whether it is still there [P6].

import type { Clock } from './ports.ts'

/** In milliseconds. */
export const PING_EVERY = 20_000
export const LONGEST_SILENCE = 45_000
export const HELLO_WITHIN = 10_000
export const AUTHENTICATED_WITHIN = 30_000

/** All are looked at together, and not more often than this: where there are very many, one is due all the time. */
const LOOK_EVERY = 1_000

export interface Watched {
  hasSaidHello(): boolean
  /** Or has another reason to be there. */
  isAuthenticated(): boolean
  ping(): void
  /** Patience is at its end; nothing is watched any more. */
  cut(why: string): void
}

export interface Patience {
  /** Begins now. */
  watch(watched: Watched): Watch
  stop(watch: Watch): void
}

/** With one timer for all connections. */
export function createPatience(clock: Clock): Patience {
  const watches = new Set<Watch>()
  let lookAt = Number.POSITIVE_INFINITY
  let cancel = () => {}

  function lookBy(at: number, now: number): void {
    if (at >= lookAt) return
    cancel()
    lookAt = at
    cancel = clock.after(at - now, look)
  }

  function look(): void {
    const now = clock.monotonic()
    let next = Number.POSITIVE_INFINITY
    for (const watch of watches) {
      const due = watch.look(now)
      if (due === 'cut') watches.delete(watch)
      else next = Math.min(next, due)
    }
    lookAt = Number.POSITIVE_INFINITY
    if (watches.size > 0) lookBy(Math.max(next, now + LOOK_EVERY), now)
  }

  return {
    watch: (watched) => {
      const now = clock.monotonic()
      const watch = new Watch(watched, clock, now)
      watches.add(watch)
      lookBy(now + HELLO_WITHIN, now)
      return watch
    },
    stop: (watch) => {
      watches.delete(watch)
      if (watches.size > 0) return
      cancel()
      lookAt = Number.POSITIVE_INFINITY
    },
  }
}

/** One for each connection: small. */
export class Watch {
  readonly #watched: Watched
  readonly #clock: Clock
  readonly #openedAt: number
  #heardAt: number
  #pingedAt: number

  constructor(watched: Watched, clock: Clock, now: number) {
    this.#watched = watched
    this.#clock = clock
    this.#openedAt = now
    this.#heardAt = now
    this.#pingedAt = now
  }

  /** A sign of life. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic()
  }

  /** When to look again. */
  look(now: number): number | 'cut' {
    const silentAt = this.#heardAt + LONGEST_SILENCE
    const helloBy = this.#watched.hasSaidHello() ? Number.POSITIVE_INFINITY : this.#openedAt + HELLO_WITHIN
    const provenBy = this.#watched.isAuthenticated() ? Number.POSITIVE_INFINITY : this.#openedAt + AUTHENTICATED_WITHIN
    if (silentAt <= now) return this.#cut('silent')
    if (helloBy <= now) return this.#cut('no hello')
    if (provenBy <= now) return this.#cut('not authenticated')
    if (now - this.#pingedAt >= PING_EVERY) {
      this.#pingedAt = now
      this.#watched.ping()
    }
    return Math.min(this.#pingedAt + PING_EVERY, silentAt, helloBy, provenBy)
  }

  #cut(why: string): 'cut' {
    this.#watched.cut(why)
    return 'cut'
  }
}
