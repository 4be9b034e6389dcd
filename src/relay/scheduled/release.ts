// Releases: what is scheduled goes into its mailboxes when it is due, by whichever relay looks first.

import type { AccountId, Instant } from '../../shared/ids.ts'
import type { Bell } from '../bell.ts'
import type { Clock, Log } from '../ports.ts'
import type { ScheduleStore } from './contract.ts'

/** In milliseconds: other relays schedule too, some of them fail, and clocks are set. */
export const LOOK_ANYWAY_EVERY = 60_000
const TRY_AGAIN_AFTER = 5_000
const ACCOUNTS_AT_ONCE = 50
const SUBMISSIONS_AT_ONCE = 100

export interface Releases {
  /** From now on. */
  start(): void
  /** Something was scheduled here. */
  scheduled(due: Instant): void
  /** When nothing is under way any more. */
  close(): Promise<void>
}

export interface ReleaseParts {
  store: ScheduleStore
  bell: Bell
  clock: Clock
  log: Log
}

export function createReleases({ store, bell, clock, log }: ReleaseParts): Releases {
  let closed = false
  let wakesAt = Number.POSITIVE_INFINITY
  let callOff = () => {}
  let looking: Promise<void> = Promise.resolve()

  function wakeBy(due: number): void {
    if (closed || due >= wakesAt) return
    callOff()
    wakesAt = due
    callOff = clock.after(Math.min(Math.max(due - clock.now(), 1), LOOK_ANYWAY_EVERY), look)
  }

  function look(): void {
    wakesAt = Number.POSITIVE_INFINITY
    looking = looking.then(releaseAll).then(
      (next) => wakeBy(next),
      (error: unknown) => {
        log.warn('release failed', { error: error instanceof Error ? error.name : 'unknown' })
        wakeBy(clock.now() + TRY_AGAIN_AFTER)
      },
    )
  }

  /** When to look again. */
  async function releaseAll(): Promise<number> {
    let released = 1
    while (!closed && released > 0) {
      const now = clock.now()
      const accounts = await store.accountsDue(now, ACCOUNTS_AT_ONCE)
      const counts = await Promise.all(accounts.map((account) => release(account, now)))
      released = counts.reduce((sum, count) => sum + count, 0)
    }
    return (await store.nextDue()) ?? clock.now() + LOOK_ANYWAY_EVERY
  }

  async function release(account: AccountId, now: Instant): Promise<number> {
    const placed = await store.releaseDue(account, now, SUBMISSIONS_AT_ONCE)
    for (const one of placed) bell.ring({ account, device: one.device }, { kind: 'mail', placed: one })
    return placed.length
  }

  return {
    start: look,
    scheduled: wakeBy,
    close: () => {
      closed = true
      callOff()
      return looking
    },
  }
}
