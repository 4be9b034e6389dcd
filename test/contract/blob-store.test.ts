// The blob stores that keep the contract: a folder, and S3.

import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { readBucket } from '../../src/cli/relay/bucket-address.ts'
import { openDiskBlobs } from '../../src/relay/blobs/disk.ts'
import { openS3Blobs } from '../../src/relay/blobs/s3.ts'
import { StoreUnavailable } from '../../src/relay/store.ts'
import { temporaryFolder } from '../relay/open.ts'
import { type S3Server, startS3 } from '../relay/s3-server.ts'
import { describeBlobStore, makeBlob } from './blob-store.suite.ts'

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'probe')
    .map(({ parentPath, name }) => join(parentPath, name))
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

describe('blobs in a folder', () => {
  describeBlobStore(async () => {
    const folder = temporaryFolder()
    return { open: () => openDiskBlobs(folder), everything: async () => files(folder).length }
  })

  test('[S9] files that nobody has written to for long are forgotten, by the clock of the disk', async () => {
    const folder = temporaryFolder()
    const store = await openDiskBlobs(folder)
    const [old, young] = [makeBlob(10), makeBlob(10)]
    for (const { blob, bytes } of [old, young]) await store.append(blob, 0, once(bytes))
    const unfinished = makeBlob(10)
    await store.append(unfinished.blob, 0, once(unfinished.bytes.subarray(0, 5)))
    const hourAgo = new Date(Date.now() - 3_600_000)
    for (const file of files(folder)) if (!file.endsWith(young.blob.blob)) utimesSync(file, hourAgo, hourAgo)
    expect(await store.removeAbandoned?.(2 * 3_600_000)).toBe(0)
    expect(await store.removeAbandoned?.(1_800_000)).toBe(2)
    expect(files(folder).map((file) => file.slice(-64))).toEqual([young.blob.blob])
  })

  test('[S9] nobody but its owner may read it, and bytes that never were all on the disk are found out', async () => {
    const folder = temporaryFolder()
    const store = await openDiskBlobs(folder)
    const { blob, bytes } = makeBlob(1000)
    await store.append(blob, 0, once(bytes.subarray(0, 600)))
    // As after a power cut: the length is there, the bytes are not.
    writeFileSync(join(folder, 'unfinished', blob.blob), Buffer.alloc(600))
    expect(await store.append(blob, 600, once(bytes.subarray(600)))).toEqual({ outcome: 'spoiled' })
    await store.append(blob, 0, once(bytes))
    if (process.platform === 'win32') return
    for (const file of files(folder)) expect(statSync(file).mode & 0o077).toBe(0)
  })
})

describe('blobs in S3', () => {
  let s3: S3Server
  beforeAll(async () => {
    s3 = await startS3()
    for (const [name, value] of Object.entries(s3.credentials)) vi.stubEnv(name, value)
  })
  afterEach(() => s3.fail(undefined))
  afterAll(async () => {
    vi.unstubAllEnvs()
    await s3.close()
  })

  const bucket = () => readBucket(s3.address)

  describeBlobStore(async () => {
    s3.objects.clear()
    return {
      open: async () => openS3Blobs(bucket()),
      everything: async () => s3.objects.size + s3.unfinished(),
    }
  })

  test('[S9] a server that does not answer, is in trouble or lets nobody in is a reason to try later', async () => {
    const { blob, bytes } = makeBlob(100)
    const store = openS3Blobs(bucket())
    s3.fail(500)
    await expect(store.find(blob.blob)).rejects.toThrow(StoreUnavailable)
    await expect(store.append(blob, 0, once(bytes))).rejects.toThrow(StoreUnavailable)
    s3.fail(undefined)
    const nowhere = openS3Blobs({ ...bucket(), endpoint: 'http://127.0.0.1:9' })
    await expect(nowhere.find(blob.blob)).rejects.toThrow(StoreUnavailable)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another')
    onTestFinished(() => void vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.credentials.AWS_SECRET_ACCESS_KEY))
    await expect(openS3Blobs(bucket()).find(blob.blob)).rejects.toThrow(StoreUnavailable)
  })
})
