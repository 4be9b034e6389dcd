// A keychain in a file, sealed by a passphrase: for servers and build machines, where no keychain is. Never chosen by itself.

import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Clock } from '../engine/ports.ts'
import { type Answer, answer, refuse } from '../shared/answer.ts'
import { takeLock } from './file-lock.ts'
import type { Keychain } from './keychain.ts'
import { Secret } from './secret.ts'
import { writeWhole } from './write-whole.ts'

const Base64 = z.base64()

/** AES-256-GCM, the account name as associated data. `sealed` ends with the 16 bytes of the tag. */
const Item = z.strictObject({ nonce: Base64, sealed: Base64 })
const File = z.strictObject({
  version: z.literal(1),
  /** The sealing key is scrypt of the passphrase. Bounded, so that a file cannot ask for all the memory there is. */
  scrypt: z.strictObject({
    salt: Base64,
    cost: z
      .int()
      .min(1024)
      .max(2 ** 20),
    blockSize: z.literal(8),
  }),
  /** Seals nothing that anybody needs: it tells a wrong passphrase from an item that was tampered with. */
  check: Item,
  items: z.record(z.string(), Item),
})
type File = z.infer<typeof File>
type Item = z.infer<typeof Item>

/** 128 MiB and about half a second a guess (OWASP's figure for scrypt). */
const COST = 2 ** 17
const CHECK = 'check'
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const WRONG_PASSPHRASE = refuse('keychain-locked', 'wrong passphrase')
/** Ten seconds in all; the pause in milliseconds. */
const LOCK_ATTEMPTS = 200
const LOCK_PAUSE = 50

/**
 * keychain-locked: the passphrase is wrong · keychain-absent: no file to read, or none to write · keychain-changed: the file or an item in it
 * is not as we wrote it · keychain-timeout: another process keeps the file. `cost` is scrypt's N for a file that is made now.
 */
export function createFileKeychain(path: string, passphrase: Secret, clock: Clock, cost = COST): Keychain {
  return new FileKeychain(path, passphrase, clock, cost)
}

class FileKeychain implements Keychain {
  readonly #path: string
  readonly #passphrase: Secret
  readonly #clock: Clock
  readonly #cost: number
  /** Of the salt in the file as it was read last: deriving is dear on purpose. */
  #sealing: { salt: string; key: Secret } | undefined

  constructor(path: string, passphrase: Secret, clock: Clock, cost: number) {
    this.#path = path
    this.#passphrase = passphrase
    this.#clock = clock
    this.#cost = cost
  }

  async read(account: string): Promise<Answer<Secret | undefined>> {
    const file = readKeychainFile(this.#path)
    if (!file.ok) return file
    if (file.value === undefined) return refuse('keychain-absent', 'no keychain file')
    const key = await this.#unlock(file.value)
    if (key === undefined) return WRONG_PASSPHRASE
    const item = file.value.items[account]
    if (item === undefined) return answer(undefined)
    const secret = unseal(item, account, key)
    return secret === undefined ? refuse('keychain-changed', 'the item does not verify') : answer(secret)
  }

  write(account: string, secret: Secret): Promise<Answer<null>> {
    return refusedByDisk(() =>
      this.#change((file, key) => {
        file.items[account] = seal(secret, account, key)
      }),
    )
  }

  remove(account: string): Promise<Answer<null>> {
    return refusedByDisk(() =>
      this.#change((file) => {
        delete file.items[account]
      }),
    )
  }

  /** Other profiles write to the same file. */
  async #change(edit: (file: File, key: Secret) => void): Promise<Answer<null>> {
    const unlock = await waitForLock(`${this.#path}.lock`, this.#clock)
    if (unlock === undefined) return refuse('keychain-timeout', 'another process keeps the keychain file')
    try {
      const there = readKeychainFile(this.#path)
      if (!there.ok) return there
      const file = there.value ?? (await this.#fresh())
      const key = await this.#unlock(file)
      if (key === undefined) return WRONG_PASSPHRASE
      edit(file, key)
      writeWhole(this.#path, JSON.stringify(file))
      return answer(null)
    } finally {
      unlock()
    }
  }

  async #fresh(): Promise<File> {
    const scrypt = { salt: randomBytes(32).toString('base64'), cost: this.#cost, blockSize: 8 as const }
    const key = await this.#derive(scrypt)
    return { version: 1, scrypt, check: seal(new Secret(new Uint8Array(TAG_BYTES)), CHECK, key), items: {} }
  }

  /** Undefined: the passphrase is wrong. */
  async #unlock(file: File): Promise<Secret | undefined> {
    const key = await this.#derive(file.scrypt)
    return unseal(file.check, CHECK, key) === undefined ? undefined : key
  }

  async #derive({ salt, cost, blockSize }: File['scrypt']): Promise<Secret> {
    if (this.#sealing?.salt === salt) return this.#sealing.key
    const { promise, resolve, reject } = Promise.withResolvers<Secret>()
    const options = { cost, blockSize, parallelization: 1, maxmem: 2 * 128 * cost * blockSize }
    this.#passphrase.use((bytes) =>
      scrypt(bytes, Buffer.from(salt, 'base64'), 32, options, (error, key) =>
        error === null ? resolve(new Secret(Uint8Array.from(key))) : reject(error),
      ),
    )
    this.#sealing = { salt, key: await promise }
    return this.#sealing.key
  }
}

/** Undefined: there is none. What is there and cannot be read is never written over. */
function readKeychainFile(path: string): Answer<File | undefined> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const none = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return none ? answer(undefined) : refuse('keychain-absent', 'the keychain file cannot be read')
  }
  try {
    return answer(File.parse(JSON.parse(text)))
  } catch {
    return refuse('keychain-changed', 'not a keychain file')
  }
}

/** A place where nothing can be written is no keychain. That the disk is full is said elsewhere. */
async function refusedByDisk(change: () => Promise<Answer<null>>): Promise<Answer<null>> {
  try {
    return await change()
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error) || error.code === 'ENOSPC') throw error
    return refuse('keychain-absent', `the keychain file cannot be written: ${error.code}`)
  }
}

async function waitForLock(path: string, clock: Clock): Promise<(() => void) | undefined> {
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
    const unlock = takeLock(path)
    if (unlock !== undefined) return unlock
    await new Promise<void>((resolve) => clock.after(LOCK_PAUSE, resolve))
  }
  return undefined
}

function seal(secret: Secret, account: string, key: Secret): Item {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = key.use((bytes) => createCipheriv(CIPHER, bytes, nonce))
  cipher.setAAD(Buffer.from(account))
  const sealed = secret.use((bytes) => Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]))
  return { nonce: nonce.toString('base64'), sealed: sealed.toString('base64') }
}

/** Undefined: another key, another account, or not what was sealed. */
function unseal(item: Item, account: string, key: Secret): Secret | undefined {
  const sealed = Buffer.from(item.sealed, 'base64')
  const nonce = Buffer.from(item.nonce, 'base64')
  if (nonce.length !== NONCE_BYTES || sealed.length < TAG_BYTES) return undefined
  const decipher = key.use((bytes) => createDecipheriv(CIPHER, bytes, nonce, { authTagLength: TAG_BYTES }))
  decipher.setAAD(Buffer.from(account))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    const opened = decipher.update(sealed.subarray(0, -TAG_BYTES))
    decipher.final()
    return new Secret(Uint8Array.from(opened))
  } catch {
    return undefined
  }
}
