// When the app locks by itself: nobody at the computer, asleep, or behind the system's own lock.

import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, test } from 'vitest'
import { type AutoLock, watchForLeaving } from '../../src/main/auto-lock.ts'
import { createTestClock, type TestClock } from '../clock.ts'

/** As Electron's powerMonitor tells it; the story moves it. */
class Power extends EventEmitter {
  idleSeconds = 0
  state: 'active' | 'locked' = 'active'
  getSystemIdleTime = () => this.idleSeconds
  getSystemIdleState = () => this.state
}

let power: Power
let locks: number
let autoLock: AutoLock
let clock: TestClock
beforeEach(() => {
  clock = createTestClock()
  power = new Power()
  locks = 0
  const lock = () => {
    locks += 1
  }
  autoLock = watchForLeaving({ power, clock, lock })
  autoLock.follow({ passphrase: true, idleMinutes: 5 })
  autoLock.setOpen(true)
})

describe('[E14] the app locks by itself', () => {
  test('after so many minutes without anybody, and not before', async () => {
    power.idleSeconds = 299
    await clock.advance(20_000)
    expect(locks).toBe(0)
    power.idleSeconds = 300
    await clock.advance(20_000)
    expect(locks).toBeGreaterThan(0)
  })

  test.each(['suspend', 'lock-screen'])('at %s', (event) => {
    power.emit(event)
    expect(locks).toBe(1)
  })

  test('where the system says no more than that the screen is locked', async () => {
    autoLock.follow({ passphrase: true, idleMinutes: null })
    power.idleSeconds = 86_400
    await clock.advance(20_000)
    expect(locks).toBe(0)
    power.state = 'locked'
    await clock.advance(20_000)
    expect(locks).toBeGreaterThan(0)
  })

  test('not without a passphrase to open it again, and not twice', async () => {
    autoLock.follow({ passphrase: false, idleMinutes: null })
    power.emit('suspend')
    power.state = 'locked'
    await clock.advance(20_000)
    expect(autoLock.isArmed()).toBe(false)
    autoLock.follow({ passphrase: true, idleMinutes: 1 })
    autoLock.setOpen(false)
    power.emit('lock-screen')
    await clock.advance(20_000)
    expect(locks).toBe(0)
  })
})
