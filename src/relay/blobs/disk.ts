// Blobs in a folder: each a file of its own that gets its name when it is whole, verified and on the disk.

import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobId } from '../../protocol/blobs.ts'
import { StoreUnavailable } from '../store.ts'
import type { Appended, Blob, BlobStore } from './contract.ts'
import { sameDigest } from './digest.ts'

const UNFINISHED = 'unfinished'
/** Looked at to know the time as the disk tells it. */
const PROBE = 'probe'

/** Made if it is not there, for its owner only. */
export async function openDiskBlobs(folder: string): Promise<BlobStore> {
  await mkdir(join(folder, UNFINISHED), { recursive: true, mode: 0o700 })
  const unfinished = (blob: BlobId) => join(folder, UNFINISHED, blob)
  /** In 256 folders, so that none grows too long. */
  const shelf = (blob: BlobId) => join(folder, blob.slice(0, 2))
  const whole = (blob: BlobId) => join(shelf(blob), blob)

  async function append({ blob, size, digest }: Blob, from: number, bytes: AsyncIterable<Uint8Array>) {
    const file = await open(unfinished(blob), from === 0 ? 'w+' : 'r+', 0o600)
    try {
      const hash = from === 0 ? createHash('sha256') : undefined
      const held = await write(file, from, size, bytes, hash)
      await file.datasync()
      if (held < size) return { outcome: 'partial', held } satisfies Appended
      if (sameDigest(await digestOf(file, hash), digest)) await keep(blob)
      else await rm(unfinished(blob), { force: true })
      return { outcome: (await sizeOf(whole(blob))) === size ? 'whole' : 'spoiled' } satisfies Appended
    } finally {
      await file.close()
    }
  }

  async function keep(blob: BlobId): Promise<void> {
    if ((await mkdir(shelf(blob), { recursive: true, mode: 0o700 })) !== undefined) await syncFolder(folder)
    await rename(unfinished(blob), whole(blob))
    await syncFolder(shelf(blob))
  }

  async function removeOlder(place: string, before: number): Promise<number> {
    let removed = 0
    for (const name of await readdir(place).catch(ifMissing([]))) {
      const file = join(place, name)
      const found = await stat(file).catch(ifMissing(undefined))
      if (found === undefined || found.mtimeMs >= before) continue
      await rm(file, { force: true })
      removed += 1
    }
    return removed
  }

  return {
    held: (blob) => passing(async () => (await sizeOf(unfinished(blob))) ?? 0),
    append: (blob, from, bytes) => passing(() => append(blob, from, bytes)),
    find: (blob) => passing(() => sizeOf(whole(blob))),
    read: (blob, first, last) => createReadStream(whole(blob), { start: first, end: last, highWaterMark: 256 * 1024 }),
    remove: (blob) =>
      passing(async () => {
        await rm(unfinished(blob), { force: true })
        await rm(whole(blob), { force: true })
      }),
    removeAbandoned: (age) =>
      passing(async () => {
        await (await open(join(folder, PROBE), 'w', 0o600)).close()
        const before = (await stat(join(folder, PROBE))).mtimeMs - age
        let removed = 0
        for (const name of await readdir(folder))
          if (name !== PROBE) removed += await removeOlder(join(folder, name), before)
        return removed
      }),
  }
}

/** How far it came. Whatever ends the bytes early, what there was of them is written. */
async function write(
  file: FileHandle,
  from: number,
  size: number,
  bytes: AsyncIterable<Uint8Array>,
  hash: Hash | undefined,
): Promise<number> {
  let at = from
  const source = bytes[Symbol.asyncIterator]()
  while (at < size) {
    const next = await source.next().catch(() => ({ done: true, value: undefined }) as const)
    if (next.done) break
    const chunk = next.value.subarray(0, size - at)
    hash?.update(chunk)
    for (let written = 0; written < chunk.length; )
      written += (await file.write(chunk, written, chunk.length - written, at + written)).bytesWritten
    at += chunk.length
  }
  return at
}

async function digestOf(file: FileHandle, running: Hash | undefined): Promise<Uint8Array> {
  if (running !== undefined) return running.digest()
  const hash = createHash('sha256')
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) hash.update(chunk)
  return hash.digest()
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(ifMissing(undefined)))?.size
}

/** Windows has no such thing: there a rename is on the disk by itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}

function ifMissing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return instead
    throw error
  }
}

/** No room, too many files, a disk that does not answer: somebody can help with each. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EIO', 'EROFS', 'EBUSY', 'EACCES', 'EPERM'])

async function passing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (PASSING.has(codeOf(error) ?? '')) throw new StoreUnavailable('blobs', { cause: error })
    throw error
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
