// Where a blob is found over HTTP, at the relay's own port: its path, and the headers of an upload [P150]–[P153].

import { bytesToHex } from '@noble/hashes/utils.js'
import { BLOB_ID_BYTES } from './limits.ts'

/** 64 hexadecimal digits in lower case: 32 random bytes. It names a file where names are the same in either case. */
export type BlobId = string & { readonly __brand: 'BlobId' }

/** Undefined: not as many bytes as name a blob. */
export function blobIdOf(bytes: Uint8Array): BlobId | undefined {
  return bytes.length === BLOB_ID_BYTES ? (bytesToHex(bytes) as BlobId) : undefined
}

export function blobPath(blob: BlobId): string {
  return `${BLOBS}${blob}`
}

/** Undefined: the path of no blob. */
export function blobAt(path: string): BlobId | undefined {
  const id = path.startsWith(BLOBS) ? path.slice(BLOBS.length) : ''
  return /^[0-9a-f]{64}$/.test(id) ? (id as BlobId) : undefined
}

const BLOBS = '/blobs/'

/** Bytes of a blob that the relay has; where those that are sent belong. */
export const OFFSET_HEADER = 'upload-offset'
/** What `UploadPrepared` gave, in hexadecimal. */
export const TOKEN_HEADER = 'upload-token'
