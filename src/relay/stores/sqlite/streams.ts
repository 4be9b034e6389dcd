// Streams of groups in SQLite: an entry on top of the newest one, an item on top of the log it was judged by.

import { StreamKind } from '../../../protocol/generated/relay_pb.ts'
import { MAILBOX_RETENTION } from '../../../protocol/limits.ts'
import { type GroupId, type Instant, uuidToBytes } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import { STREAM_BYTES, STREAM_ENTRIES, STREAM_ITEMS } from '../../limits.ts'
import type {
  EntryStored,
  HeldItem,
  HeldItemSummary,
  LoggedEntry,
  NewEntry,
  Publication,
  Published,
  StreamReading,
  StreamStore,
} from '../../streams/contract.ts'
import type { GroupCommit } from './commit.ts'

interface StreamRow {
  number: number
  headIndex: number
  headHash: Uint8Array
  lastPosition: number
  items: number
  bytes: number
  keepFor: number | null
  deletedAt: number | null
}

const PLACES_A_STREAM = 2 ** 32

const FIND_STREAM = `SELECT number, head_index AS headIndex, head_hash AS headHash, last_position AS lastPosition,
  items, bytes, keep_for AS keepFor, deleted_at AS deletedAt FROM streams WHERE group_id = ?`

/** Both tables, in one order. */
const READ = `
  SELECT place, ${StreamKind.ENTRY} AS kind, x'' AS message, sender, sender_device AS senderDevice, taken_at AS takenAt,
    content FROM stream_entries WHERE place BETWEEN ? AND ?
  UNION ALL
  SELECT place, kind, message, sender, sender_device, taken_at, content FROM stream_items WHERE place BETWEEN ? AND ?
  ORDER BY place`

/** As many of them as fit: sizes are read without their contents. */
const LAST_THAT_FITS = `
  SELECT max(place) AS place FROM (
    SELECT place, sum(size) OVER (ORDER BY place) AS total, row_number() OVER (ORDER BY place) AS nth FROM (
      SELECT place, length(content) AS size FROM stream_entries WHERE place BETWEEN ? AND ?
      UNION ALL
      SELECT place, length(content) FROM stream_items WHERE place BETWEEN ? AND ?
      ORDER BY place LIMIT ?
    )
  ) WHERE total <= ? OR nth = 1`

export function createStreams(sql: Sql, commit: GroupCommit): StreamStore {
  function find(group: GroupId): StreamRow | undefined {
    return sql.get<StreamRow>(FIND_STREAM, [group])
  }

  function appendEntry(entry: NewEntry, at: Instant): EntryStored {
    const isFirst = entry.index === 0 && entry.previous.length === 0
    const stream = find(entry.group) ?? (isFirst ? make(entry.group) : undefined)
    if (stream === undefined) return { outcome: 'no-such-stream' }
    if (entry.index <= stream.headIndex) return storedBefore(stream, entry) ?? moved(stream)
    if (entry.index !== stream.headIndex + 1 || !equal(entry.previous, stream.headHash)) return moved(stream)
    if (entry.index >= STREAM_ENTRIES) return { outcome: 'full' }
    const { number, lastPosition: previous } = stream
    const position = previous + 1
    const { index, hash, senderDevice, content, keepFor = null, ends } = entry
    const sender = uuidToBytes(entry.sender)
    sql.run(
      `INSERT INTO stream_entries (place, stream, entry_index, hash, sender, sender_device, taken_at, content)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      [placeOf(stream, position), number, index, hash, sender, senderDevice, at, content],
    )
    sql.run(
      'UPDATE streams SET head_index = ?, head_hash = ?, last_position = ?, keep_for = ?, deleted_at = ? WHERE number = ?',
      [index, hash, position, keepFor, ends ? at : null, number],
    )
    if (ends) forgetItems(stream)
    const kind = StreamKind.ENTRY
    const item = { position, kind, sender, senderDevice, message: new Uint8Array(), content, takenAt: at }
    return { outcome: 'appended', placed: { previous, item } }
  }

  /** A number goes again to another stream only when nothing of this one is left. */
  function make(group: GroupId): StreamRow | undefined {
    sql.run(`INSERT INTO streams (group_id, head_index, head_hash, last_position) VALUES (?, -1, x'', 0)`, [group])
    return find(group)
  }

  function storedBefore({ number }: StreamRow, { index, hash }: NewEntry): EntryStored | undefined {
    const held = sql.get<{ place: number; hash: Uint8Array; at: Instant }>(
      'SELECT place, hash, taken_at AS at FROM stream_entries WHERE stream = ? AND entry_index = ?',
      [number, index],
    )
    if (held === undefined || !equal(held.hash, hash)) return undefined
    return { outcome: 'duplicate', position: positionAt(held.place), at: held.at }
  }

  function moved({ number, headIndex }: StreamRow): EntryStored {
    const head = sql.get<{ place: number }>('SELECT place FROM stream_entries WHERE stream = ? AND entry_index = ?', [
      number,
      headIndex,
    ])
    return { outcome: 'moved', index: headIndex, position: positionAt(head?.place ?? 0) }
  }

  function publish(publication: Publication, at: Instant): Published {
    const { message, kind, senderDevice, content } = publication
    const stream = find(publication.group)
    if (stream === undefined || stream.deletedAt !== null) return { outcome: 'no-such-stream' }
    const sender = uuidToBytes(publication.sender)
    const before = findMessage(stream, sender, message)
    if (before !== undefined) return { outcome: 'duplicate', ...before }
    if (!equal(publication.head, stream.headHash)) return { outcome: 'moved' }
    const { number, lastPosition: previous, items, bytes } = stream
    if (items >= STREAM_ITEMS || bytes + content.length > STREAM_BYTES) return { outcome: 'full' }
    const position = previous + 1
    sql.run('INSERT INTO stream_messages (stream, sender, message, position, taken_at) VALUES (?, ?, ?, ?, ?)', [
      number,
      sender,
      message,
      position,
      at,
    ])
    sql.run(
      `INSERT INTO stream_items (place, kind, message, sender, sender_device, taken_at, content)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      [placeOf(stream, position), kind, message, sender, senderDevice, at, content],
    )
    sql.run('UPDATE streams SET last_position = ?, items = items + 1, bytes = bytes + ? WHERE number = ?', [
      position,
      content.length,
      number,
    ])
    const item = { position, kind, sender, senderDevice, message, content, takenAt: at }
    return { outcome: 'published', placed: { previous, item } }
  }

  function findMessage({ number }: StreamRow, sender: Uint8Array, message: Uint8Array) {
    return sql.get<{ position: number; at: Instant }>(
      'SELECT position, taken_at AS at FROM stream_messages WHERE stream = ? AND sender = ? AND message = ?',
      [number, sender, message],
    )
  }

  function read(stream: StreamRow, { after, itemsAfter, upTo, limit, mostBytes }: StreamReading): HeldItem[] {
    const last = Math.min(upTo, stream.lastPosition)
    if (last <= after) return []
    const first = placeOf(stream, after + 1)
    const firstItem = placeOf(stream, Math.min(last, Math.max(after, itemsAfter)) + 1)
    const end = placeOf(stream, last)
    const fits = sql.get<{ place: number | null }>(LAST_THAT_FITS, [first, end, firstItem, end, limit, mostBytes])
    if (!fits?.place) return []
    const bounds = [first, fits.place, firstItem, fits.place]
    const rows = sql.all<Omit<HeldItem, 'position'> & { place: number }>(READ, bounds)
    return rows.map(({ place, ...item }) => ({ position: positionAt(place), ...item }))
  }

  function forgetItems({ number }: StreamRow): void {
    sql.run('DELETE FROM stream_items WHERE place BETWEEN ? AND ?', [number * PLACES_A_STREAM, endOf(number)])
    sql.run('DELETE FROM stream_messages WHERE stream = ?', [number])
    sql.run('UPDATE streams SET items = 0, bytes = 0 WHERE number = ?', [number])
  }

  /** Items are in the order they were taken: those that were taken before are the first ones. */
  function expire(stream: StreamRow, keepFor: number, now: Instant): number {
    const { number } = stream
    const youngestKept = sql.get<{ place: number }>(
      'SELECT place FROM stream_items WHERE place BETWEEN ? AND ? AND taken_at >= ? ORDER BY place LIMIT 1',
      [placeOf(stream, 0), endOf(number), now - keepFor],
    )
    const upTo = youngestKept === undefined ? endOf(number) : youngestKept.place - 1
    const bytes = sql.get<{ bytes: number | null }>(
      'SELECT sum(length(content)) AS bytes FROM stream_items WHERE place BETWEEN ? AND ?',
      [placeOf(stream, 0), upTo],
    )?.bytes
    const gone = bytes ? sql.run('DELETE FROM stream_items WHERE place BETWEEN ? AND ?', [placeOf(stream, 0), upTo]) : 0
    if (bytes)
      sql.run('UPDATE streams SET items = items - ?, bytes = bytes - ? WHERE number = ?', [gone, bytes, number])
    sql.run('DELETE FROM stream_messages WHERE stream = ? AND taken_at < ?', [number, now - 2 * keepFor])
    return gone
  }

  return {
    appendEntry: (entry, at) => commit.write('entry', () => appendEntry(entry, at)),

    publish: (publication, at) => commit.write('publish', () => publish(publication, at)),

    findMessage: async (group, sender, message) => {
      const stream = find(group)
      return stream && findMessage(stream, uuidToBytes(sender), message)
    },

    streamStanding: async (group) => {
      const stream = find(group)
      if (stream === undefined) return undefined
      const { headIndex, headHash, lastPosition, items, bytes } = stream
      return { head: { index: headIndex, hash: headHash }, lastPosition, items, bytes }
    },

    readStream: async (group, reading) => {
      const stream = find(group)
      return stream && { head: stream.headHash, lastPosition: stream.lastPosition, items: read(stream, reading) }
    },

    entriesFrom: async (group, index, limit) =>
      sql
        .all<Omit<LoggedEntry, 'position'> & { place: number }>(
          `SELECT entry_index AS "index", place, taken_at AS takenAt, content FROM stream_entries
           WHERE stream = (SELECT number FROM streams WHERE group_id = ?) AND entry_index >= ?
           ORDER BY entry_index LIMIT ?`,
          [group, index, limit],
        )
        .map(({ place, ...entry }): LoggedEntry => ({ ...entry, position: positionAt(place) })),

    newestItems: async (group, limit) => {
      const stream = find(group)
      if (stream === undefined) return []
      return sql.all<HeldItemSummary>(
        `SELECT kind, sender, sender_device AS senderDevice, taken_at AS takenAt, length(content) AS size,
           substr(content, 1, 32) AS firstBytes
         FROM stream_items WHERE place BETWEEN ? AND ? ORDER BY place DESC LIMIT ?`,
        [placeOf(stream, 0), endOf(stream.number), limit],
      )
    },

    expireStream: (group, now) =>
      commit.write('expire-stream', () => {
        const stream = find(group)
        if (stream === undefined) return 0
        if (stream.deletedAt === null) return stream.keepFor === null ? 0 : expire(stream, stream.keepFor, now)
        if (stream.deletedAt < now - MAILBOX_RETENTION) sql.run('DELETE FROM streams WHERE number = ?', [stream.number])
        return 0
      }),

    streamsAfter: async (group, limit) =>
      sql
        .all<{ group: GroupId }>(
          'SELECT group_id AS "group" FROM streams WHERE group_id > ? ORDER BY group_id LIMIT ?',
          [group ?? '', limit],
        )
        .map((row) => row.group),
  }
}

function placeOf({ number }: StreamRow, position: number): number {
  return number * PLACES_A_STREAM + position
}

function positionAt(place: number): number {
  return place % PLACES_A_STREAM
}

/** The last place that belongs to the stream. */
function endOf(number: number): number {
  return (number + 1) * PLACES_A_STREAM - 1
}

/** Of hashes that everybody sees: how long it takes tells nothing. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
