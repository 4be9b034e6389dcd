// Streams of groups in PostgreSQL: an entry on top of the newest one, and reading what is there.

import { StreamKind } from '../../../protocol/generated/relay_pb.ts'
import { MAILBOX_RETENTION } from '../../../protocol/limits.ts'
import { type GroupId, type Instant, uuidToBytes } from '../../../shared/ids.ts'
import { STREAM_ENTRIES } from '../../limits.ts'
import type { Clock, Crash } from '../../ports.ts'
import type {
  EntryStored,
  HeldItem,
  HeldItemSummary,
  LoggedEntry,
  NewEntry,
  StreamReading,
  StreamStore,
} from '../../streams/contract.ts'
import type { Postgres, Query } from './connect.ts'
import { createLane } from './lane.ts'
import { createPublish, type Publishing, weighPublishing } from './publish.ts'
import { uuidOf } from './rows.ts'

/** Batches of more than so many wait for company, in milliseconds. */
const FEW = 3
const COMPANY_COMES = 2

interface StreamRow {
  headIndex: number
  headHash: Buffer
  lastPosition: number
  items: number
  bytes: number
  keepFor: number | null
  deletedAt: number | null
}

const COLUMNS = `head_index AS "headIndex", head_hash AS "headHash", last_position AS "lastPosition", items, bytes,
  keep_for AS "keepFor", deleted_at AS "deletedAt"`

const FIND = { name: 'find-stream', text: `SELECT ${COLUMNS} FROM streams WHERE group_id = $1` }
const MAKE = {
  name: 'make-stream',
  text: `INSERT INTO streams (group_id, head_index, head_hash, last_position) VALUES ($1, -1, '', 0) ON CONFLICT DO NOTHING`,
}
const LOCK = { name: 'lock-stream', text: `SELECT ${COLUMNS} FROM streams WHERE group_id = $1 FOR UPDATE` }
const ADD_ENTRY = {
  name: 'add-entry',
  text: `INSERT INTO stream_entries (group_id, entry_index, position, hash, sender, sender_device, taken_at, content)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
}
const MOVE_HEAD = {
  name: 'move-head',
  text: `UPDATE streams SET head_index = $2, head_hash = $3, last_position = $4, keep_for = $5, deleted_at = $6
    WHERE group_id = $1`,
}
const FIND_ENTRY = {
  name: 'find-entry',
  text: 'SELECT position, hash, taken_at AS at FROM stream_entries WHERE group_id = $1 AND entry_index = $2',
}
const FORGET_ALL_ITEMS = ['stream_items', 'stream_messages'].map((table) => ({
  name: `forget-all-${table}`,
  text: `DELETE FROM ${table} WHERE group_id = $1`,
}))
const COUNT_NONE = { name: 'count-no-items', text: 'UPDATE streams SET items = 0, bytes = 0 WHERE group_id = $1' }

const FIND_MESSAGE = {
  name: 'find-message',
  text: `SELECT position, taken_at AS at FROM stream_messages WHERE group_id = $1 AND sender = $2 AND message = $3`,
}

/** $2 after, $3 items after, $4 up to, $5 at most so many, $6 of so many bytes. Sizes are read without their contents. */
const READ = {
  name: 'read-stream',
  text: `
    WITH size AS (
      SELECT position, octet_length(content) AS size FROM stream_entries
      WHERE group_id = $1 AND position > $2 AND position <= $4
      UNION ALL
      SELECT position, octet_length(content) FROM stream_items
      WHERE group_id = $1 AND position > greatest($2, $3) AND position <= $4
      ORDER BY position LIMIT $5
    ), fitting AS (
      SELECT max(position) AS last FROM (
        SELECT position, sum(size) OVER (ORDER BY position) AS total, row_number() OVER (ORDER BY position) AS nth FROM size
      ) s WHERE total <= $6 OR nth = 1
    ), item AS (
      SELECT position, ${StreamKind.ENTRY}::smallint AS kind, NULL::uuid AS message, sender, sender_device, taken_at, content
      FROM stream_entries WHERE group_id = $1 AND position > $2 AND position <= (SELECT last FROM fitting)
      UNION ALL
      SELECT position, kind, message, sender, sender_device, taken_at, content
      FROM stream_items WHERE group_id = $1 AND position > greatest($2, $3) AND position <= (SELECT last FROM fitting)
    )
    SELECT s.head_hash AS head, s.last_position AS "lastPosition", item.position, item.kind, coalesce(uuid_send(item.message), '') AS message,
      uuid_send(item.sender) AS sender, item.sender_device AS "senderDevice", item.taken_at AS "takenAt", item.content
    FROM streams s LEFT JOIN item ON true
    WHERE s.group_id = $1
    ORDER BY item.position`,
}

const ENTRIES_FROM = {
  name: 'entries-from',
  text: `SELECT entry_index AS index, position, taken_at AS "takenAt", content FROM stream_entries
    WHERE group_id = $1 AND entry_index >= $2 ORDER BY group_id, entry_index LIMIT $3`,
}
const NEWEST_ITEMS = {
  name: 'newest-items',
  text: `SELECT kind, uuid_send(sender) AS sender, sender_device AS "senderDevice", taken_at AS "takenAt",
      octet_length(content) AS size, substring(content FROM 1 FOR 32) AS "firstBytes"
    FROM stream_items WHERE group_id = $1 ORDER BY group_id DESC, position DESC LIMIT $2`,
}
/** Items are in the order they were taken. $2: those taken before go, $3: and the ids of messages before that. */
const EXPIRE = {
  name: 'expire-stream',
  text: `
    WITH gone AS (
      DELETE FROM stream_items
      WHERE group_id = $1 AND position < coalesce(
        (SELECT position FROM stream_items WHERE group_id = $1 AND taken_at >= $2 ORDER BY group_id, position LIMIT 1),
        (SELECT last_position + 1 FROM streams WHERE group_id = $1)
      )
      RETURNING octet_length(content) AS size
    ), forgotten AS (
      DELETE FROM stream_messages WHERE group_id = $1 AND taken_at < $3
    ), sum AS (
      SELECT count(*)::integer AS items, coalesce(sum(size), 0)::bigint AS bytes FROM gone
    ), counted AS (
      UPDATE streams s SET items = s.items - sum.items, bytes = s.bytes - sum.bytes FROM sum
      WHERE s.group_id = $1 AND sum.items > 0
    )
    SELECT items AS expired FROM sum`,
}
const REMOVE = ['stream_entries', 'stream_items', 'stream_messages', 'streams'].map((table) => ({
  name: `remove-${table}`,
  text: `DELETE FROM ${table} WHERE group_id = $1`,
}))
const AFTER = {
  name: 'streams-after',
  text: 'SELECT group_id AS "group" FROM streams WHERE group_id > $1 ORDER BY group_id LIMIT $2',
}
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

export interface Streams extends StreamStore {
  /** When all that was asked is answered. */
  close(): Promise<void>
}

export function createStreams({ query, transaction }: Postgres, clock: Clock, crash: Crash): Streams {
  const publish = createPublish(query)

  /** One after the other: positions are taken in the order of the calls. */
  const publications = createLane({
    run: async (batch: readonly Publishing[]) => {
      for (const _ of batch) crash('publish:before-commit')
      const answers = await publish(batch)
      for (const _ of batch) crash('publish:after-commit')
      return answers
    },
    most: 1000,
    weigh: weighPublishing,
    heaviest: 4 * 1024 * 1024,
    gather: (go, before) => {
      if (before > FEW) clock.after(COMPANY_COMES, go)
      else setImmediate(go)
    },
  })

  function appendEntry(entry: NewEntry, at: Instant): Promise<EntryStored> {
    return transaction('entry', async (inside): Promise<EntryStored> => {
      const { group, index } = entry
      if (index === 0 && entry.previous.length === 0) await inside(MAKE, [group])
      const [stream] = await inside<StreamRow>(LOCK, [group])
      if (stream === undefined) return { outcome: 'no-such-stream' }
      const follows = index === stream.headIndex + 1 && stream.headHash.equals(entry.previous)
      if (!follows) return storedBeforeOrMoved(inside, stream, entry)
      if (index >= STREAM_ENTRIES) return { outcome: 'full' }
      return { outcome: 'appended', placed: await place(inside, stream, entry, at) }
    })
  }

  async function place(inside: Query, { lastPosition: previous }: StreamRow, entry: NewEntry, at: Instant) {
    const { group, index, hash, senderDevice, content, keepFor = null, ends } = entry
    const position = previous + 1
    await inside(ADD_ENTRY, [group, index, position, hash, entry.sender, senderDevice, at, content])
    await inside(MOVE_HEAD, [group, index, hash, position, keepFor, ends ? at : null])
    if (ends) for (const statement of [...FORGET_ALL_ITEMS, COUNT_NONE]) await inside(statement, [group])
    const sender = uuidToBytes(entry.sender)
    const kind = StreamKind.ENTRY
    return { previous, item: { position, kind, sender, senderDevice, message: new Uint8Array(), content, takenAt: at } }
  }

  async function storedBeforeOrMoved(
    inside: Query,
    { headIndex }: StreamRow,
    { group, index, hash }: NewEntry,
  ): Promise<EntryStored> {
    type Row = { position: number; hash: Buffer; at: Instant }
    const [held] = await inside<Row>(FIND_ENTRY, [group, index])
    if (held?.hash.equals(hash)) return { outcome: 'duplicate', position: held.position, at: held.at }
    const [head] = await inside<Row>(FIND_ENTRY, [group, headIndex])
    return { outcome: 'moved', index: headIndex, position: head?.position ?? 0 }
  }

  async function findStream(group: GroupId): Promise<StreamRow | undefined> {
    const [stream] = await query<StreamRow>(FIND, [group])
    return stream
  }

  async function readStream(group: GroupId, { after, itemsAfter, upTo, limit, mostBytes }: StreamReading) {
    type Row = Omit<HeldItem, 'position'> & { head: Buffer; lastPosition: number; position: number | null }
    const last = Math.min(upTo, Number.MAX_SAFE_INTEGER)
    const rows = await query<Row>(READ, [group, after, Math.min(itemsAfter, last), last, limit, mostBytes])
    const [first] = rows
    if (first === undefined) return undefined
    return {
      head: first.head,
      lastPosition: first.lastPosition,
      items: rows.flatMap(({ head: _, lastPosition: __, position, ...item }): HeldItem[] =>
        position === null ? [] : [{ ...item, position }],
      ),
    }
  }

  async function expireStream(group: GroupId, now: Instant): Promise<number> {
    const stream = await findStream(group)
    if (stream === undefined) return 0
    const { keepFor, deletedAt } = stream
    crash('expire-stream:before-commit')
    let expired = 0
    if (deletedAt !== null) {
      if (deletedAt < now - MAILBOX_RETENTION) await remove(group)
    } else if (keepFor !== null) {
      const [row] = await query<{ expired: number }>(EXPIRE, [group, now - keepFor, now - 2 * keepFor])
      expired = row?.expired ?? 0
    }
    crash('expire-stream:after-commit')
    return expired
  }

  function remove(group: GroupId): Promise<void> {
    return transaction('expire-stream', async (inside) => {
      await inside(LOCK, [group])
      for (const statement of REMOVE) await inside(statement, [group])
    })
  }

  return {
    appendEntry,
    publish: (publication, at) => publications.ask({ publication, at }),
    findMessage: async (group, sender, message) => {
      const [held] = await query<{ position: number; at: Instant }>(FIND_MESSAGE, [group, sender, uuidOf(message)])
      return held
    },
    streamStanding: async (group) => {
      const stream = await findStream(group)
      if (stream === undefined) return undefined
      const { headIndex, headHash, lastPosition, items, bytes } = stream
      return { head: { index: headIndex, hash: headHash }, lastPosition, items, bytes }
    },
    readStream,
    entriesFrom: (group, index, limit) => query<LoggedEntry>(ENTRIES_FROM, [group, index, limit]),
    newestItems: (group, limit) => query<HeldItemSummary>(NEWEST_ITEMS, [group, limit]),
    expireStream,
    streamsAfter: async (group, limit) =>
      (await query<{ group: GroupId }>(AFTER, [group ?? BEFORE_ALL, limit])).map((row) => row.group),
    close: () => publications.close(),
  }
}
