// Patience: how long the relay waits for a device, and when it asks whether it is still there [P6].

import type { Clock } from './ports.ts'

/** In milliseconds. */
export const PING_EVERY = 20_000
export const LONGEST_SILENCE = 45_000
export const HELLO_WITHIN = 10_000
export const AUTHENTICATED_WITHIN = 30_000

export interface Watched {
  hasSaidHello(): boolean
  /** Or has another reason to be there. */
  isAuthenticated(): boolean
  ping(): void
  /** Patience is at its end; nothing is watched any more. */
  cut(why: string): void
}

export interface Patience {
  /** A sign of life. */
  heard(): void
  stop(): void
}

/** Begins now. */
export function watch(clock: Clock, watched: Watched): Patience {
  const openedAt = clock.monotonic()
  let heardAt = openedAt
  let pingedAt = openedAt
  let cancel = () => {}

  /** What has to happen until when. */
  function deadlines(): { at: number; why: string }[] {
    const found = [{ at: heardAt + LONGEST_SILENCE, why: 'silent' }]
    if (!watched.hasSaidHello()) found.push({ at: openedAt + HELLO_WITHIN, why: 'no hello' })
    if (!watched.isAuthenticated()) found.push({ at: openedAt + AUTHENTICATED_WITHIN, why: 'not authenticated' })
    return found
  }

  function look(): void {
    const now = clock.monotonic()
    const missed = deadlines().find(({ at }) => at <= now)
    if (missed !== undefined) {
      watched.cut(missed.why)
      return
    }
    if (now - pingedAt >= PING_EVERY) {
      pingedAt = now
      watched.ping()
    }
    const next = Math.min(pingedAt + PING_EVERY, ...deadlines().map(({ at }) => at))
    cancel = clock.after(Math.max(1, next - now), look)
  }

  look()
  return {
    heard: () => {
      heardAt = clock.monotonic()
    },
    stop: () => cancel(),
  }
}
