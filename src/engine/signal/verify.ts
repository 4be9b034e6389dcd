// Signatures by identity keys: XEdDSA, as libsignal makes them.

import { PublicKey } from '@signalapp/libsignal-client'
import { IDENTITY_KEY_BYTES, SIGNATURE_BYTES } from '../../protocol/limits.ts'
import { owned } from './bytes.ts'

/** False for whatever is not a signature by this key over this message, however malformed. Never throws. */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== IDENTITY_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
  try {
    return PublicKey.deserialize(owned(publicKey)).verify(owned(message), owned(signature))
  } catch {
    return false
  }
}

/** Whether the old key says of the new one that it is the same account's. Never throws. */
export function isVouchedFor(oldKey: Uint8Array, newKey: Uint8Array, signature: Uint8Array): boolean {
  if (oldKey.length !== IDENTITY_KEY_BYTES || newKey.length !== IDENTITY_KEY_BYTES) return false
  if (signature.length !== SIGNATURE_BYTES) return false
  try {
    const old = PublicKey.deserialize(owned(oldKey))
    return old.verifyAlternateIdentity(PublicKey.deserialize(owned(newKey)), owned(signature))
  } catch {
    return false
  }
}

/** Whether these are the bytes of a public key at all. */
export function isIdentityKey(bytes: Uint8Array): boolean {
  if (bytes.length !== IDENTITY_KEY_BYTES) return false
  try {
    PublicKey.deserialize(owned(bytes))
    return true
  } catch {
    return false
  }
}
