// Killed at random, all three at once: the relay and both messengers, in whatever they are doing, starting included.
//
//   SOTTO_CRASH_KILLS=500   more kills than the 40 of every run
//   SOTTO_CRASH_SEED=1      the same victims and pauses again (what they meet is up to the machine)

import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { CrashWorld } from './crash-world.ts'

const KILLS = Number(process.env.SOTTO_CRASH_KILLS ?? 40)
const SEED = Number(process.env.SOTTO_CRASH_SEED ?? randomInt(2 ** 31))
/** Each of the two says so many. */
const TEXTS = 300
/** Milliseconds from one kill to the next: from the first moments of a process to well into its work. */
const SHORTEST = 20
const LONGEST = 900

let world: CrashWorld | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

test(`[P51][P52][P80][P81][P82] a conversation with kill -9 at random (seed ${SEED})`, {
  timeout: 240_000 + KILLS * 3_000,
}, async () => {
  world = await CrashWorld.create()
  const [alice, bob] = await world.couple('Alice', 'Bob')
  const victims = [alice.process, bob.process, world.relay] as const
  const dice = seeded(SEED)
  for (let kill = 1; kill <= KILLS; kill++) {
    const upTo = Math.round((TEXTS * kill) / KILLS)
    const talking = Promise.all([alice.sayUpTo(bob, upTo), bob.sayUpTo(alice, upTo)])
    // Handled here even if a kill below fails first.
    talking.catch(() => undefined)
    await pause(SHORTEST + dice() * (LONGEST - SHORTEST))
    // Now and then more than one of them.
    await Promise.all(victims.filter((_, index) => index === kill % 3 || dice() < 0.2).map((victim) => victim.kill()))
    await talking
  }
  await world.settles(alice, bob, TEXTS)
  expect(victims.reduce((deaths, victim) => deaths + victim.deaths, 0)).toBeGreaterThanOrEqual(KILLS)
  expect(world.tap.ciphertexts()).toBeGreaterThanOrEqual(2 * TEXTS)
  await world.endsWell()
})

/** Mulberry32: numbers from 0 up to but not 1, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
