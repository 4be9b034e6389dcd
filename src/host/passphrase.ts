// The passphrase: what is made of the database key so that the keychain alone does not open the database [E9].

import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto'
import type { Random } from '../engine/ports.ts'
import { Secret } from './secret.ts'

/**
 * scrypt's N: 128 MiB and about half a second a guess (OWASP's figure, with r = 8 and p = 1). Not Argon2id: the BoringSSL
 * inside Electron has none, and a profile has to open in the app and on the command line alike.
 */
export const PASSPHRASE_COST = 2 ** 17

/** Of a cost in an item, so that an item somebody put there cannot ask for all the memory there is. */
const LEAST_COST_BITS = 10
const MOST_COST_BITS = 20
const BLOCK_SIZE = 8
const PARALLELISM = 1

const CIPHER = 'aes-256-gcm'
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Cost, block size, parallelism. */
const PARAMETER_BYTES = 3

/**
 * `log2 N · r · p · salt · nonce · sealed`, all that is needed to open it but the passphrase. `context` is bound to it:
 * elsewhere it does not open.
 */
export async function wrapWithPassphrase(
  key: Secret,
  passphrase: string,
  context: Uint8Array,
  random: Random,
  cost = PASSPHRASE_COST,
): Promise<Uint8Array<ArrayBuffer>> {
  const parameters = Uint8Array.of(Math.log2(cost), BLOCK_SIZE, PARALLELISM)
  const salt = random.bytes(SALT_BYTES)
  const nonce = random.bytes(NONCE_BYTES)
  const wrapping = await derive(passphrase, salt, cost)
  const cipher = wrapping.use((bytes) => createCipheriv(CIPHER, bytes, nonce))
  wrapping.forget()
  cipher.setAAD(Buffer.concat([context, parameters, salt]))
  const sealed = key.use((bytes) => Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]))
  return Uint8Array.from(Buffer.concat([parameters, salt, nonce, sealed]))
}

/** Undefined: another passphrase, or not what was wrapped. */
export async function unwrapWithPassphrase(
  wrapped: Uint8Array,
  passphrase: string,
  context: Uint8Array,
): Promise<Secret | undefined> {
  const [costBits = 0, blockSize, parallelism] = wrapped
  if (costBits < LEAST_COST_BITS || costBits > MOST_COST_BITS) return undefined
  if (blockSize !== BLOCK_SIZE || parallelism !== PARALLELISM) return undefined
  const nonceAt = PARAMETER_BYTES + SALT_BYTES
  const sealedAt = nonceAt + NONCE_BYTES
  if (wrapped.length <= sealedAt + TAG_BYTES) return undefined
  const wrapping = await derive(passphrase, wrapped.slice(PARAMETER_BYTES, nonceAt), 2 ** costBits)
  const decipher = wrapping.use((bytes) =>
    createDecipheriv(CIPHER, bytes, wrapped.slice(nonceAt, sealedAt), { authTagLength: TAG_BYTES }),
  )
  wrapping.forget()
  decipher.setAAD(Buffer.concat([context, wrapped.slice(0, nonceAt)]))
  decipher.setAuthTag(wrapped.slice(-TAG_BYTES))
  const opened = decipher.update(wrapped.slice(sealedAt, -TAG_BYTES))
  try {
    decipher.final()
    return new Secret(Uint8Array.from(opened))
  } catch {
    return undefined
  } finally {
    opened.fill(0)
  }
}

function derive(passphrase: string, salt: Uint8Array, cost: number): Promise<Secret> {
  const { promise, resolve, reject } = Promise.withResolvers<Secret>()
  const options = { N: cost, r: BLOCK_SIZE, p: PARALLELISM, maxmem: 2 * 128 * cost * BLOCK_SIZE }
  scrypt(Buffer.from(passphrase), salt, 32, options, (error, key) => {
    if (error === null) resolve(new Secret(Uint8Array.from(key)))
    else reject(error)
    key?.fill(0)
  })
  return promise
}
