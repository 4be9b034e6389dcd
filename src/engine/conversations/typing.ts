// Who is typing: known for five seconds, never stored [P64].

import type { AccountId } from '../../shared/ids.ts'
import type { Clock } from '../ports.ts'

/** Milliseconds a notice lasts, and the least between two of ours to the same person. */
const LASTS = 5_000
const PAUSE = 3_000

export interface Typing {
  isTyping(account: AccountId): boolean
  heard(account: AccountId, active: boolean): void
  /** Whether a notice may go out now; if so, it counts as sent. */
  mayTell(account: AccountId, active: boolean): boolean
  stop(): void
}

export function createTyping(clock: Clock, changed: (account: AccountId) => void): Typing {
  const ends = new Map<AccountId, () => void>()
  const told = new Map<AccountId, { active: boolean; at: number }>()

  function end(account: AccountId): void {
    ends.get(account)?.()
    if (ends.delete(account)) changed(account)
  }

  return {
    isTyping: (account) => ends.has(account),
    heard(account, active) {
      if (!active) return end(account)
      const callOff = ends.get(account)
      callOff?.()
      ends.set(
        account,
        clock.after(LASTS, () => end(account)),
      )
      if (callOff === undefined) changed(account)
    },
    mayTell(account, active) {
      const last = told.get(account)
      const now = clock.monotonic()
      if (!active && last?.active !== true) return false
      if (active && last?.active === true && now - last.at < PAUSE) return false
      told.set(account, { active, at: now })
      return true
    },
    stop() {
      for (const callOff of ends.values()) callOff()
      ends.clear()
    },
  }
}
