// Digests and tokens of blobs: compared so that how long it takes tells nothing.

import { createHash, timingSafeEqual } from 'node:crypto'
import { AccountId, bytesToUuid, uuidToBytes } from '../../shared/ids.ts'
import type { Random } from '../ports.ts'

const ACCOUNT = 16
const SECRET = 32

/** Says whose upload it is, so that its row is found by the account it belongs to [S1], and proves the right to write. */
export function makeToken(account: AccountId, random: Random): { token: Uint8Array; tokenDigest: Uint8Array } {
  const secret = random.bytes(SECRET)
  const token = new Uint8Array(ACCOUNT + SECRET)
  token.set(uuidToBytes(account))
  token.set(secret, ACCOUNT)
  return { token, tokenDigest: sha256(secret) }
}

/** Undefined: no token at all. */
export function readToken(text: string): { account: AccountId; tokenDigest: Uint8Array } | undefined {
  if (!/^[0-9a-f]{96}$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'hex')
  const account = AccountId.safeParse(bytesToUuid(bytes.subarray(0, ACCOUNT)))
  return account.success ? { account: account.data, tokenDigest: sha256(bytes.subarray(ACCOUNT)) } : undefined
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

export function sameDigest(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}
