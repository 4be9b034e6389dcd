// What a relay asks of the two places that know of blobs: rows in its store, bytes in a blob store. docs/storage.md has
// the rules [S8] [S9]; suites check every implementation of either.

import type { BlobId } from '../../protocol/blobs.ts'
import type { AccountId, Instant } from '../../shared/ids.ts'

/** Sealed bytes as they were announced. */
export interface Blob {
  blob: BlobId
  /** In bytes, at least one. */
  size: number
  /** SHA-256 of them. */
  digest: Uint8Array
}

export interface NewUpload extends Blob {
  /** SHA-256 of the secret that lets one write. */
  tokenDigest: Uint8Array
  expiresAt: Instant
}

export interface Upload extends NewUpload {
  /** It is in the blob store, whole. */
  isWhole: boolean
}

/** What one account may have at the relay. */
export interface BlobAllowance {
  /** Bytes as announced, of uploads under way too. */
  bytes: number
  /** Uploads that are not whole. */
  underWay: number
}

/** Who put what there, as a part of the relay's store: by account [S1]. */
export interface UploadStore {
  /** The allowance is looked at in the commit that adds it [S8]. */
  addUpload(
    account: AccountId,
    upload: NewUpload,
    allowance: BlobAllowance,
  ): Promise<'added' | 'quota-exceeded' | 'too-many' | 'no-such-account'>
  findUpload(account: AccountId, blob: BlobId): Promise<Upload | undefined>
  /** It is whole and kept until then. False: it was forgotten meanwhile. */
  setWhole(account: AccountId, blob: BlobId, expiresAt: Instant): Promise<boolean>
  forgetUpload(account: AccountId, blob: BlobId): Promise<void>
  /** Those that expire by then; without it, all. */
  uploadsOf(account: AccountId, expiringBy?: Instant): Promise<BlobId[]>
}

/** whole: from now on it is served · partial: so many bytes are safely there · spoiled: not what was announced, and gone. */
export type Appended = { outcome: 'whole' | 'spoiled' } | { outcome: 'partial'; held: number }

/**
 * The bytes. A blob is served from the moment it is whole and has its digest, and never before [S9]. Calls reject with
 * StoreUnavailable if trying later makes sense.
 */
export interface BlobStore {
  /** Bytes of an unfinished blob that are safely there. 0 for one that nobody has begun. */
  held(blob: BlobId): Promise<number>
  /**
   * Puts bytes behind the `from` that held() told. If they end early, or iterating throws, what came is kept as far as it
   * can be. Bytes beyond the size are not taken. One at a time for each blob.
   */
  append(blob: Blob, from: number, bytes: AsyncIterable<Uint8Array>): Promise<Appended>
  /** Its size; undefined: there is none that is whole. */
  find(blob: BlobId): Promise<number | undefined>
  /** Of one that is whole, both ends included. Iterating throws if it goes meanwhile. */
  read(blob: BlobId, first: number, last: number): AsyncIterable<Uint8Array>
  /** Whole or not. */
  remove(blob: BlobId): Promise<void>
  /**
   * Forgets what nobody has written to for so many milliseconds, as told by the store's own clock: what a crash or a
   * restored backup left without a row. How many went. Absent: the place has rules of its own for that.
   */
  removeAbandoned?(age: number): Promise<number>
}
