// A file in sealed chunks that cannot be altered, swapped, repeated or cut short unnoticed [P155].
//
// STREAM of Hoang, Reyhanitabar, Rogaway and Vizár (CRYPTO 2015), as age has it (https://age-encryption.org/v1): chunks of
// 64 KiB, each under the number of its place and a byte that says whether it is the last one. The key is for one file.

import { createFileCipher, NONCE_BYTES, TAG_BYTES } from '../signal/file-cipher.ts'
import { type ByteSource, inPieces } from './bytes.ts'

const CHUNK = 64 * 1024
const SEALED_CHUNK = CHUNK + TAG_BYTES
const SMALLEST = 512

/**
 * [P156] So many bytes a file is filled up to with zeros, so that its length tells little: Padmé, of Nikitin et al.,
 * "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs" (PETS 2019). At most 12 % more.
 */
export function paddedSize(size: number): number {
  if (size <= SMALLEST) return SMALLEST
  const exponent = bits(size) - 1
  const step = 2 ** (exponent - bits(exponent))
  return Math.ceil(size / step) * step
}

/** Digits of a whole number in binary; a logarithm would round the largest ones up. */
function bits(number: number): number {
  return number.toString(2).length
}

/** Of a file of so many bytes, when it is padded and sealed. */
export function sealedSize(size: number): number {
  const padded = paddedSize(size)
  return padded + Math.ceil(padded / CHUNK) * TAG_BYTES
}

/** The sealed bytes from there to the end: the same each time, for the same key and source. */
export async function* sealedFrom(source: ByteSource, key: Uint8Array, from: number): AsyncGenerator<Uint8Array> {
  const cipher = createFileCipher(key)
  const last = lastIndex(source.size)
  let index = Math.floor(from / SEALED_CHUNK)
  let skip = from % SEALED_CHUNK
  const start = index * CHUNK
  for await (const piece of inPieces(padded(source, start), CHUNK, paddedSize(source.size) - start)) {
    const sealed = cipher.seal(piece, nonceOf(index, index === last))
    if (skip < sealed.length) yield sealed.subarray(skip)
    skip = 0
    index += 1
  }
}

async function* padded(source: ByteSource, from: number): AsyncGenerator<Uint8Array> {
  if (from < source.size) {
    let left = source.size - from
    for await (const bytes of source.read(from)) {
      left -= bytes.length
      if (left < 0) throw new RangeError('a source with more bytes than it said')
      yield bytes
    }
    if (left > 0) throw new RangeError('a source with fewer bytes than it said')
  }
  const zeros = paddedSize(source.size) - Math.max(source.size, from)
  if (zeros > 0) yield new Uint8Array(zeros)
}

export interface Unsealing {
  /** What may be given on of these sealed bytes, which come in their order. Undefined: they are not what was sealed. */
  open(sealed: Uint8Array): Uint8Array[] | undefined
}

/** Of a file of so many bytes. What is opened is genuine, each chunk of it; whether all came, who counts has to know. */
export function beginUnsealing(key: Uint8Array, size: number): Unsealing {
  const cipher = createFileCipher(key)
  const last = lastIndex(size)
  const lastLength = sealedSize(size) - last * SEALED_CHUNK
  const waiting = new Uint8Array(SEALED_CHUNK)
  let held = 0
  let index = 0

  function openWaiting(length: number): Uint8Array | undefined {
    const plaintext = cipher.open(waiting.subarray(0, length), nonceOf(index, index === last))
    if (plaintext === undefined) return undefined
    const real = Math.min(plaintext.length, Math.max(0, size - index * CHUNK))
    index += 1
    held = 0
    return plaintext.subarray(real).every((byte) => byte === 0) ? plaintext.subarray(0, real) : undefined
  }

  return {
    open: (sealed) => {
      const opened: Uint8Array[] = []
      for (let at = 0; at < sealed.length; ) {
        if (index > last) return undefined
        const length = index === last ? lastLength : SEALED_CHUNK
        const taken = sealed.subarray(at, at + length - held)
        waiting.set(taken, held)
        held += taken.length
        at += taken.length
        if (held < length) break
        const plaintext = openWaiting(length)
        if (plaintext === undefined) return undefined
        if (plaintext.length > 0) opened.push(plaintext)
      }
      return opened
    },
  }
}

function lastIndex(size: number): number {
  return Math.ceil(paddedSize(size) / CHUNK) - 1
}

/** Eleven bytes for the place of the chunk, the highest first, and one that is 1 for the last chunk. */
function nonceOf(index: number, isLast: boolean): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(NONCE_BYTES)
  for (let at = NONCE_BYTES - 2, rest = index; rest > 0; at -= 1, rest = Math.floor(rest / 256)) nonce[at] = rest % 256
  nonce[NONCE_BYTES - 1] = isLast ? 1 : 0
  return nonce
}
