// Rows as lines of JSON, and where a run of them is cut into segments.

import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { SqlValue } from '../../shared/sql.ts'
import type { BackupKeys } from './keys.ts'

const Value = z.union([
  z.string(),
  z.number(),
  z.null(),
  z.strictObject({ bytes: z.base64() }),
  z.strictObject({ integer: z.string().regex(/^-?\d{1,19}$/) }),
])
const Row = z.array(Value)

/** Bytes of a segment: cut between these, on average after so many more than the least. */
const LEAST = 64 << 10
const AVERAGE_MORE = 192 << 10
const MOST = 4 << 20

export function writeRow(values: readonly SqlValue[]): string {
  return JSON.stringify(values.map(writeValue))
}

/** Throws where a segment holds something else than rows: it was written by us, under our key. */
export function readRows(segment: Buffer): SqlValue[][] {
  const text = segment.toString('utf8')
  if (text === '') return []
  return text
    .trimEnd()
    .split('\n')
    .map((line) => Row.parse(JSON.parse(line)).map(readValue))
}

function writeValue(value: SqlValue): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') }
  return typeof value === 'bigint' ? { integer: String(value) } : value
}

function readValue(value: z.infer<typeof Value>): SqlValue {
  if (typeof value !== 'object' || value === null) return value
  return 'bytes' in value ? Uint8Array.from(Buffer.from(value.bytes, 'base64')) : BigInt(value.integer)
}

/**
 * Gathers rows into segments. Where one ends is decided by its last row alone (content-defined chunking, under a secret
 * key): a row that comes, goes or changes moves the borders beside it and no others.
 */
export class Segmenter {
  readonly #keys: BackupKeys
  #lines: string[] = []
  #bytes = 0

  constructor(keys: BackupKeys) {
    this.#keys = keys
  }

  /** The segment that ends with this row, if one does. */
  add(row: string): Buffer | undefined {
    this.#lines.push(row, '\n')
    const bytes = Buffer.byteLength(row) + 1
    this.#bytes += bytes
    if (this.#bytes < LEAST) return undefined
    return this.#bytes >= MOST || this.#isBorder(row, bytes) ? this.end() : undefined
  }

  /** What is left. */
  end(): Buffer | undefined {
    if (this.#lines.length === 0) return undefined
    const segment = Buffer.from(this.#lines.join(''))
    this.#lines = []
    this.#bytes = 0
    return segment
  }

  /** A long row is a border more often than a short one, so that segments are alike in bytes. */
  #isBorder(row: string, bytes: number): boolean {
    const digest = this.#keys.cut.use((key) => createHmac('sha256', key).update(row).digest())
    return digest.readUInt32BE(0) < 2 ** 32 * (bytes / AVERAGE_MORE)
  }
}
