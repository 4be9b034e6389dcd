// Padding: a ciphertext tells its length only in steps.

import { PADDING_STEP } from './limits.ts'

const MARK = 0x80

/** [P42] One byte 0x80, then zeros up to the next multiple of PADDING_STEP. */
export function pad(plaintext: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((plaintext.length + 1) / PADDING_STEP) * PADDING_STEP)
  padded.set(plaintext)
  padded[plaintext.length] = MARK
  return padded
}

/** Undefined: not padded as it should be. */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  let end = padded.length - 1
  while (end >= 0 && padded[end] === 0) end--
  if (end < 0 || padded[end] !== MARK || padded.length % PADDING_STEP !== 0) return undefined
  return padded.subarray(0, end)
}
