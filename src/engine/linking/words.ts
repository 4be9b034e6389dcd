// The short authentication string of a link: four words that both screens show alike if nobody stands between [P104].
//
// One side commits itself before it sees the other's key, as in ZRTP (RFC 6189, section 4.4.1.1) and in Matrix's device
// verification: who stands between has one guess for 44 bits, and cannot look for keys that happen to give the same words.

import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { labelled } from '../../protocol/signed.ts'

export const WORDS = 4
/** Of the list's 2,048. */
const BITS_OF_A_WORD = 11n

/** What the new device says before anything else: it cannot have chosen its offer to fit the answer. */
export function commitmentTo(relay: Uint8Array, offer: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(sha256(labelled('sotto link commitment v1', relay, offer)))
}

/** All that was said and matters, in 32 bytes. */
export function transcriptOf(
  relay: Uint8Array,
  commitment: Uint8Array,
  answer: Uint8Array,
  offer: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(sha256(labelled('sotto link transcript v1', relay, commitment, answer, offer)))
}

export function wordsOf(transcript: Uint8Array): string[] {
  const bytes = hkdf(sha256, transcript, undefined, utf8ToBytes('sotto link words v1'), 8)
  let drawn = 0n
  for (const byte of bytes) drawn = (drawn << 8n) | BigInt(byte)
  return Array.from({ length: WORDS }, (_, at) => {
    const index = Number((drawn >> (BITS_OF_A_WORD * BigInt(at))) & ((1n << BITS_OF_A_WORD) - 1n))
    const word = wordlist[index]
    if (word === undefined) throw new Error('the word list is too short')
    return word
  })
}
