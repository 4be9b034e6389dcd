// Tries at a passphrase: counted on the disk, so that wrong ones make the next wait longer and longer [E11].

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../engine/ports.ts'
import { type Answer, refuse } from '../shared/answer.ts'
import { Instant } from '../shared/ids.ts'
import type { ProfileFolder } from './profile-folder.ts'
import { writeWhole } from './write-whole.ts'

const File = z.strictObject({ version: z.literal(1), wrong: z.int().min(0), last: Instant })
type Tried = z.infer<typeof File>

/** Mistakes of the fingers cost nothing. */
const FREE = 3
/** Milliseconds after the first that is not free; each one after doubles it, up to the longest. */
const FIRST_PAUSE = 5_000
const LONGEST_PAUSE = 600_000

export interface Tries {
  /** When the next may be made; null: now. */
  next(): Instant | null
  /**
   * Makes a try, one after the other. Refused with too-many-tries while one has to wait. A refusal other than
   * wrong-passphrase was no try.
   */
  make<T>(attempt: () => Promise<Answer<T>>): Promise<Answer<T>>
  /** Begins to count anew. */
  forget(): void
}

/**
 * What a program that has the files could do anyway, it can do here too: take the count away, or the whole profile with it.
 * Against that the passphrase is derived slowly; this is for hands on a keyboard.
 */
export function createTries(folder: ProfileFolder, clock: Clock): Tries {
  const file = join(folder.path, 'tries.json')
  let before: Promise<unknown> = Promise.resolve()

  function read(): Tried | undefined {
    try {
      return File.parse(JSON.parse(readFileSync(file, 'utf8')))
    } catch {
      return undefined
    }
  }

  /** In milliseconds. A clock that was set back does not make anybody wait longer than once more. */
  function left(): number {
    const tried = read()
    if (tried === undefined) return 0
    const now = clock.now()
    if (tried.last > now) write({ ...tried, last: now })
    return Math.max(0, pauseAfter(tried.wrong) - Math.max(0, now - tried.last))
  }

  function write(tried: Tried): void {
    writeWhole(file, JSON.stringify(tried))
  }

  function forget(): void {
    rmSync(file, { force: true })
  }

  function next(): Instant | null {
    const pause = left()
    return pause === 0 ? null : Instant.parse(clock.now() + pause)
  }

  async function make<T>(attempt: () => Promise<Answer<T>>): Promise<Answer<T>> {
    const pause = left()
    if (pause > 0) return refuse('too-many-tries', undefined, pause)
    const tried = read()
    const wrong = (tried?.wrong ?? 0) + 1
    // Counted before it is known how it ends: whoever kills the app in between gains nothing.
    write({ version: 1, wrong, last: clock.now() })
    const outcome = await attempt()
    if (outcome.ok) forget()
    else if (outcome.failure.code === 'wrong-passphrase') {
      const wait = pauseAfter(wrong)
      return wait === 0 ? outcome : refuse('wrong-passphrase', undefined, wait)
    } else if (tried === undefined) forget()
    else write(tried)
    return outcome
  }

  return {
    next,
    forget,
    make: (attempt) => {
      const made = before.then(() => make(attempt))
      before = made.catch(() => {})
      return made
    },
  }
}

function pauseAfter(wrong: number): number {
  if (wrong <= FREE) return 0
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (wrong - FREE - 1))
}
