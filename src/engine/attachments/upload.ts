// Uploading: sealed under a fresh key, announced to the relay, and sent until it has all of it.
//
// Sealed twice, once to know the digest and once to be sent: the same key and bytes give the same sealed bytes, so that
// nothing has to be kept in between, however large it is.

import type { MessageInitShape } from '@bufbuild/protobuf'
import { sha256 } from '@noble/hashes/sha2.js'
import { blobIdOf } from '../../protocol/blobs.ts'
import type { BlobPointerSchema } from '../../protocol/generated/content_pb.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { Live } from '../live.ts'
import type { Cancellation } from '../ports.ts'
import { FILE_KEY_BYTES } from '../signal/file-cipher.ts'
import type { ByteSource } from './bytes.ts'
import { type Attempt, persist } from './persist.ts'
import { sealedFrom, sealedSize } from './stream.ts'

/** What an attachment needs of an account at work. */
export type TransferParts = Pick<Live, 'ports' | 'connection'>

export interface TransferOptions {
  /** Bytes that are through, sealed, and how many there are. */
  onProgress?: (done: number, total: number) => void
  cancellation?: Cancellation
}

/** Goes inside the encryption, and nowhere else. */
export type BlobPointer = Required<
  Pick<MessageInitShape<typeof BlobPointerSchema>, 'blob' | 'key' | 'size' | 'digest' | 'mediaType'>
>

/** An upload that has been announced. As long as it is kept, and its source the same, it can go on after a restart. */
export interface Upload {
  blob: Uint8Array
  token: Uint8Array
  key: Uint8Array
  digest: Uint8Array
  /** Of the source. */
  size: number
}

/** Chunks between two of which whatever else waits has its turn. */
const CHUNKS_A_SLICE = 16

/** Refused with `too-large`, `quota-exceeded`, `rate-limited`, `not-connected`, `not-available-here` or `cancelled`. */
export async function uploadBlob(
  parts: TransferParts,
  source: ByteSource,
  mediaType: string,
  options: TransferOptions = {},
): Promise<Answer<BlobPointer>> {
  const upload = await announceUpload(parts, source, options)
  return upload.ok ? continueUpload(parts, upload.value, source, mediaType, options) : upload
}

export async function announceUpload(
  { ports, connection }: TransferParts,
  source: ByteSource,
  { cancellation }: TransferOptions = {},
): Promise<Answer<Upload>> {
  const total = sealedSize(source.size)
  const largest = connection.welcome()?.largestBlob
  if (largest !== undefined && largest > 0n && total > largest) return refuse('too-large')
  const key = ports.random.bytes(FILE_KEY_BYTES)
  const hash = sha256.create()
  let chunks = 0
  for await (const sealed of sealedFrom(source, key, 0)) {
    hash.update(sealed)
    chunks += 1
    if (chunks % CHUNKS_A_SLICE === 0) await ports.clock.breathe()
    if (cancellation?.aborted) return refuse('cancelled')
  }
  const digest = hash.digest()
  const prepared = await connection.ask(
    { case: 'prepareUpload', value: { size: BigInt(total), digest } },
    'uploadPrepared',
  )
  if (!prepared.ok) return prepared
  ports.crash?.('blob.announced')
  const { blob, token } = prepared.value
  return answer({ blob, token, key, digest, size: source.size })
}

/** From wherever it is. Refused also with `no-such-attachment` when its time is over. */
export async function continueUpload(
  { ports, connection }: TransferParts,
  upload: Upload,
  source: ByteSource,
  mediaType: string,
  { onProgress, cancellation }: TransferOptions = {},
): Promise<Answer<BlobPointer>> {
  const { key, size, digest, token } = upload
  const blob = blobIdOf(upload.blob)
  if (blob === undefined) return refuse('relay-refused', 'a blob of another length')
  const right = { blob, token }
  const total = sealedSize(size)
  let held = 0

  async function* counted(from: number): AsyncGenerator<Uint8Array> {
    let sent = from
    for await (const sealed of sealedFrom(source, key, from)) {
      yield sealed
      sent += sealed.length
      onProgress?.(sent, total)
    }
  }

  const whole = await persist(
    { ...ports, findRelay: connection.address },
    () => held,
    cancellation,
    async (address): Promise<Attempt<BlobPointer>> => {
      const there = await ports.blobs.held(address, right)
      if (!there.ok) return { again: there }
      held = there.held
      if (held > total) return { failed: refuse('relay-refused', 'more bytes than there are') }
      const bytes = { from: held, count: total - held, read: counted(held) }
      const sent = await ports.blobs.send(address, right, bytes, cancellation)
      if (!sent.ok) return { again: sent }
      held = sent.held
      if (held < total) return { again: { ok: false, why: 'interrupted' } }
      return { done: { blob: upload.blob, key, size: BigInt(size), digest, mediaType } }
    },
  )
  if (whole.ok) ports.crash?.('blob.uploaded')
  if (!whole.ok && whole.failure.code === 'cancelled') await forgetUpload({ ports, connection }, right)
  return whole
}

/** Once, and for the sake of the quota: what stays there expires by itself. */
async function forgetUpload(
  { ports, connection }: TransferParts,
  right: Parameters<TransferParts['ports']['blobs']['forget']>[1],
): Promise<void> {
  try {
    const forgotten = await ports.blobs.forget(await connection.address(), right)
    if (!forgotten.ok) ports.log.info('upload.not-forgotten', { why: forgotten.why })
  } catch {
    ports.log.info('upload.not-forgotten', { why: 'no relay' })
  }
}
