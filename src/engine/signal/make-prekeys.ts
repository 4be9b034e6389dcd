// Prekeys made on this device [P30], and the public half of each as the relay gets it.

import {
  KEMKeyPair,
  KyberPreKeyRecord,
  PreKeyRecord,
  PrivateKey,
  SignedPreKeyRecord,
} from '@signalapp/libsignal-client'
import type { Instant } from '../../shared/ids.ts'
import type { StoredPreKey } from '../storage/prekeys.ts'
import { owned } from './bytes.ts'
import type { OwnIdentity } from './own-identity.ts'

export function makeOneTimePreKey(id: number): StoredPreKey {
  const secret = PrivateKey.generate()
  return { id, record: PreKeyRecord.new(id, secret.getPublicKey(), secret).serialize() }
}

export function makeSignedPreKey(id: number, identity: OwnIdentity, now: Instant): StoredPreKey {
  const secret = PrivateKey.generate()
  const signature = identity.sign(secret.getPublicKey().serialize())
  return { id, record: SignedPreKeyRecord.new(id, now, secret.getPublicKey(), secret, signature).serialize() }
}

/** One-time and last-resort ones are made alike. */
export function makeKyberPreKey(id: number, identity: OwnIdentity, now: Instant): StoredPreKey {
  const pair = KEMKeyPair.generate()
  const signature = identity.sign(pair.getPublicKey().serialize())
  return { id, record: KyberPreKeyRecord.new(id, now, pair, signature).serialize() }
}

export interface PublicPreKey {
  id: number
  publicKey: Uint8Array<ArrayBuffer>
}

export interface SignedPublicPreKey extends PublicPreKey {
  signature: Uint8Array<ArrayBuffer>
}

/** A public prekey of another own device, under the identity key that is to be the account's. */
export function signAnew<Key extends PublicPreKey>(key: Key, identity: OwnIdentity): SignedPublicPreKey {
  return { id: key.id, publicKey: owned(key.publicKey), signature: identity.sign(key.publicKey) }
}

export function publicOneTimePreKey({ id, record }: StoredPreKey): PublicPreKey {
  return { id, publicKey: PreKeyRecord.deserialize(owned(record)).publicKey().serialize() }
}

export function publicSignedPreKey({ id, record }: StoredPreKey): SignedPublicPreKey {
  const parsed = SignedPreKeyRecord.deserialize(owned(record))
  return { id, publicKey: parsed.publicKey().serialize(), signature: parsed.signature() }
}

export function publicKyberPreKey({ id, record }: StoredPreKey): SignedPublicPreKey {
  const parsed = KyberPreKeyRecord.deserialize(owned(record))
  return { id, publicKey: parsed.publicKey().serialize(), signature: parsed.signature() }
}
