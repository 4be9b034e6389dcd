// The channel file: which version there is and what its files are, signed with a key that only releasers have. Whoever
// holds the server, or stands before it, can keep it from us, and cannot change a letter of it.

import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { z } from 'zod'
import { Version } from './version.ts'

/** Goes before what is signed, so that a signature made for something else is worth nothing here. */
const PURPOSE = Buffer.from('sotto-update/v1\0')
/** Far more than a release has files. In bytes. */
export const MAX_CHANNEL_BYTES = 65_536

/** The kinds of packages that can replace themselves. */
export const PackageFormat = z.enum(['AppImage', 'deb', 'rpm', 'nsis', 'zip'])
export type PackageFormat = z.infer<typeof PackageFormat>

const ReleaseFile = z.strictObject({
  platform: z.enum(['linux', 'darwin', 'win32']),
  arch: z.enum(['x64', 'arm64']),
  format: PackageFormat,
  /** Beside the channel file. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
  size: z.int().positive(),
  /** In base64, as electron-updater wants it. */
  sha512: z.base64().length(88),
})
export type ReleaseFile = z.infer<typeof ReleaseFile>

export const Channel = z.strictObject({
  version: Version,
  /** Milliseconds since 1970. */
  releasedAt: z.int().nonnegative(),
  /** How many in a hundred installations may take it by now. */
  rollout: z.number().min(0).max(100),
  files: z.array(ReleaseFile).min(1).max(64),
})
export type Channel = z.infer<typeof Channel>

/** As it lies on the server. */
const Sealed = z.strictObject({ signed: z.base64(), signature: z.base64() })

/** @param key an Ed25519 public key: its 32 bytes in hex */
export function readPublicKey(key: string): KeyObject {
  if (!/^[0-9a-f]{64}$/.test(key)) throw new RangeError('an Ed25519 public key has 32 bytes in hex')
  const x = Buffer.from(key, 'hex').toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}

/** What is signed (RFC 8032, without a digest of our own). */
export function signedBytes(content: Uint8Array): Uint8Array {
  return Buffer.concat([PURPOSE, content])
}

/** Undefined unless it is signed with this key and makes sense: nothing of it is looked at before. */
export function readChannel(file: string, key: KeyObject): Channel | undefined {
  if (file.length > MAX_CHANNEL_BYTES) return undefined
  const sealed = Sealed.safeParse(parseJson(file))
  if (!sealed.success) return undefined
  const content = Buffer.from(sealed.data.signed, 'base64')
  if (!verify(null, signedBytes(content), key, Buffer.from(sealed.data.signature, 'base64'))) return undefined
  return Channel.safeParse(parseJson(content.toString())).data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
