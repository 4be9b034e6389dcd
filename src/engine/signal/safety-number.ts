// The safety number of two accounts: 60 digits that both sides see alike, if nobody stands between them [P22].

import { Fingerprint, PublicKey } from '@signalapp/libsignal-client'
import { type AccountId, uuidToBytes } from '../../shared/ids.ts'
import { owned } from './bytes.ts'

const VERSION = 2
const ITERATIONS = 5200

export interface KnownBy {
  account: AccountId
  /** 33 bytes. */
  identityKey: Uint8Array
}

/** Takes some 3 ms. Throws if a key is none: keys are parsed where they come in. */
export function safetyNumber(own: KnownBy, other: KnownBy): string {
  return Fingerprint.new(
    ITERATIONS,
    VERSION,
    uuidToBytes(own.account),
    PublicKey.deserialize(owned(own.identityKey)),
    uuidToBytes(other.account),
    PublicKey.deserialize(owned(other.identityKey)),
  )
    .displayableFingerprint()
    .toString()
}
