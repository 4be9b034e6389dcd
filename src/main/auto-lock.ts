// Locks the app when nobody is at the computer: idle for as long as the person chose, asleep, or behind the system's lock.

import type { Clock } from '../engine/ports.ts'
import type { AppLock } from '../shared/model.ts'

/** Electron's powerMonitor, as far as it matters. */
export interface Power {
  on(event: 'suspend', run: () => void): unknown
  on(event: 'lock-screen', run: () => void): unknown
  /** In seconds. */
  getSystemIdleTime(): number
  getSystemIdleState(idleAfterSeconds: number): 'active' | 'idle' | 'locked' | 'unknown'
}

export interface AutoLockParts {
  power: Power
  clock: Pick<Clock, 'after'>
  lock(): void
}

export interface AutoLock {
  /** The lock as it is now. */
  follow(lock: AppLock): void
  /** Whether the profile is open: there is nothing to lock else. */
  setOpen(open: boolean): void
  /** Whether there is something to lock, and a passphrase to open it again. */
  isArmed(): boolean
}

/** Milliseconds between two looks: the system tells nobody that a person has gone. */
const LOOK_EVERY = 5_000
/** Seconds, for a question that is only about the screen: a person is there or not, whatever this says. */
const ANY_IDLE_TIME = 3_600

export function watchForLeaving({ power, clock, lock }: AutoLockParts): AutoLock {
  let row: AppLock = { passphrase: false, idleMinutes: null }
  let open = false
  const isArmed = (): boolean => open && row.passphrase
  const leave = (): void => {
    if (isArmed()) lock()
  }
  power.on('suspend', leave)
  power.on('lock-screen', leave)

  const look = (): void => {
    clock.after(LOOK_EVERY, look)
    if (!isArmed()) return
    const idle = row.idleMinutes !== null && power.getSystemIdleTime() >= row.idleMinutes * 60
    // On Linux no event tells of a locked screen.
    if (idle || power.getSystemIdleState(ANY_IDLE_TIME) === 'locked') lock()
  }
  clock.after(LOOK_EVERY, look)

  return {
    isArmed,
    follow: (next) => {
      row = next
    },
    setOpen: (now) => {
      open = now
    },
  }
}
