// Downloading: sealed bytes from the relay, opened chunk by chunk, and given free when all of them are what was sent.

import { sha256 } from '@noble/hashes/sha2.js'
import { blobIdOf } from '../../protocol/blobs.ts'
import type { BlobPointer } from '../../protocol/generated/content_pb.ts'
import { DIGEST_BYTES } from '../../protocol/limits.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { RelayAddress } from '../ports.ts'
import { sameBytes } from '../signal/bytes.ts'
import { FILE_KEY_BYTES } from '../signal/file-cipher.ts'
import { type ByteSink, sinkInMemory } from './bytes.ts'
import { type Attempt, persist } from './persist.ts'
import { beginUnsealing, sealedSize } from './stream.ts'
import type { TransferOptions, TransferParts } from './upload.ts'

/** What a pointer has to say of a blob to find and open it. */
export type Pointer = Pick<BlobPointer, 'blob' | 'key' | 'size' | 'digest'>

/** For pictures and other small ones. Refused with `too-large` before anything is fetched. */
export async function downloadBytes(
  parts: TransferParts,
  pointer: Pointer,
  most: number,
  options: TransferOptions = {},
): Promise<Answer<Uint8Array>> {
  if (pointer.size > BigInt(most)) return refuse('too-large')
  const sink = sinkInMemory()
  const downloaded = await downloadBlob(parts, pointer, sink, options)
  if (!downloaded.ok) return downloaded
  const kept = sink.kept()
  return kept === undefined ? refuse('internal') : answer(kept)
}

/**
 * [P157] The sink keeps all of it, or discards it. Refused with `no-such-attachment`, `attachment-spoiled`,
 * `not-connected` or `cancelled`. Rejects if the sink does.
 */
export async function downloadBlob(
  parts: TransferParts,
  pointer: Pointer,
  sink: ByteSink,
  options: TransferOptions = {},
): Promise<Answer<null>> {
  let isKept = false
  try {
    const fetched = await fetchInto(parts, pointer, sink, options)
    if (fetched.ok) {
      await sink.keep()
      parts.ports.crash?.('blob.fetched')
    }
    isKept = fetched.ok
    return fetched
  } finally {
    if (!isKept) await sink.discard()
  }
}

async function fetchInto(
  { ports, connection }: TransferParts,
  { blob: bytes, key, size: exactly, digest }: Pointer,
  sink: ByteSink,
  { onProgress, cancellation }: TransferOptions,
): Promise<Answer<null>> {
  const blob = blobIdOf(bytes)
  const size = Number(exactly)
  const isPointer = key.length === FILE_KEY_BYTES && digest.length === DIGEST_BYTES && Number.isSafeInteger(size)
  if (blob === undefined || !isPointer) return refuse('attachment-spoiled', 'not a pointer')
  const total = sealedSize(size)
  const hash = sha256.create()
  const unsealing = beginUnsealing(key, size)
  let at = 0

  /** False: it is not what was sealed. */
  async function take(sealed: Uint8Array): Promise<boolean> {
    if (at + sealed.length > total) return false
    hash.update(sealed)
    const opened = unsealing.open(sealed)
    if (opened === undefined) return false
    for (const plaintext of opened) await sink.write(plaintext)
    at += sealed.length
    onProgress?.(at, total)
    return true
  }

  async function attempt(address: RelayAddress): Promise<Attempt<null>> {
    const got = await ports.blobs.fetch(address, blobId, at, cancellation)
    if (!got.ok) return { again: got }
    if (got.size !== total) return SPOILED
    const source = got.bytes[Symbol.asyncIterator]()
    while (at < total) {
      // Only this may fail for the sake of the network: what the sink cannot take is nothing to try again.
      const next = await source.next().catch(() => undefined)
      if (next === undefined || next.done) return { again: { ok: false, why: 'interrupted' } }
      if (!(await take(next.value))) {
        await source.return?.()
        return SPOILED
      }
      if (cancellation?.aborted) return { failed: refuse('cancelled') }
    }
    return sameBytes(hash.digest(), digest) ? { done: null } : SPOILED
  }

  const blobId = blob
  return persist({ ...ports, findRelay: connection.address }, () => at, cancellation, attempt)
}

const SPOILED: Attempt<null> = { failed: refuse('attachment-spoiled') }
