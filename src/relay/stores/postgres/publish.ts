// Taking what is said in groups: many in one statement, for many streams at once.
//
// As with submissions (append.ts), the statement is optimistic: of what is asked it takes what was judged by the newest
// entry of the stream it has locked, finds room, and was never there before. The rest is looked at one by one.

import type { Instant } from '../../../shared/ids.ts'
import { STREAM_BYTES, STREAM_ITEMS } from '../../limits.ts'
import { StoreUnavailable } from '../../store.ts'
import type { PlacedItem, Publication, Published } from '../../streams/contract.ts'
import type { Query } from './connect.ts'
import { heldItem, uuidOf } from './rows.ts'

export interface Publishing {
  publication: Publication
  at: Instant
}

/** Passed over so often while the stream changes under our hands: it has to come again. */
const MOST_ROUNDS = 5

const PUBLISH = {
  name: 'publish',
  text: `
    WITH stream AS MATERIALIZED (
      SELECT asked.number, s.group_id, s.head_hash, s.last_position, s.items, s.bytes
      FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (group_id, number)
      JOIN streams s ON s.group_id = asked.group_id
      WHERE s.deleted_at IS NULL
      ORDER BY s.group_id
      FOR UPDATE OF s
    ), call AS MATERIALIZED (
      SELECT c.nth, stream.group_id, c.sender, c.sender_device, c.message, c.kind, c.taken_at, c.size, c.start,
        stream.last_position, stream.last_position + row_number() OVER earlier AS position,
        c.head = stream.head_hash
          AND stream.items + row_number() OVER earlier <= ${STREAM_ITEMS}
          AND stream.bytes + sum(c.size) OVER earlier <= ${STREAM_BYTES} AS fits
      FROM unnest($2::integer[], $3::uuid[], $4::smallint[], $5::uuid[], $6::smallint[], $7::bigint[], $8::integer[],
          $9::integer[], $10::bytea[])
        WITH ORDINALITY AS c (stream, sender, sender_device, message, kind, taken_at, size, start, head, nth)
      JOIN stream ON stream.number = c.stream
      WINDOW earlier AS (PARTITION BY c.stream ORDER BY c.nth)
    ), fresh AS (
      INSERT INTO stream_messages (group_id, sender, message, position, taken_at)
      SELECT group_id, sender, message, position, taken_at FROM call WHERE fits
      ON CONFLICT DO NOTHING
      RETURNING group_id, position
    ), placed AS MATERIALIZED (
      SELECT call.* FROM call
      -- An inner join, but one that is always hashed: the planner takes what was just inserted for a row or two.
      FULL JOIN fresh ON fresh.group_id = call.group_id AND fresh.position = call.position
      WHERE coalesce(fresh.position, -1) >= 0
    ), stored AS (
      INSERT INTO stream_items (group_id, position, kind, message, sender, sender_device, taken_at, content)
      SELECT group_id, position, kind, message, sender, sender_device, taken_at, substring($11::bytea FROM start FOR size)
      FROM placed
    ), counted AS (
      UPDATE streams s SET last_position = p.last_position, items = s.items + p.items, bytes = s.bytes + p.bytes
      FROM (
        SELECT group_id, max(position) AS last_position, count(*)::integer AS items, sum(size) AS bytes
        FROM placed GROUP BY group_id
      ) p
      WHERE s.group_id = p.group_id
    )
    SELECT nth::integer, position, last_position AS before FROM placed ORDER BY nth`,
}

const LOOK = {
  name: 'look-at-stream',
  text: `SELECT s.head_hash AS head, s.items, s.bytes, m.position, m.taken_at AS at
    FROM streams s
    LEFT JOIN stream_messages m ON m.group_id = s.group_id AND m.sender = $2 AND m.message = $3
    WHERE s.group_id = $1 AND s.deleted_at IS NULL`,
}

interface Look {
  head: Buffer
  items: number
  bytes: number
  position: number | null
  at: Instant | null
}

/** One call after the other: positions are taken in the order of the calls [S12]. */
export function createPublish(query: Query): (batch: readonly Publishing[]) => Promise<Published[]> {
  return async (batch) => {
    const answers = new Map<Publishing, Published>()
    let open: readonly Publishing[] = batch
    for (let round = 0; open.length > 0; round++) {
      if (round === MOST_ROUNDS) throw new StoreUnavailable('streams keep changing')
      for (const [call, placed] of await takeFitting(eachOnce(open)))
        answers.set(call, { outcome: 'published', placed })
      const passedOver = open.filter((call) => !answers.has(call))
      const verdicts = await Promise.all(passedOver.map(lookAtAfresh))
      for (const [index, call] of passedOver.entries()) {
        const verdict = verdicts[index]
        if (verdict !== undefined) answers.set(call, verdict)
      }
      open = passedOver.filter((call) => !answers.has(call))
    }
    return batch.flatMap((call) => answers.get(call) ?? [])
  }

  async function takeFitting(calls: readonly Publishing[]): Promise<Map<Publishing, PlacedItem>> {
    const groups = [...new Set(calls.map(({ publication }) => publication.group))]
    const numbers = new Map(groups.map((group, index) => [group, index + 1]))
    let start = 1
    const starts = calls.map(({ publication }) => {
      start += publication.content.length
      return start - publication.content.length
    })
    const rows = await query<{ nth: number; position: number; before: number }>(PUBLISH, [
      groups,
      calls.map(({ publication }) => numbers.get(publication.group) ?? 0),
      calls.map(({ publication }) => publication.sender),
      calls.map(({ publication }) => publication.senderDevice),
      calls.map(({ publication }) => uuidOf(publication.message)),
      calls.map(({ publication }) => publication.kind),
      calls.map(({ at }) => at),
      calls.map(({ publication }) => publication.content.length),
      starts,
      calls.map(({ publication }) => publication.head),
      Buffer.concat(calls.map(({ publication }) => publication.content)),
    ])
    const newest = new Map<string, number>()
    const placed = new Map<Publishing, PlacedItem>()
    for (const { nth, position, before } of rows) {
      const call = calls[nth - 1]
      if (call === undefined) throw new Error('an item came back that was not asked')
      const { group } = call.publication
      placed.set(call, { previous: newest.get(group) ?? before, item: heldItem(call.publication, position, call.at) })
      newest.set(group, position)
    }
    return placed
  }

  /** Why it was passed over; undefined: for nothing that still holds. */
  async function lookAtAfresh({ publication }: Publishing): Promise<Published | undefined> {
    const { group, sender, message, head, content } = publication
    const [stream] = await query<Look>(LOOK, [group, sender, uuidOf(message)])
    if (stream === undefined) return { outcome: 'no-such-stream' }
    if (stream.position !== null && stream.at !== null)
      return { outcome: 'duplicate', position: stream.position, at: stream.at }
    if (!stream.head.equals(head)) return { outcome: 'moved' }
    const isFull = stream.items >= STREAM_ITEMS || stream.bytes + content.length > STREAM_BYTES
    return isFull ? { outcome: 'full' } : undefined
  }
}

/** What comes twice at once waits for the next round, and is a duplicate then. */
function eachOnce(calls: readonly Publishing[]): Publishing[] {
  const first = new Map<string, Publishing>()
  for (const call of calls) {
    const { group, sender, message } = call.publication
    const id = `${group} ${sender} ${uuidOf(message)}`
    if (!first.has(id)) first.set(id, call)
  }
  return [...first.values()]
}

export function weighPublishing({ publication }: Publishing): number {
  return publication.content.length
}
