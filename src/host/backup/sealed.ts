// What lies in a backup's folder: bytes sealed for one name, which open under no other.

import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { Random } from '../../engine/ports.ts'
import type { BackupKeys } from './keys.ts'

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Bytes that sealing adds. */
export const SEALING_BYTES = NONCE_BYTES + TAG_BYTES

/** `nonce · sealed · tag`, with the name as associated data: a file in another's place does not open. */
export function sealFor(name: string, plain: Uint8Array, keys: BackupKeys, random: Random): Buffer {
  const nonce = random.bytes(NONCE_BYTES)
  const cipher = keys.seal.use((key) => createCipheriv(CIPHER, key, nonce))
  cipher.setAAD(Buffer.from(name))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Undefined: another key, another name, or not the bytes that were sealed. */
export function openFor(name: string, sealed: Uint8Array, keys: BackupKeys): Buffer | undefined {
  if (sealed.length < SEALING_BYTES) return undefined
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const decipher = keys.seal.use((key) => createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }))
  decipher.setAAD(Buffer.from(name))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  const opened = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES))
  try {
    decipher.final()
    return opened
  } catch {
    return undefined
  }
}

/** The same bytes have the same name, under one backup: so they are written once. Others cannot tell which they are. */
export function nameOf(plain: Uint8Array, keys: BackupKeys): string {
  return keys.name.use((key) => createHmac('sha256', key).update(plain).digest('hex'))
}
