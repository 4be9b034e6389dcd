// Attachments there and back again: over a network that breaks, and from a relay that does what it likes with them.

import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ByteSink, type ByteSource, bytesIn, joined } from '../../../src/engine/attachments/bytes.ts'
import { downloadBlob, downloadBytes } from '../../../src/engine/attachments/download.ts'
import { sealedSize } from '../../../src/engine/attachments/stream.ts'
import {
  announceUpload,
  type BlobPointer,
  continueUpload,
  type TransferOptions,
  uploadBlob,
} from '../../../src/engine/attachments/upload.ts'
import type { Live } from '../../../src/engine/live.ts'
import type { BlobTransfer } from '../../../src/engine/ports.ts'
import { UPLOAD_WITHIN } from '../../../src/protocol/limits.ts'
import type { Answer } from '../../../src/shared/answer.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'
import { atWork } from './at-work.ts'
import { cuttingProxy } from './cutting-proxy.ts'

const MOST = 10_000_000

let world: World
beforeEach(async () => {
  world = await World.create()
})
afterEach(() => world.close())

function value<T>(answered: Answer<T>): T {
  if (!answered.ok) throw new Error(`refused: ${answered.failure.code} ${answered.failure.detail ?? ''}`)
  return answered.value
}

const code = (answered: Answer<unknown>) => (answered.ok ? 'answered' : answered.failure.code)

async function upload(live: Live, plaintext: Uint8Array, options: TransferOptions = {}): Promise<BlobPointer> {
  return value(await uploadBlob(live, bytesIn(plaintext), 'image/png', options))
}

const download = (live: Live, pointer: BlobPointer) => downloadBytes(live, asParsed(pointer), MOST)

/** As it comes out of a content. */
function asParsed({ blob, key, size, digest }: BlobPointer) {
  return { blob: new Uint8Array(blob), key: new Uint8Array(key), size: BigInt(size), digest: new Uint8Array(digest) }
}

/** As long as it is under way the clock moves on, so that tries are made again. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  done.catch(() => {})
  await until(async () => {
    if (!isDone) await world.clock.advance(500)
    return isDone
  }, 'it has come to an end')
  return done
}

/** Files of whole blobs at the relay. */
function stored(): string[] {
  return readdirSync(world.relayBlobs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.length === 64)
    .map(({ parentPath, name }) => join(parentPath, name))
}

function only<T>([first, ...more]: readonly T[]): T {
  if (first === undefined || more.length > 0) throw new Error('not one')
  return first
}

describe('there and back', () => {
  test.each([0, 1, 65_536, 3_000_000])('[K17][P155] %i bytes that Alice uploads are what Bob gets', async (size) => {
    const [alice, bob] = [await atWork(world, 'alice'), await atWork(world, 'bob')]
    const plaintext = randomBytes(size)
    const progress: [number, number][] = []
    const pointer = await upload(alice, plaintext, { onProgress: (done, total) => progress.push([done, total]) })
    expect(pointer.size).toBe(BigInt(size))
    expect(progress.at(-1)).toEqual([sealedSize(size), sealedSize(size)])
    expect(Buffer.from(value(await download(bob, pointer))).equals(plaintext)).toBe(true)
  })

  test('[K1][P155] the relay has no word of it, in no file of the blobs and in none of the database', async () => {
    const alice = await atWork(world, 'alice')
    const canary = 'canary-attached-42ff'
    await upload(alice, Buffer.from(canary.repeat(10_000)))
    const files = [...stored(), ...['', '-wal'].map((end) => `${world.relayFile}${end}`)]
    expect(stored().length).toBe(1)
    for (const file of files) expect(readFileSync(file).includes(canary), file).toBe(false)
  })

  test('[K17] what is too much for the relay is refused before it is sent, and by the one who asked if it grew since', async () => {
    await world.close()
    world = await World.create({ limits: { largestBlob: 100_000, blobQuota: 150_000 } })
    const alice = await atWork(world, 'alice')
    expect(code(await uploadBlob(alice, bytesIn(randomBytes(100_001)), ''))).toBe('too-large')
    const pointer = await upload(alice, randomBytes(80_000))
    expect(code(await uploadBlob(alice, bytesIn(randomBytes(80_000)), ''))).toBe('quota-exceeded')
    expect(code(await downloadBytes(alice, asParsed(pointer), 79_999))).toBe('too-large')
  })
})

describe('over a network that breaks', () => {
  test('[K17][P152] an upload goes on where it was, however often it is cut', async () => {
    const proxy = await cuttingProxy(() => world.address())
    const alice = await atWork(world, 'alice', proxy.address)
    const plaintext = randomBytes(2_000_000)
    // From the start each time it would never end.
    proxy.cutAfter(500_000, 20)
    const pointer = value(await inTime(uploadBlob(alice, bytesIn(plaintext), '')))
    expect(proxy.cuts()).toBeGreaterThan(3)
    proxy.cutAfter(0, 0)
    expect(Buffer.from(value(await download(alice, pointer))).equals(plaintext)).toBe(true)
  })

  test('[K17][P153] a download goes on where it was', async () => {
    const proxy = await cuttingProxy(() => world.address())
    const bob = await atWork(world, 'bob', proxy.address)
    const plaintext = randomBytes(2_000_000)
    const pointer = await upload(await atWork(world, 'alice'), plaintext)
    proxy.cutAfter(500_000, 20)
    expect(Buffer.from(value(await inTime(download(bob, pointer)))).equals(plaintext)).toBe(true)
    expect(proxy.cuts()).toBeGreaterThan(3)
  })

  test('[K17] an upload that was announced goes on after a restart, of the relay as well', async () => {
    const proxy = await cuttingProxy(() => world.address())
    const alice = await atWork(world, 'alice', proxy.address)
    const source = bytesIn(randomBytes(2_000_000))
    const announced = value(await announceUpload(alice, source))
    proxy.cutAfter(1_000_000, 1e9)
    const stop = new AbortController()
    const first = continueUpload({ ...alice, ports: { ...alice.ports, clock: world.clock } }, announced, source, '', {
      onProgress: (done) => {
        if (done > 800_000) stop.abort()
      },
    })
    // The app is killed: nobody waits for this one any more.
    first.catch(() => {})
    await until(async () => stop.signal.aborted, 'some of it is there')
    proxy.cutAfter(0, 0)
    await world.stopRelay()
    await world.startRelay()
    const pointer = value(await inTime(continueUpload(alice, announced, source, '')))
    expect(code(await download(alice, pointer))).toBe('answered')
    await inTime(first)
  })

  test('[K17] with a relay that does not come back it ends, after some tries', async () => {
    const alice = await atWork(world, 'alice')
    const pointer = await upload(alice, randomBytes(1000))
    await world.stopRelay()
    expect(code(await inTime(download(alice, pointer)))).toBe('not-connected')
    await world.startRelay()
  })

  test('[K17] what is stopped is stopped at once, and the relay forgets what it had of it', async () => {
    const alice = await atWork(world, 'alice')
    const stop = new AbortController()
    const onProgress = (done: number) => {
      if (done > 1_000_000) stop.abort()
    }
    const source = bytesIn(randomBytes(5_000_000))
    const options = { onProgress, cancellation: stop.signal }
    expect(code(await uploadBlob(alice, source, '', options))).toBe('cancelled')
    expect(stored()).toEqual([])
    expect(code(await uploadBlob(alice, source, '', options))).toBe('cancelled')
    const pointer = await upload(alice, randomBytes(5_000_000))
    const stopped = new AbortController()
    const sink = recordingSink()
    const end = downloadBlob(alice, asParsed(pointer), sink, {
      onProgress: () => stopped.abort(),
      cancellation: stopped.signal,
    })
    expect(code(await end)).toBe('cancelled')
    expect(sink.ended).toBe('discarded')
  })

  test('[P154] what was not finished in its day, and what nobody has any more, is told as such', async () => {
    const alice = await atWork(world, 'alice')
    const source = bytesIn(randomBytes(1000))
    const announced = value(await announceUpload(alice, source))
    world.clock.jump(UPLOAD_WITHIN)
    expect(code(await continueUpload(alice, announced, source, ''))).toBe('no-such-attachment')
    expect(code(await download(alice, { ...announced, size: 1000n, mediaType: '' }))).toBe('no-such-attachment')
  })
})

function recordingSink(): ByteSink & { bytes: Uint8Array[]; ended: 'kept' | 'discarded' | undefined } {
  return {
    bytes: [],
    ended: undefined,
    async write(bytes) {
      this.bytes.push(bytes)
    },
    async keep() {
      this.ended = 'kept'
    },
    async discard() {
      this.ended = 'discarded'
    },
  }
}

describe('[P157] from a relay that serves what it likes, nothing is kept', () => {
  const SIZE = 1_000_000

  async function attacked(
    attack: (file: string, live: Live) => void | Promise<void>,
    change: Partial<BlobPointer> = {},
  ) {
    const alice = await atWork(world, 'alice')
    const pointer = await upload(alice, randomBytes(SIZE))
    await attack(only(stored()), alice)
    const sink = recordingSink()
    const outcome = await inTime(downloadBlob(alice, asParsed({ ...pointer, ...change }), sink))
    expect(sink.ended).toBe('discarded')
    return code(outcome)
  }

  function flip(file: string, at: number): void {
    const bytes = readFileSync(file)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    writeFileSync(file, bytes)
  }

  test.each([
    ['a bit in the first chunk', 0],
    ['a bit in the middle', 500_000],
    ['a bit in the last tag', sealedSize(SIZE) - 1],
  ])('%s', async (_, at) => {
    expect(await attacked((file) => flip(file, at))).toBe('attachment-spoiled')
  })

  test('[F2] cut short', async () => {
    expect(await attacked((file) => truncateSync(file, statSync(file).size - 1))).toBe('attachment-spoiled')
  })

  test('more than there was', async () => {
    expect(await attacked((file) => writeFileSync(file, randomBytes(100), { flag: 'a' }))).toBe('attachment-spoiled')
  })

  test('another blob of the same length', async () => {
    const swap = async (file: string, live: Live) => {
      await upload(live, randomBytes(SIZE))
      const other = only(stored().filter((each) => each !== file))
      writeFileSync(file, readFileSync(other))
    }
    expect(await attacked(swap)).toBe('attachment-spoiled')
  })

  test('a digest, a key or a size that is not the one that was sealed', async () => {
    const nothing = () => {}
    expect(await attacked(nothing, { digest: randomBytes(32) })).toBe('attachment-spoiled')
    await world.close()
    world = await World.create()
    expect(await attacked(nothing, { key: randomBytes(32) })).toBe('attachment-spoiled')
    await world.close()
    world = await World.create()
    expect(await attacked(nothing, { size: BigInt(SIZE - 1) })).toBe('attachment-spoiled')
  })

  test('what is no pointer at all', async () => {
    const alice = await atWork(world, 'alice')
    const good = asParsed(await upload(alice, randomBytes(10)))
    for (const bad of [
      { ...good, blob: randomBytes(31) },
      { ...good, key: randomBytes(31) },
      { ...good, digest: new Uint8Array(0) },
      { ...good, size: 2n ** 63n },
    ])
      expect(code(await downloadBlob(alice, bad, recordingSink()))).toBe('attachment-spoiled')
  })

  test('a relay that says it has more than there is, or says nonsense', async () => {
    const lying =
      (lie: Partial<BlobTransfer>) =>
      (real: BlobTransfer): BlobTransfer => ({ ...real, ...lie })
    const alice = await atWork(
      world,
      'alice',
      () => world.address(),
      lying({ held: async () => ({ ok: true, held: 1e9 }) }),
    )
    expect(code(await uploadBlob(alice, bytesIn(randomBytes(10)), ''))).toBe('relay-refused')
  })
})

test('[K17] a source that fails is the asker’s to hear of, and a file that changed meanwhile is not taken for the old one', async () => {
  const alice = await atWork(world, 'alice')
  let reads = 0
  const failing: ByteSource = {
    size: 1000,
    async *read() {
      reads += 1
      if (reads > 1) throw new Error('unplugged')
      yield randomBytes(1000)
    },
  }
  await expect(uploadBlob(alice, failing, '')).rejects.toThrow('unplugged')
  const changing: ByteSource = {
    size: 1000,
    async *read() {
      yield randomBytes(1000)
    },
  }
  expect(code(await uploadBlob(alice, changing, ''))).toBe('attachment-spoiled')
  expect(stored()).toEqual([])
})

test('[K17] hundreds of megabytes are never in memory at once', async () => {
  await world.close()
  world = await World.create({ limits: { largestBlob: 1e9 } })
  const alice = await atWork(world, 'alice')
  const size = 200_000_000
  const piece = randomBytes(1_000_000)
  const source: ByteSource = {
    size,
    async *read(from) {
      for (let at = from; at < size; at += piece.length - (at % piece.length)) yield piece.subarray(at % piece.length)
    },
  }
  let written = 0
  const sink: ByteSink = {
    write: async (bytes) => {
      written += bytes.length
    },
    keep: async () => {},
    discard: async () => {},
  }
  const most = { heap: 0 }
  const onProgress = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    most.heap = Math.max(most.heap, heapUsed + arrayBuffers)
  }
  const pointer = value(await uploadBlob(alice, source, '', { onProgress }))
  value(await downloadBlob(alice, asParsed(pointer), sink, { onProgress }))
  expect(written).toBe(size)
  expect(most.heap).toBeLessThan(size)
})

test('pieces joined are the pieces', () => {
  expect(joined([Uint8Array.of(1), Uint8Array.of(2, 3)])).toEqual(Uint8Array.of(1, 2, 3))
})
