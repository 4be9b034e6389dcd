// The app's lock: a passphrase that comes, changes and goes, each time as a fresh item in the keychain [E9] [E10].

import type { Random } from '../engine/ports.ts'
import { type Answer, answer, refuse } from '../shared/answer.ts'
import type { Handlers } from '../shared/api.ts'
import type { AppLock, Recovery } from '../shared/model.ts'
import type { Keychain } from './keychain.ts'
import { PASSPHRASE_COST } from './passphrase.ts'
import { type ProfileMark, readMark, writeMark } from './profile-files.ts'
import type { ProfileFolder } from './profile-folder.ts'
import { carryGeneration, forgetKey, keepKey, readBareKey, readWrappedKey } from './profile-key.ts'
import type { Secret } from './secret.ts'
import type { Tries } from './tries.ts'

export interface AppLockParts {
  folder: ProfileFolder
  keychain: Keychain
  random: Random
  tries: Tries
  recovery(): Recovery
  changed(lock: AppLock): void
  /** scrypt's N; left out: what is right for people. */
  cost?: number | undefined
}

type LockCall = 'setPassphrase' | 'changePassphrase' | 'removePassphrase' | 'setIdleLock'

export interface Lock {
  state(): AppLock
  /** For an open profile. One after the other. */
  handlers: Pick<Handlers, LockCall>
  /** The key that a passphrase opens; counts as a try. */
  open(passphrase: string): Promise<Answer<Secret>>
  /**
   * Puts a key into the keychain under a fresh name, wrapped if there is a passphrase, and commits to it by writing the
   * mark. The generation goes along where it can be read.
   */
  keep(key: Secret, passphrase: string | undefined): Promise<Answer<ProfileMark>>
  /** Takes out of the keychain what is not to open the database any more. What fails is tried again the next time. */
  clear(): Promise<void>
}

/** Minutes, where a passphrase was just set. */
const FIRST_IDLE_MINUTES = 5

export function createAppLock(parts: AppLockParts): Lock {
  const { folder, keychain, random, tries, recovery, changed, cost = PASSPHRASE_COST } = parts

  function state(): AppLock {
    const lock = readMark(folder)?.lock
    return { passphrase: lock !== undefined, idleMinutes: lock?.idleMinutes ?? null }
  }

  async function keep(key: Secret, passphrase: string | undefined): Promise<Answer<ProfileMark>> {
    const before = readMark(folder)
    const wrapping = passphrase === undefined ? undefined : { passphrase, cost }
    const kept = await keepKey(folder, keychain, random, key, wrapping)
    if (!kept.ok) return kept
    const carried = before && (await carryGeneration(folder, keychain, before.key, kept.value))
    if (carried?.ok === false) return carried
    const mark = markAfter(before, kept.value, passphrase !== undefined)
    // From here on the new item counts; what is left of the old one opens nothing that it should not once it is cleared.
    writeMark(folder, mark)
    return answer(mark)
  }

  async function clear(): Promise<void> {
    const mark = readMark(folder)
    if (mark?.obsolete === undefined) return
    for (const key of mark.obsolete) {
      const removed = await forgetKey(folder, keychain, key)
      if (!removed.ok) return
    }
    const { obsolete: _, ...rest } = mark
    writeMark(folder, rest)
  }

  async function open(passphrase: string): Promise<Answer<Secret>> {
    return tries.make(async () => {
      const mark = readMark(folder)
      if (mark === undefined) return refuse('database-damaged', 'profile.json is missing or not as it was written')
      return readWrappedKey(folder, mark, keychain, passphrase)
    })
  }

  async function keepAnew(read: () => Promise<Answer<Secret>>, passphrase: string | undefined): Promise<Answer<null>> {
    const key = await read()
    if (!key.ok) return key
    const mark = await keep(key.value, passphrase)
    key.value.forget()
    if (!mark.ok) return mark
    await clear()
    changed(state())
    return answer(null)
  }

  return {
    state,
    keep,
    clear,
    open,
    handlers: {
      setPassphrase: async ({ passphrase }) => {
        const mark = readMark(folder)
        if (mark === undefined) return refuse('keychain-changed')
        if (mark.lock !== undefined) return refuse('already-so')
        if (recovery() !== 'confirmed') return refuse('recovery-code-first')
        return keepAnew(() => readBareKey(folder, mark, keychain), passphrase)
      },
      changePassphrase: async ({ old, passphrase }) => {
        if (!state().passphrase) return refuse('no-passphrase')
        return keepAnew(() => open(old), passphrase)
      },
      removePassphrase: async ({ passphrase }) => {
        if (!state().passphrase) return refuse('no-passphrase')
        return keepAnew(() => open(passphrase), undefined)
      },
      setIdleLock: async ({ minutes }) => {
        const mark = readMark(folder)
        if (mark?.lock === undefined) return refuse('no-passphrase')
        writeMark(folder, { ...mark, lock: { idleMinutes: minutes } })
        changed(state())
        return answer(null)
      },
    },
  }
}

/** An item that lay bare, or under a passphrase that may be known, is not to lie there any longer than it must. */
function markAfter(before: ProfileMark | undefined, key: string, locked: boolean): ProfileMark {
  const obsolete = before && (locked || before.lock) ? [...(before.obsolete ?? []), before.key] : before?.obsolete
  return {
    version: 1,
    key,
    ...(locked ? { lock: { idleMinutes: before?.lock ? before.lock.idleMinutes : FIRST_IDLE_MINUTES } } : {}),
    ...(obsolete === undefined ? {} : { obsolete }),
    ...(before?.folder === undefined ? {} : { folder: before.folder }),
  }
}
