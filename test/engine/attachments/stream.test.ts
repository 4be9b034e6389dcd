// Sealed chunks: what comes out is what went in, and nothing else does.

import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ByteSource, bytesIn, inPieces, joined } from '../../../src/engine/attachments/bytes.ts'
import { beginUnsealing, paddedSize, sealedFrom, sealedSize } from '../../../src/engine/attachments/stream.ts'
import { createFileCipher } from '../../../src/engine/signal/file-cipher.ts'

const CHUNK = 65_536
const SEALED = CHUNK + 16

async function all(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return joined(pieces)
}

const seal = (plaintext: Uint8Array, key: Uint8Array, from = 0) => all(sealedFrom(bytesIn(plaintext), key, from))

/** Undefined: found out. */
function open(sealed: Uint8Array, key: Uint8Array, size: number, step = sealed.length): Uint8Array | undefined {
  const unsealing = beginUnsealing(key, size)
  const opened: Uint8Array[] = []
  for (let at = 0; at < sealed.length; at += step) {
    const pieces = unsealing.open(sealed.subarray(at, at + step))
    if (pieces === undefined) return undefined
    opened.push(...pieces)
  }
  return joined(opened)
}

describe('[P155]', () => {
  test.each([0, 1, 511, 512, 513, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 1_000_000])('%i bytes', async (size) => {
    const [plaintext, key] = [randomBytes(size), randomBytes(32)]
    const sealed = await seal(plaintext, key)
    expect(sealed.length).toBe(sealedSize(size))
    expect(Buffer.from(open(sealed, key, size) ?? []).equals(plaintext)).toBe(true)
    expect(Buffer.from(open(sealed, key, size, 1000) ?? []).equals(plaintext)).toBe(true)
  })

  test('any source in any pieces, from any place on, gives the same bytes', async () => {
    const plaintext = randomBytes(2 * CHUNK + 777)
    const key = randomBytes(32)
    const sealed = Buffer.from(await seal(plaintext, key))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100_000 }), fc.nat(sealed.length), async (step, from) => {
        const source: ByteSource = {
          size: plaintext.length,
          async *read(start) {
            for (let at = start; at < plaintext.length; at += step) yield plaintext.subarray(at, at + step)
          },
        }
        expect(sealed.subarray(from).equals(await all(sealedFrom(source, key, from)))).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  test('a bit, a tag, a key, an order, a repetition, an end or a beginning that is not right is found out', async () => {
    const size = 3 * CHUNK
    const [plaintext, key] = [randomBytes(size), randomBytes(32)]
    const sealed = Buffer.from(await seal(plaintext, key))
    const chunk = (index: number) => sealed.subarray(index * SEALED, (index + 1) * SEALED)
    const altered = (at: number) => {
      const copy = Buffer.from(sealed)
      copy[at] = (copy[at] ?? 0) ^ 1
      return copy
    }
    for (const at of [0, SEALED - 1, SEALED, 2 * SEALED + 5, sealed.length - 1])
      expect(open(altered(at), key, size), `bit at ${at}`).toBeUndefined()
    expect(open(sealed, randomBytes(32), size)).toBeUndefined()
    expect(open(Buffer.concat([chunk(1), chunk(0), chunk(2)]), key, size)).toBeUndefined()
    expect(open(Buffer.concat([chunk(0), chunk(0), chunk(2)]), key, size)).toBeUndefined()
    expect(open(Buffer.concat([sealed, chunk(2)]), key, size)).toBeUndefined()
    // Cut short at a chunk, and passed off as all there was: the last chunk says that it is the last.
    expect(open(sealed.subarray(0, SEALED), key, CHUNK)).toBeUndefined()
    expect(open(sealed.subarray(0, 2 * SEALED), key, 2 * CHUNK)).toBeUndefined()
    // And with a size that is not the true one.
    expect(open(sealed, key, size - 1)).toBeUndefined()
    expect(open(sealed, key, 2 * CHUNK)).toBeUndefined()
  })

  test('it is STREAM as age has it: eleven bytes of counter, one for the last', async () => {
    const [plaintext, key] = [randomBytes(CHUNK + 1), randomBytes(32)]
    const sealed = await seal(plaintext, key)
    const cipher = createFileCipher(key)
    const first = new Uint8Array(12)
    const second = new Uint8Array(12)
    second.set([1, 1], 10)
    expect(Buffer.from(cipher.open(sealed.subarray(0, SEALED), first) ?? []).equals(plaintext.subarray(0, CHUNK))).toBe(
      true,
    )
    const rest = Buffer.from(cipher.open(sealed.subarray(SEALED), second) ?? [])
    expect(rest.subarray(0, 1).equals(plaintext.subarray(CHUNK))).toBe(true)
    expect(rest.subarray(1).every((byte) => byte === 0)).toBe(true)
  })
})

test('[P156] lengths are hidden in steps of at most an eighth, and never shrink', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (size) => {
      const padded = paddedSize(size)
      expect(padded).toBeGreaterThanOrEqual(size)
      if (size > 512) expect(padded).toBeLessThanOrEqual(size * 1.125)
      expect(paddedSize(padded)).toBe(padded)
    }),
  )
  // From the paper's definition, worked out by hand.
  expect([0, 512, 513, 1000, 1_000_000, 2 ** 49 - 1].map(paddedSize)).toEqual([512, 512, 544, 1024, 1_015_808, 2 ** 49])
})

test('a source with more or fewer bytes than it said is our mistake', async () => {
  const lying = (size: number): ByteSource => ({ ...bytesIn(randomBytes(1000)), size })
  await expect(all(sealedFrom(lying(999), randomBytes(32), 0))).rejects.toThrow('more bytes')
  await expect(all(sealedFrom(lying(1001), randomBytes(32), 0))).rejects.toThrow('fewer bytes')
  await expect(all(inPieces(bytesIn(randomBytes(10)).read(0), 4, 11))).rejects.toThrow('fewer bytes')
})

test('the same file twice is not the same on the wire: each has a key of its own', async () => {
  const plaintext = randomBytes(1000)
  const digest = async () =>
    createHash('sha256')
      .update(await seal(plaintext, randomBytes(32)))
      .digest('hex')
  expect(await digest()).not.toBe(await digest())
})
