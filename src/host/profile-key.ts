// The key of a profile's database and the number beside it: how they lie in the keychain.

import type { Generation, Random } from '../engine/ports.ts'
import { type Answer, answer, refuse } from '../shared/answer.ts'
import type { Keychain } from './keychain.ts'
import type { ProfileFolder, ProfileMark } from './profile-folder.ts'
import { Secret } from './secret.ts'

const KEY_BYTES = 32

/**
 * [E2] A fresh key under a fresh name, written, read back and compared. Refused as the keychain refuses, and with
 * keychain-changed if it gives back something else. Nothing of the profile has been written by then.
 */
export async function makeKey(folder: ProfileFolder, keychain: Keychain, random: Random): Promise<Answer<ProfileMark>> {
  return keepKey(folder, keychain, random, new Secret(random.bytes(KEY_BYTES)))
}

/** The same for a key that there is already: after a recovery. */
export async function keepKey(
  folder: ProfileFolder,
  keychain: Keychain,
  random: Random,
  key: Secret,
): Promise<Answer<ProfileMark>> {
  const mark: ProfileMark = { version: 1, key: random.uuid() }
  const item = key.use((bytes) => new Secret(itemOf(mark, bytes)))
  const account = accountOf(folder, mark, 'database-key')
  const written = await keychain.write(account, item)
  if (!written.ok) return written
  const back = await keychain.read(account)
  if (!back.ok) return back
  const kept = back.value?.equals(item) === true
  item.forget()
  back.value?.forget()
  return kept ? answer(mark) : refuse('keychain-changed', 'the keychain did not keep the key')
}

/** [E3] keychain-changed: the keychain can be read, and our item is not in it, or is another one. */
export async function readKey(folder: ProfileFolder, mark: ProfileMark, keychain: Keychain): Promise<Answer<Secret>> {
  const found = await keychain.read(accountOf(folder, mark, 'database-key'))
  if (!found.ok) return found
  const key = found.value?.use((item) => {
    const bytes = item.slice(-KEY_BYTES)
    const ours = itemOf(mark, bytes)
    return item.length === ours.length && item.every((byte, at) => byte === ours[at]) ? new Secret(bytes) : undefined
  })
  found.value?.forget()
  return key === undefined ? refuse('keychain-changed', 'the key is not in the keychain') : answer(key)
}

/** What a generation that cannot be read or written rejects with. */
export class KeychainRefused extends Error {
  readonly refusal: ReturnType<typeof refuse>
  constructor(refusal: ReturnType<typeof refuse>) {
    super(refusal.failure.code)
    this.name = 'KeychainRefused'
    this.refusal = refusal
  }
}

/** [P83] The generation is an item of its own beside the key. */
export function keychainGeneration(folder: ProfileFolder, mark: ProfileMark, keychain: Keychain): Generation {
  const account = accountOf(folder, mark, 'generation')
  return {
    read: async () => {
      const found = await keychain.read(account)
      if (!found.ok) throw new KeychainRefused(found)
      if (found.value === undefined) return undefined
      const text = found.value.use((bytes) => new TextDecoder().decode(bytes))
      if (!/^\d{1,15}$/.test(text)) throw new Error('the keychain holds something else than a generation')
      return Number(text)
    },
    write: async (generation) => {
      const written = await keychain.write(account, new Secret(new TextEncoder().encode(String(generation))))
      if (!written.ok) throw new KeychainRefused(written)
    },
  }
}

/** People see it in their keychain; several profiles share one. */
function accountOf(folder: ProfileFolder, mark: ProfileMark, item: 'database-key' | 'generation'): string {
  return `${folder.name}/${mark.key}/${item}`
}

/** A format byte, the name of the key, the key: so that an item that was put in another's place is known as such. */
function itemOf(mark: ProfileMark, key: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(1, ...Buffer.from(mark.key.replaceAll('-', ''), 'hex'), ...key)
}
