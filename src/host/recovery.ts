// Recovery: a code shown once and confirmed, kept beside the database as the key it wraps, and the way back in with it.

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../engine/ports.ts'
import { type Answer, answer, refuse } from '../shared/answer.ts'
import type { Handlers } from '../shared/api.ts'
import type { Recovery } from '../shared/model.ts'
import type { ProfileFolder } from './profile-folder.ts'
import { makeCode, readCode, showCode, unwrapKey, WrappedKey, wrapKey } from './recovery-code.ts'
import type { Secret } from './secret.ts'
import { writeWhole } from './write-whole.ts'

export interface RecoveryParts {
  folder: ProfileFolder
  random: Random
  /** The key of the open database, from the keychain: it is not kept in memory for this. With the passphrase if it has one. */
  readKey(passphrase: string | undefined): Promise<Answer<Secret>>
  changed(recovery: Recovery): void
}

export interface RecoveryCode {
  state(): Recovery
  handlers: Pick<Handlers, 'revealRecoveryCode' | 'confirmRecoveryCode' | 'checkRecoveryCode'>
  /** The key that a typed code opens; refused as wrong-code. */
  unlock(typed: string): Answer<Secret>
  /** What lies on the disk, if the person has kept its code. */
  wrapped(): WrappedKey | undefined
  /** Of a backup: the person has just typed its code. */
  take(wrapped: Omit<WrappedKey, 'confirmed'>): void
  forget(): void
}

export function createRecovery({ folder, random, readKey, changed }: RecoveryParts): RecoveryCode {
  // Shown and not confirmed yet: known to this process alone, until then.
  let shown: string[] | undefined

  function read(): WrappedKey | undefined {
    try {
      return WrappedKey.parse(JSON.parse(readFileSync(fileOf(folder), 'utf8')))
    } catch {
      return undefined
    }
  }

  function unlock(typed: string): Answer<Secret> {
    const wrapped = read()
    const code = readCode(typed)
    const key = wrapped && code && unwrapKey(wrapped, code)
    code?.forget()
    return key === undefined ? refuse('wrong-code') : answer(key)
  }

  return {
    state: () => (read()?.confirmed === true ? 'confirmed' : 'unconfirmed'),
    unlock,
    wrapped: () => {
      const wrapped = read()
      return wrapped?.confirmed === true ? wrapped : undefined
    },
    take: (wrapped) => writeWhole(fileOf(folder), JSON.stringify({ ...wrapped, confirmed: true })),
    forget: () => rmSync(fileOf(folder), { force: true }),
    handlers: {
      revealRecoveryCode: async ({ passphrase }) => {
        // A code that somebody keeps on paper is not replaced by one that only a page gone bad has seen.
        if (read()?.confirmed === true) return refuse('already-so')
        if (shown !== undefined) return answer({ groups: shown })
        const key = await readKey(passphrase)
        if (!key.ok) return key
        // Asked twice at once: both see the same code.
        if (shown !== undefined) {
          key.value.forget()
          return answer({ groups: shown })
        }
        const code = makeCode(random)
        // On the disk before anybody sees it: a code on paper that opens nothing would be worse than none.
        writeWhole(fileOf(folder), JSON.stringify(wrapKey(key.value, code, random)))
        key.value.forget()
        shown = showCode(code)
        code.forget()
        changed('unconfirmed')
        return answer({ groups: shown })
      },
      confirmRecoveryCode: async ({ third, seventh }) => {
        const wrapped = read()
        if (wrapped?.confirmed === true) return refuse('already-so')
        if (shown === undefined || wrapped === undefined) return refuse('wrong-code', 'none was shown')
        const [, , expectedThird, , , , expectedSeventh] = shown
        if (tidy(third) !== expectedThird || tidy(seventh) !== expectedSeventh) return refuse('wrong-code')
        writeWhole(fileOf(folder), JSON.stringify({ ...wrapped, confirmed: true }))
        shown = undefined
        changed('confirmed')
        return answer(null)
      },
      checkRecoveryCode: async ({ code }) => {
        const key = unlock(code)
        if (!key.ok) return key
        key.value.forget()
        return answer(null)
      },
    },
  }
}

/** As readCode takes it, for one group. */
function tidy(group: string): string {
  return group.trim().toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1')
}

function fileOf(folder: ProfileFolder): string {
  return join(folder.path, 'recovery.json')
}
