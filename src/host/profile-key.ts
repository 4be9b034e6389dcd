// The key of a profile's database and the number beside it: how they lie in the keychain.

import type { Generation, Random } from '../engine/ports.ts'
import { type Answer, answer, refuse } from '../shared/answer.ts'
import type { Keychain } from './keychain.ts'
import { unwrapWithPassphrase, wrapWithPassphrase } from './passphrase.ts'
import type { ProfileMark } from './profile-files.ts'
import type { ProfileFolder } from './profile-folder.ts'
import { Secret } from './secret.ts'

const KEY_BYTES = 32
/** The first byte of an item. */
const BARE = 1
const WRAPPED = 2
/** The format and the name of the key come before what an item holds. */
const HEAD_BYTES = 17

/** What makes an item that only a passphrase opens. */
export interface Wrapping {
  passphrase: string
  /** scrypt's N. */
  cost: number
}

/** What was found in the keychain. */
export type KeptKey = { kind: 'bare'; key: Secret } | { kind: 'wrapped'; item: Secret }

/**
 * [E2] A fresh key under a fresh name, written, read back and compared. Refused as the keychain refuses, and with
 * keychain-changed if it gives back something else. Nothing of the profile has been written by then. Answers its name.
 */
export async function makeKey(folder: ProfileFolder, keychain: Keychain, random: Random): Promise<Answer<string>> {
  return keepKey(folder, keychain, random, new Secret(random.bytes(KEY_BYTES)))
}

/** The same for a key that there is already: after a recovery, or when a passphrase comes, changes or goes. */
export async function keepKey(
  folder: ProfileFolder,
  keychain: Keychain,
  random: Random,
  key: Secret,
  wrapping?: Wrapping,
): Promise<Answer<string>> {
  const name = random.uuid()
  const item = await itemOf(name, key, random, wrapping)
  const account = accountOf(folder, name, 'database-key')
  const written = await keychain.write(account, item)
  if (!written.ok) return written
  const back = await keychain.read(account)
  if (!back.ok) return back
  const kept = back.value?.equals(item) === true
  item.forget()
  back.value?.forget()
  return kept ? answer(name) : refuse('keychain-changed', 'the keychain did not keep the key')
}

/** [E3] keychain-changed: the keychain can be read, and our item is not in it, or is another one. */
export async function readKey(folder: ProfileFolder, mark: ProfileMark, keychain: Keychain): Promise<Answer<KeptKey>> {
  const found = await keychain.read(accountOf(folder, mark.key, 'database-key'))
  if (!found.ok) return found
  const kept = found.value?.use((item): KeptKey | undefined => {
    if (startsWith(item, headOf(WRAPPED, mark.key))) return { kind: 'wrapped', item: new Secret(item.slice()) }
    if (item.length !== HEAD_BYTES + KEY_BYTES || !startsWith(item, headOf(BARE, mark.key))) return undefined
    return { kind: 'bare', key: new Secret(item.slice(HEAD_BYTES)) }
  })
  found.value?.forget()
  return kept === undefined ? refuse('keychain-changed', 'the key is not in the keychain') : answer(kept)
}

/** The key that lies bare. Refused with passphrase-needed if it does not. */
export async function readBareKey(
  folder: ProfileFolder,
  mark: ProfileMark,
  keychain: Keychain,
): Promise<Answer<Secret>> {
  const kept = await readKey(folder, mark, keychain)
  if (!kept.ok) return kept
  return kept.value.kind === 'bare' ? answer(kept.value.key) : refuse('passphrase-needed')
}

/** The key that a passphrase opens: wrong-passphrase if it does not, no-passphrase if the key lies bare. */
export async function readWrappedKey(
  folder: ProfileFolder,
  mark: ProfileMark,
  keychain: Keychain,
  passphrase: string,
): Promise<Answer<Secret>> {
  const kept = await readKey(folder, mark, keychain)
  if (!kept.ok) return kept
  if (kept.value.kind === 'bare') {
    kept.value.key.forget()
    return refuse('no-passphrase')
  }
  const wrapped = kept.value.item.use((item) => item.slice(HEAD_BYTES))
  const key = await unwrapWithPassphrase(wrapped, passphrase, headOf(WRAPPED, mark.key))
  return key === undefined ? refuse('wrong-passphrase') : answer(key)
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
export function keychainGeneration(folder: ProfileFolder, key: string, keychain: Keychain): Generation {
  const account = accountOf(folder, key, 'generation')
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

/** The generation goes along with the key to its new name: without it the profile would take itself for a copy. */
export async function carryGeneration(
  folder: ProfileFolder,
  keychain: Keychain,
  from: string,
  to: string,
): Promise<Answer<null>> {
  const found = await keychain.read(accountOf(folder, from, 'generation'))
  if (!found.ok) return found
  return found.value === undefined ? answer(null) : keychain.write(accountOf(folder, to, 'generation'), found.value)
}

/** Takes what lies under this name out of the keychain. */
export async function forgetKey(folder: ProfileFolder, keychain: Keychain, key: string): Promise<Answer<null>> {
  const removed = await keychain.remove(accountOf(folder, key, 'database-key'))
  return removed.ok ? keychain.remove(accountOf(folder, key, 'generation')) : removed
}

/** People see it in their keychain; several profiles share one. */
function accountOf(folder: ProfileFolder, key: string, item: 'database-key' | 'generation'): string {
  return `${folder.name}/${key}/${item}`
}

async function itemOf(name: string, key: Secret, random: Random, wrapping: Wrapping | undefined): Promise<Secret> {
  if (wrapping === undefined) return key.use((bytes) => new Secret(Uint8Array.of(...headOf(BARE, name), ...bytes)))
  const head = headOf(WRAPPED, name)
  const wrapped = await wrapWithPassphrase(key, wrapping.passphrase, head, random, wrapping.cost)
  return new Secret(Uint8Array.of(...head, ...wrapped))
}

/** The format and the name of the key: an item that was put in another's place is known as such. */
function headOf(format: number, name: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(format, ...Buffer.from(name.replaceAll('-', ''), 'hex'))
}

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  return bytes.length > head.length && head.every((byte, at) => bytes[at] === byte)
}
