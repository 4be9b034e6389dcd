// A key pair for one link: what is sealed to it (HPKE, RFC 9180, as libsignal has it) opens here and nowhere else.

import { PrivateKey, PublicKey } from '@signalapp/libsignal-client'
import { owned } from './bytes.ts'

export class LinkKey {
  readonly #private: PrivateKey
  /** 33 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>

  private constructor(key: PrivateKey) {
    this.#private = key
    this.publicKey = key.getPublicKey().serialize()
  }

  static generate(): LinkKey {
    return new LinkKey(PrivateKey.generate())
  }

  /** Undefined: it was sealed to another key, for something else, or changed on the way. */
  open(sealed: Uint8Array, purpose: string, context: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    try {
      return this.#private.open(owned(sealed), purpose, owned(context))
    } catch {
      return undefined
    }
  }
}

/** Undefined: that is no public key. */
export function sealTo(
  publicKey: Uint8Array,
  message: Uint8Array,
  purpose: string,
  context: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  try {
    return PublicKey.deserialize(owned(publicKey)).seal(owned(message), purpose, owned(context))
  } catch {
    return undefined
  }
}
