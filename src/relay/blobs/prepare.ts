// Announcing a blob over the connection, and forgetting those of an account [P150] [P151].

import type { BlobId } from '../../protocol/blobs.ts'
import { blobIdOf } from '../../protocol/blobs.ts'
import type { RelayBody } from '../../protocol/frames.ts'
import { type PrepareUpload, Reason } from '../../protocol/generated/relay_pb.ts'
import { BLOB_ID_BYTES, DIGEST_BYTES, UPLOAD_WITHIN } from '../../protocol/limits.ts'
import type { AccountId, Instant } from '../../shared/ids.ts'
import type { Caller } from '../authentication.ts'
import type { Limit, RelayLimits } from '../limits.ts'
import type { Clock, Random } from '../ports.ts'
import { malformed, refused, tooManyRequests } from '../refusal.ts'
import type { BlobStore, UploadStore } from './contract.ts'
import { makeToken } from './digest.ts'

export interface BlobParts {
  store: UploadStore
  /** Undefined: this relay keeps none. */
  blobs: BlobStore | undefined
  clock: Clock
  random: Random
  /** By account. */
  uploads: Limit
  limits: RelayLimits
}

/** Milliseconds after which an upload of one's own may have ended. */
const ANOTHER_TRY = 60_000

export async function prepareUpload(parts: BlobParts, { account }: Caller, request: PrepareUpload): Promise<RelayBody> {
  const { store, blobs, clock, random, limits } = parts
  if (blobs === undefined) return refused(Reason.NOT_SERVED, 'this relay keeps no blobs')
  const size = Number(request.size)
  if (size === 0 || request.digest.length !== DIGEST_BYTES) return malformed('not a blob')
  if (size > limits.largestBlob) return refused(Reason.TOO_LARGE, `at most ${limits.largestBlob} bytes`)
  const wait = parts.uploads.take(account)
  if (wait > 0) return tooManyRequests(wait)
  const blob = random.bytes(BLOB_ID_BYTES)
  const { token, tokenDigest } = makeToken(account, random)
  const expiresAt = (clock.now() + UPLOAD_WITHIN) as Instant
  const outcome = await store.addUpload(
    account,
    { blob: idOf(blob), size, digest: request.digest, tokenDigest, expiresAt },
    { bytes: limits.blobQuota, underWay: limits.mostUploads },
  )
  switch (outcome) {
    case 'added':
      return { case: 'uploadPrepared', value: { blob, token, expiresMs: BigInt(expiresAt) } }
    case 'quota-exceeded':
      return refused(Reason.QUOTA_EXCEEDED, `an account keeps at most ${limits.blobQuota} bytes`)
    case 'too-many':
      return refused(Reason.TOO_MANY_REQUESTS, `at most ${limits.mostUploads} uploads under way`, ANOTHER_TRY)
    case 'no-such-account':
      return refused(Reason.NO_SUCH_ACCOUNT, 'just erased')
  }
}

/** The bytes first, so that none is left without a row. How many there were. */
export async function forgetBlobs(
  { store, blobs }: Pick<BlobParts, 'store' | 'blobs'>,
  account: AccountId,
  expiringBy?: Instant,
): Promise<number> {
  const found = await store.uploadsOf(account, expiringBy)
  for (const blob of found) {
    await blobs?.remove(blob)
    await store.forgetUpload(account, blob)
  }
  return found.length
}

function idOf(bytes: Uint8Array): BlobId {
  const id = blobIdOf(bytes)
  if (id === undefined) throw new Error('dice that gave too few bytes')
  return id
}
