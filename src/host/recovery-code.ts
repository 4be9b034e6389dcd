// The recovery code: eight groups that a person keeps on paper, and that open the database when the keychain does not.

import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { z } from 'zod'
import type { Random } from '../engine/ports.ts'
import { Secret } from './secret.ts'

/** Crockford's base 32: no I, L, O or U, so that nothing is misread. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const GROUPS = 8
const GROUP = 4
/** 160 bits, from the system's generator: too many to try, so no slow derivation is needed. */
const CODE_BYTES = (GROUPS * GROUP * 5) / 8
const INFO = 'sotto recovery code v1'

const Base64 = z.base64()

/** The database key under the code. Of no use without it. */
export const WrappedKey = z.strictObject({
  version: z.literal(1),
  salt: Base64,
  nonce: Base64,
  sealed: Base64,
  /** Whether the person has shown that they kept the code. */
  confirmed: z.boolean(),
})
export type WrappedKey = z.infer<typeof WrappedKey>

export function makeCode(random: Random): Secret {
  return new Secret(random.bytes(CODE_BYTES))
}

/** Eight groups of four letters. For the person's eyes, once. */
export function showCode(code: Secret): string[] {
  return code.use((bytes) => {
    let bits = 0n
    for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
    const letters = Array.from({ length: GROUPS * GROUP }, (_, at) => {
      const shift = BigInt((GROUPS * GROUP - 1 - at) * 5)
      return LETTERS.charAt(Number((bits >> shift) & 31n))
    }).join('')
    return Array.from({ length: GROUPS }, (_, group) => letters.slice(group * GROUP, (group + 1) * GROUP))
  })
}

/** As people type it: any case, with or without gaps; O is 0, I and L are 1. Undefined: that is no code. */
export function readCode(typed: string): Secret | undefined {
  const letters = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  if (letters.length !== GROUPS * GROUP) return undefined
  let bits = 0n
  for (const letter of letters) {
    const value = LETTERS.indexOf(letter)
    if (value < 0) return undefined
    bits = (bits << 5n) | BigInt(value)
  }
  const bytes = new Uint8Array(CODE_BYTES)
  for (let at = CODE_BYTES - 1; at >= 0; at--) {
    bytes[at] = Number(bits & 0xffn)
    bits >>= 8n
  }
  return new Secret(bytes)
}

/** AES-256-GCM under a key that HKDF-SHA256 makes of the code and a fresh salt. */
export function wrapKey(key: Secret, code: Secret, random: Random): WrappedKey {
  const salt = random.bytes(16)
  const nonce = random.bytes(12)
  const cipher = createCipheriv('aes-256-gcm', derive(code, salt), nonce)
  cipher.setAAD(Buffer.from(INFO))
  const sealed = key.use((bytes) => Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]))
  return { version: 1, salt: base64(salt), nonce: base64(nonce), sealed: base64(sealed), confirmed: false }
}

/** Undefined: another code. */
export function unwrapKey(wrapped: WrappedKey, code: Secret): Secret | undefined {
  const sealed = Buffer.from(wrapped.sealed, 'base64')
  if (sealed.length <= TAG) return undefined
  const key = derive(code, Buffer.from(wrapped.salt, 'base64'))
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(wrapped.nonce, 'base64'), { authTagLength: TAG })
  decipher.setAAD(Buffer.from(INFO))
  decipher.setAuthTag(sealed.subarray(-TAG))
  try {
    return new Secret(new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(0, -TAG)), decipher.final()])))
  } catch {
    return undefined
  }
}

const TAG = 16

function derive(code: Secret, salt: Uint8Array): Buffer {
  return code.use((bytes) => Buffer.from(hkdfSync('sha256', bytes, salt, INFO, 32)))
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
