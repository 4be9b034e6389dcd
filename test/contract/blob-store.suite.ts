// What every blob store promises: docs/storage.md [S9] as stories. Runs against each implementation.

import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { type BlobId, blobIdOf } from '../../src/protocol/blobs.ts'
import type { Blob, BlobStore } from '../../src/relay/blobs/contract.ts'

/** A store in a place of its own; opening it again finds what was there. */
export interface BlobPlace {
  open(): Promise<BlobStore>
  /** Whatever is in that place, in pieces of any kind. */
  everything(): Promise<number>
}

/** More than one part of an upload in parts, and not a whole number of them. */
const LARGE = 12_000_000

export function makeBlob(size: number): { blob: Blob; bytes: Buffer } {
  const bytes = randomBytes(size)
  const digest = createHash('sha256').update(bytes).digest()
  return { blob: { blob: blobIdOf(randomBytes(32)) as BlobId, size, digest }, bytes }
}

async function* pieces(bytes: Buffer, step = 65_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
}

async function* broken(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield* pieces(bytes)
  throw new Error('the connection broke')
}

async function read(store: BlobStore, blob: BlobId, first: number, last: number): Promise<Buffer> {
  const found: Uint8Array[] = []
  for await (const chunk of store.read(blob, first, last)) found.push(chunk)
  return Buffer.concat(found)
}

export function describeBlobStore(place: () => Promise<BlobPlace>): void {
  test.each([1, 65_536, LARGE])('[S9] %i bytes come back as they went, after a restart too', async (size) => {
    const where = await place()
    const store = await where.open()
    const { blob, bytes } = makeBlob(size)
    expect(await store.append(blob, 0, pieces(bytes))).toEqual({ outcome: 'whole' })
    const again = await where.open()
    expect(await again.find(blob.blob)).toBe(size)
    expect((await read(again, blob.blob, 0, size - 1)).equals(bytes)).toBe(true)
    const middle = Math.floor(size / 2)
    expect((await read(again, blob.blob, middle, size - 1)).equals(bytes.subarray(middle))).toBe(true)
    await again.remove(blob.blob)
    expect(await again.find(blob.blob)).toBeUndefined()
    expect(await where.everything()).toBe(0)
  })

  test('[S9] what ends early is no blob, and goes on where it was', async () => {
    const where = await place()
    const { blob, bytes } = makeBlob(LARGE)
    expect(await (await where.open()).held(blob.blob)).toBe(0)
    let at = 0
    let attempts = 0
    for (; ; attempts += 1) {
      const store = await where.open()
      expect(await store.find(blob.blob)).toBeUndefined()
      const some = bytes.subarray(at, at + 7_000_000)
      const appended = await store.append(blob, at, attempts % 2 === 0 ? broken(some) : pieces(some))
      if (appended.outcome === 'whole') break
      if (appended.outcome !== 'partial') throw new Error('spoiled')
      expect(appended.held).toBeGreaterThan(at)
      expect(await (await where.open()).held(blob.blob)).toBe(appended.held)
      at = appended.held
    }
    expect(attempts).toBeGreaterThan(0)
    expect((await read(await where.open(), blob.blob, 0, LARGE - 1)).equals(bytes)).toBe(true)
  })

  test('[S9] bytes with another digest are no blob, however they came, and are gone', async () => {
    const where = await place()
    const store = await where.open()
    for (const size of [1000, LARGE]) {
      const { blob, bytes } = makeBlob(size)
      const wrong = { ...blob, digest: randomBytes(32) }
      expect(await store.append(wrong, 0, pieces(bytes))).toEqual({ outcome: 'spoiled' })
      expect(await store.find(blob.blob)).toBeUndefined()
      expect(await store.held(blob.blob)).toBe(0)
    }
    const { blob, bytes } = makeBlob(LARGE)
    const wrong = { ...blob, digest: randomBytes(32) }
    const begun = await store.append(wrong, 0, broken(bytes.subarray(0, 6_000_000)))
    const held = begun.outcome === 'partial' ? begun.held : 0
    expect(await store.append(wrong, held, pieces(bytes.subarray(held)))).toEqual({ outcome: 'spoiled' })
    expect(await store.find(blob.blob)).toBeUndefined()
    expect(await where.everything()).toBe(0)
  })

  test('[S9] more bytes than were announced are not taken', async () => {
    const store = await (await place()).open()
    const { blob, bytes } = makeBlob(100_000)
    const more = Buffer.concat([bytes, randomBytes(100_000)])
    expect(await store.append(blob, 0, pieces(more))).toEqual({ outcome: 'whole' })
    expect(await store.find(blob.blob)).toBe(100_000)
    expect((await read(store, blob.blob, 0, 99_999)).equals(bytes)).toBe(true)
  })

  test('[S9] a blob is not in the way of others, and removing what is not there is nothing', async () => {
    const store = await (await place()).open()
    const made = Array.from({ length: 20 }, (_, index) => makeBlob(1000 + index))
    await Promise.all(made.map(({ blob, bytes }) => store.append(blob, 0, pieces(bytes))))
    await store.remove(blobIdOf(randomBytes(32)) as BlobId)
    await store.remove(made[0]?.blob.blob as BlobId)
    const found = await Promise.all(made.map(({ blob }) => store.find(blob.blob)))
    expect(found).toEqual(made.map(({ blob }, index) => (index === 0 ? undefined : blob.size)))
    await expect(read(store, made[0]?.blob.blob as BlobId, 0, 10)).rejects.toThrow()
  })

  test('[P59][S9] an upload that is removed on its way is gone with all its parts', async () => {
    const where = await place()
    const store = await where.open()
    const { blob, bytes } = makeBlob(LARGE)
    await store.append(blob, 0, broken(bytes.subarray(0, 11_000_000)))
    await store.remove(blob.blob)
    expect(await store.held(blob.blob)).toBe(0)
    expect(await where.everything()).toBe(0)
  })
}
