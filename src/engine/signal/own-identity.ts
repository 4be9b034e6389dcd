// The identity key pair of the own account: a thing that signs, and cannot be printed or copied.

import { IdentityKeyPair, PublicKey } from '@signalapp/libsignal-client'
import type { AccountId, DeviceId, RegistrationId } from '../../shared/ids.ts'
import { owned } from './bytes.ts'

export class OwnIdentity {
  readonly #pair: IdentityKeyPair
  /** 33 bytes: what everyone knows the account by. */
  readonly publicKey: Uint8Array<ArrayBuffer>

  private constructor(pair: IdentityKeyPair) {
    this.#pair = pair
    this.publicKey = pair.publicKey.serialize()
  }

  static generate(): OwnIdentity {
    return new OwnIdentity(IdentityKeyPair.generate())
  }

  /** Throws if these are not the bytes of record(). */
  static fromRecord(record: Uint8Array): OwnIdentity {
    return new OwnIdentity(IdentityKeyPair.deserialize(owned(record)))
  }

  /** XEdDSA, 64 bytes. Sign nothing but what a labelled statement of the protocol asks for. */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#pair.privateKey.sign(owned(message))
  }

  /** That another key is this account's as well, as libsignal says it. */
  vouchFor(publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#pair.signAlternateIdentity(PublicKey.deserialize(owned(publicKey)))
  }

  /** Secret. For the encrypted database, and for nothing else. */
  record(): Uint8Array<ArrayBuffer> {
    return this.#pair.serialize()
  }

  /** For libsignal's identity store, and for nothing else. */
  keyPair(): IdentityKeyPair {
    return this.#pair
  }
}

/** Who this device is. Another registration id makes another OwnAccount: after a restore, take the new one. */
export interface OwnAccount {
  readonly account: AccountId
  readonly device: DeviceId
  readonly registrationId: RegistrationId
  readonly identity: OwnIdentity
}
