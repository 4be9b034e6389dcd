// Envelopes that cannot be stored, however often they come [P77]: what holds up all behind it is found, and set aside.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { IncomingEnvelope } from '../../protocol/generated/relay_pb.ts'

/** Failures of one envelope alone, after which it is set aside. */
const MOST_TRIES = 5
/** So many are told apart: more at once is no matter of single envelopes. */
const MOST_KNOWN = 64

export interface Stubborn {
  /** How many to take at once: after a failure one by one, until all that failed together is past. */
  atOnce(most: number): number
  failed(envelopes: readonly IncomingEnvelope[]): void
  stored(count: number): void
  isGivenUp(envelope: IncomingEnvelope | undefined): boolean
}

export function createStubborn(): Stubborn {
  const tries = new Map<string, number>()
  let oneByOne = 0

  return {
    atOnce: (most) => (oneByOne > 0 ? 1 : most),
    failed(envelopes) {
      oneByOne = Math.max(oneByOne, envelopes.length)
      const [alone] = envelopes
      if (alone === undefined || envelopes.length > 1) return
      const name = nameOf(alone)
      if (tries.size < MOST_KNOWN || tries.has(name)) tries.set(name, (tries.get(name) ?? 0) + 1)
    },
    stored(count) {
      oneByOne = Math.max(0, oneByOne - count)
    },
    // Nothing is hashed as long as nothing has failed.
    isGivenUp: (envelope) =>
      tries.size > 0 && envelope !== undefined && (tries.get(nameOf(envelope)) ?? 0) >= MOST_TRIES,
  }
}

function nameOf({ content }: IncomingEnvelope): string {
  return bytesToHex(sha256(content))
}
