// The table of envelopes, in the order they were taken. Where one is, is known in memory; on the disk there is an index of those
// that have waited for a while, in which the others are sorted together: most are gone before.

import type { EnvelopeType } from '../../../protocol/generated/relay_pb.ts'
import type { Instant } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import type { HeldEnvelope, WaitingEnvelope } from '../../store.ts'

/** When twice as many are not settled, so many are: whoever loads a mailbox goes through those that are not. */
const SETTLE_AT_ONCE = 2048

/** A row of the table. */
export interface Row {
  readonly number: number
  /** Bytes of content. */
  readonly size: number
}

export interface PlacedRow extends Row {
  /** mailbox * 2^32 + position: mailboxes one after the other, each in the order of its positions. */
  readonly place: number
}

/** What changes the table belongs to the transaction under way. */
export interface Envelopes {
  /** Behind all others. */
  put(place: number, envelope: Omit<HeldEnvelope, 'position'>): Row
  /** It is gone when the transaction is flushed. */
  remove(place: number, row: Row): void
  /** By their places, with these at both ends. */
  find(first: number, last: number): PlacedRow[]
  /** Those of one mailbox, in their order. */
  read(rows: readonly PlacedRow[]): HeldEnvelope[]
  takenAt(row: Row): number
  waitingFrom(first: number, last: number, sender: Uint8Array, limit: number): Omit<WaitingEnvelope, 'device'>[]
  /** Before the commit, and before anything else than these calls reads or changes the table. */
  flush(): void
  /** After a rollback. */
  forgetAll(): void
}

const PLACES_A_MAILBOX = 2 ** 32
/** Of other mailboxes in between, that are read over rather than looked for around. */
const WIDEST_GAP = 16

const INSERT = 'INSERT INTO envelopes (number, place, head, content) VALUES (?, ?, ?, ?)'
const DELETE = 'DELETE FROM envelopes WHERE number BETWEEN ? AND ?'
const UNSETTLE = 'DELETE FROM settled_envelopes WHERE place BETWEEN ? AND ?'
const FIND = `SELECT place, number, length(content) AS size FROM placed_envelopes JOIN envelopes USING (number, place)
  WHERE place BETWEEN ? AND ? ORDER BY place`
const READ = `SELECT place % ${PLACES_A_MAILBOX} AS position, head, content FROM envelopes
  WHERE number BETWEEN ? AND ? AND place BETWEEN ? AND ? ORDER BY number`
const WAITING = `SELECT length(content) AS size, head, substr(content, 1, 32) AS firstBytes
  FROM placed_envelopes JOIN envelopes USING (number, place)
  WHERE place BETWEEN ? AND ? AND substr(head, 17, 16) = ? ORDER BY place LIMIT ?`

export function createEnvelopes(sql: Sql, settleAtOnce: number = SETTLE_AT_ONCE): Envelopes {
  /** Which of those that are not settled are there, the first one behind the last settled one. */
  const isThere = new Uint8Array(2 * settleAtOnce)
  let isKnown = false
  let settledUpTo = 0
  let newest = 0
  let goneNumbers: number[] = []
  let gonePlaces: number[] = []

  function know(): void {
    if (isKnown) return
    const known = sql.get<{ settledUpTo: number; newest: number | null }>(
      'SELECT settled_up_to AS settledUpTo, (SELECT max(number) FROM envelopes) AS newest FROM relay',
    )
    if (known === undefined) throw new Error('a relay without row')
    settledUpTo = known.settledUpTo
    newest = Math.max(settledUpTo, known.newest ?? 0)
    isThere.fill(0)
    for (const { number } of sql.all<{ number: number }>('SELECT number FROM envelopes WHERE number > ?', [
      settledUpTo,
    ]))
      isThere[number - settledUpTo - 1] = 1
    isKnown = true
  }

  function settle(): void {
    flush()
    const upTo = settledUpTo + settleAtOnce
    sql.run(
      `INSERT INTO settled_envelopes (place, envelope)
       SELECT place, number FROM envelopes WHERE number > ? AND number <= ? ORDER BY place`,
      [settledUpTo, upTo],
    )
    sql.run('UPDATE relay SET settled_up_to = ?', [upTo])
    settledUpTo = upTo
    isThere.copyWithin(0, settleAtOnce)
    isThere.fill(0, settleAtOnce)
  }

  /** Whether nothing is left between two that go. */
  function isNothingBetween(before: number, after: number): boolean {
    if (after === before + 1) return true
    if (before < settledUpTo) return false
    for (let number = before + 1; number < after; number++) if (isThere[number - settledUpTo - 1] === 1) return false
    return true
  }

  function flush(): void {
    if (goneNumbers.length > 0)
      for (const [first, last] of runs(goneNumbers, isNothingBetween)) sql.run(DELETE, [first, last])
    if (gonePlaces.length > 0) for (const [first, last] of runs(gonePlaces, isNext)) sql.run(UNSETTLE, [first, last])
    goneNumbers = []
    gonePlaces = []
  }

  return {
    put: (place, envelope) => {
      know()
      if (newest - settledUpTo === isThere.length) settle()
      newest += 1
      sql.run(INSERT, [newest, place, writeHead(envelope), envelope.content])
      isThere[newest - settledUpTo - 1] = 1
      return { number: newest, size: envelope.content.length }
    },
    remove: (place, { number }) => {
      know()
      goneNumbers.push(number)
      if (number > settledUpTo) isThere[number - settledUpTo - 1] = 0
      else gonePlaces.push(place)
    },
    find: (first, last) => {
      flush()
      return sql.all<PlacedRow>(FIND, [first, last])
    },
    read: (rows) => {
      const [first] = rows
      const last = rows.at(-1)
      if (first === undefined || last === undefined) return []
      const stretches = runs(
        rows.map(({ number }) => number),
        (before, after) => after - before <= WIDEST_GAP,
      )
      const found = stretches.flatMap(([from, to]) =>
        sql.all<StoredRow>(READ, [from, to, first.place, last.place]).map(readRow),
      )
      // As they are, but for a database from before in which a clock that was put back had them in another order.
      return found.sort((a, b) => a.position - b.position)
    },
    takenAt: ({ number }) => {
      const row = sql.get<{ head: Uint8Array }>('SELECT head FROM envelopes WHERE number = ?', [number])
      if (row === undefined) throw new Error('an envelope without row')
      return takenAt(row.head)
    },
    waitingFrom: (first, last, sender, limit) =>
      sql
        .all<Pick<WaitingEnvelope, 'size' | 'firstBytes'> & { head: Uint8Array }>(WAITING, [first, last, sender, limit])
        .map(({ head, ...row }) => ({ ...row, takenAt: takenAt(head) })),
    flush,
    forgetAll: () => {
      isKnown = false
      goneNumbers = []
      gonePlaces = []
    },
  }
}

function isNext(before: number, after: number): boolean {
  return after === before + 1
}

/** Ascending runs, as first and last, of numbers of which no two are the same. */
function runs(numbers: readonly number[], joins: (before: number, after: number) => boolean): [number, number][] {
  const found: [number, number][] = []
  for (const number of Float64Array.from(numbers).sort()) {
    const run = found.at(-1)
    if (run !== undefined && joins(run[1], number)) run[1] = number
    else found.push([number, number])
  }
  return found
}

// --- Heads: see migrations/0010-fewer-writes.ts ---

interface StoredRow {
  position: number
  head: Uint8Array
  content: Uint8Array
}

const ID_BYTES = 16
const DEVICE = 2 * ID_BYTES
const TYPE = DEVICE + 1
const TIME = TYPE + 1
const HEAD_BYTES = TIME + 8

function writeHead({ submission, sender, senderDevice, type, takenAt }: Omit<HeldEnvelope, 'position'>): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES)
  head.set(submission)
  head.set(sender, ID_BYTES)
  head[DEVICE] = senderDevice
  head[TYPE] = type
  head.writeUInt32BE(Math.floor(takenAt / 2 ** 32), TIME)
  head.writeUInt32BE(takenAt % 2 ** 32, TIME + 4)
  return head
}

function readRow({ position, head, content }: StoredRow): HeldEnvelope {
  return {
    position,
    submission: head.subarray(0, ID_BYTES),
    sender: head.subarray(ID_BYTES, DEVICE),
    senderDevice: head[DEVICE] ?? 0,
    type: (head[TYPE] ?? 0) as EnvelopeType,
    content,
    takenAt: takenAt(head),
  }
}

function takenAt(head: Uint8Array): Instant {
  const time = new DataView(head.buffer, head.byteOffset + TIME, 8)
  return (time.getUint32(0) * 2 ** 32 + time.getUint32(4)) as Instant
}
