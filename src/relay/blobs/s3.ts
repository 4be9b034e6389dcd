// Blobs in S3, or in whatever speaks its protocol: for relays that share them. What is not whole has a name of its own.

import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type Part,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { BlobId } from '../../protocol/blobs.ts'
import { StoreUnavailable } from '../store.ts'
import type { Appended, Blob, BlobStore } from './contract.ts'
import { sameDigest, sha256 } from './digest.ts'

/** The smallest part that S3 takes but for the last one: what has not filled one when a connection breaks is sent again. */
const PART = 5 * 1024 * 1024

export interface Bucket {
  bucket: string
  /** Empty, or ending in a slash. */
  prefix: string
  /** Undefined: Amazon's. */
  endpoint: string | undefined
  /** Undefined: as the environment says. */
  region: string | undefined
}

/** What an upload is made of so far. */
interface Parts {
  id: string
  parts: readonly Part[]
  held: number
}

/** Credentials are found as https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html has it. */
export function openS3Blobs({ bucket, prefix, endpoint, region }: Bucket): BlobStore {
  const s3 = new S3Client({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    // What others that speak the protocol do not all know. Blobs have a digest of their own.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const whole = (blob: BlobId) => ({ Bucket: bucket, Key: `${prefix}whole/${blob}` })
  const unfinished = (blob: BlobId) => ({ Bucket: bucket, Key: `${prefix}unfinished/${blob}` })

  async function begun(blob: BlobId): Promise<Parts | undefined> {
    const { Bucket, Key } = unfinished(blob)
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }))
    const id = Uploads.find((upload) => upload.Key === Key)?.UploadId
    if (id === undefined) return undefined
    const parts: Part[] = []
    for (let after: string | undefined; ; ) {
      const page = await s3.send(
        new ListPartsCommand({ ...unfinished(blob), UploadId: id, ...(after && { PartNumberMarker: after }) }),
      )
      parts.push(...(page.Parts ?? []))
      if (page.IsTruncated !== true || page.NextPartNumberMarker === undefined) break
      after = page.NextPartNumberMarker
    }
    return { id, parts, held: parts.reduce((sum, { Size = 0 }) => sum + Size, 0) }
  }

  async function begin(blob: BlobId): Promise<Parts> {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(unfinished(blob)))
    if (UploadId === undefined) throw new Error('an upload without id')
    return { id: UploadId, parts: [], held: 0 }
  }

  async function put(blob: BlobId, { id, parts, held }: Parts, Body: Buffer): Promise<Parts> {
    const PartNumber = (parts.at(-1)?.PartNumber ?? 0) + 1
    const { ETag } = await s3.send(new UploadPartCommand({ ...unfinished(blob), UploadId: id, PartNumber, Body }))
    return { id, parts: [...parts, { PartNumber, ...(ETag && { ETag }) }], held: held + Body.length }
  }

  async function append(announced: Blob, from: number, bytes: AsyncIterable<Uint8Array>): Promise<Appended> {
    const { blob, size, digest } = announced
    let upload: Parts | undefined
    const hash = from === 0 ? createHash('sha256') : undefined
    let at = from
    for await (const part of inParts(bytes, size - from)) {
      hash?.update(part)
      at += part.length
      if (part.length < PART && at < size) return { outcome: 'partial', held: at - part.length }
      if (part.length === size) return keepSmall(announced, part)
      upload = await put(blob, upload ?? (await begun(blob)) ?? (await begin(blob)), part)
    }
    if (at < size) return { outcome: 'partial', held: at }
    upload ??= await begun(blob)
    if (upload === undefined) throw new Error('bytes that are nowhere')
    await s3.send(
      new CompleteMultipartUploadCommand({
        ...unfinished(blob),
        UploadId: upload.id,
        MultipartUpload: { Parts: upload.parts.map(({ ETag, PartNumber }) => ({ ETag, PartNumber })) },
      }),
    )
    const found = hash?.digest() ?? (await digestOf(read(unfinished(blob), 0, size - 1)))
    const isIt = sameDigest(found, digest)
    const source = unfinished(blob)
    if (isIt) await s3.send(new CopyObjectCommand({ ...whole(blob), CopySource: `${bucket}/${source.Key}` }))
    await s3.send(new DeleteObjectCommand(source))
    return { outcome: isIt ? 'whole' : 'spoiled' }
  }

  async function keepSmall({ blob, digest }: Blob, bytes: Buffer): Promise<Appended> {
    if (!sameDigest(sha256(bytes), digest)) return { outcome: 'spoiled' }
    await s3.send(new PutObjectCommand({ ...whole(blob), Body: bytes }))
    return { outcome: 'whole' }
  }

  async function* read(place: { Bucket: string; Key: string }, first: number, last: number) {
    const { Body } = await s3.send(new GetObjectCommand({ ...place, Range: `bytes=${first}-${last}` }))
    if (!(Body instanceof Readable)) throw new Error('an object without bytes')
    yield* Body as AsyncIterable<Uint8Array>
  }

  return {
    held: (blob) => passing(async () => (await begun(blob))?.held ?? 0),
    append: (blob, from, bytes) => passing(() => append(blob, from, bytes)),
    find: (blob) =>
      passing(async () => {
        try {
          return (await s3.send(new HeadObjectCommand(whole(blob)))).ContentLength
        } catch (error) {
          if (statusOf(error) === 404) return undefined
          throw error
        }
      }),
    read: (blob, first, last) => read(whole(blob), first, last),
    remove: (blob) =>
      passing(async () => {
        const upload = await begun(blob)
        if (upload !== undefined)
          await s3.send(new AbortMultipartUploadCommand({ ...unfinished(blob), UploadId: upload.id }))
        await s3.send(new DeleteObjectCommand(unfinished(blob)))
        await s3.send(new DeleteObjectCommand(whole(blob)))
      }),
  }
}

/** The bytes in parts, the last of which is shorter. If they end early, what there was of them comes all the same. */
async function* inParts(bytes: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Buffer> {
  const source = bytes[Symbol.asyncIterator]()
  let gathered: Uint8Array[] = []
  let length = 0
  let left = most
  while (left > 0) {
    const next = await source.next().catch(() => ({ done: true, value: undefined }) as const)
    if (next.done) break
    let chunk = next.value.subarray(0, left)
    left -= chunk.length
    while (length + chunk.length >= PART) {
      const fitting = chunk.subarray(0, PART - length)
      yield Buffer.concat([...gathered, fitting])
      chunk = chunk.subarray(fitting.length)
      gathered = []
      length = 0
    }
    // Copied: whose memory it is may be used again for what comes next.
    if (chunk.length > 0) gathered.push(Buffer.from(chunk))
    length += chunk.length
  }
  if (length > 0) yield Buffer.concat(gathered)
}

async function digestOf(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const hash = createHash('sha256')
  for await (const chunk of bytes) hash.update(chunk)
  return hash.digest()
}

/** The network, a server in trouble, or rights that somebody can give; anything else is our mistake. */
async function passing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const status = statusOf(error)
    const isOurs = status !== undefined && status !== 401 && status !== 403 && status !== 429 && status < 500
    const isOfTheNetwork = error instanceof Error && 'code' in error
    if (isOurs || (status === undefined && !isOfTheNetwork && !(error instanceof S3ServiceException))) throw error
    throw new StoreUnavailable('blobs', { cause: error })
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
}
