// The safety number of two accounts: 60 digits that both sides see alike, if nobody stands between them [P22].

import { Fingerprint, LibSignalErrorBase, PublicKey, ScannableFingerprint } from '@signalapp/libsignal-client'
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
function fingerprint(own: KnownBy, other: KnownBy): Fingerprint {
  return Fingerprint.new(
    ITERATIONS,
    VERSION,
    uuidToBytes(own.account),
    PublicKey.deserialize(owned(own.identityKey)),
    uuidToBytes(other.account),
    PublicKey.deserialize(owned(other.identityKey)),
  )
}

export function safetyNumber(own: KnownBy, other: KnownBy): string {
  return fingerprint(own, other).displayableFingerprint().toString()
}

/** [P177] For the other side's scanner: which of the two is which counts, so that one's own code does not pass for theirs. */
export function scannableSafetyNumber(own: KnownBy, other: KnownBy): Uint8Array {
  return fingerprint(own, other).scannableFingerprint().toBuffer()
}

/** unreadable: no such code at all · another-version: made in another way than ours, so that nothing can be said. */
export function compareScanned(
  own: KnownBy,
  other: KnownBy,
  scanned: Uint8Array,
): 'matches' | 'differs' | 'unreadable' | 'another-version' {
  // Field 1 of libsignal's CombinedFingerprints, which it writes first. Its comparison tells the two failures not apart.
  if (scanned[0] !== 0x08) return 'unreadable'
  if (scanned[1] !== VERSION) return 'another-version'
  const theirs = ScannableFingerprint._fromBuffer(owned(scanned))
  try {
    return fingerprint(own, other).scannableFingerprint().compare(theirs) ? 'matches' : 'differs'
  } catch (error) {
    if (error instanceof LibSignalErrorBase) return 'unreadable'
    throw error
  }
}
