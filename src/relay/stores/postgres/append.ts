// Taking submissions: many in one statement, and those that did not pass it one by one, to say why.
//
// The statement is optimistic. It counts on the device lists this relay remembers, and stores a submission only if the
// mailboxes it has locked still are of that list's version, have room, and never had it. Whatever it passes over is
// looked at afresh, and asked again if there is nothing wrong with it.

import type { Instant } from '../../../shared/ids.ts'
import { MAILBOX_BYTES, MAILBOX_ENVELOPES } from '../../limits.ts'
import {
  type Appended,
  compareDevices,
  type Mailbox,
  type OutgoingEnvelope,
  type Placed,
  StoreUnavailable,
  type Submission,
} from '../../store.ts'
import { asColumns, boxName, LOCKED_BOXES } from './boxes.ts'
import type { Query } from './connect.ts'
import type { DeviceLists } from './device-lists.ts'
import { column, heldEnvelope, uuidOf } from './rows.ts'

export interface Append {
  submission: Submission
  at: Instant
}

/** With its id as PostgreSQL reads it. */
interface Asked {
  call: Append
  id: string
}

/** A submission passed over so often while its mailbox changes under our hands has to come again. */
const MOST_ROUNDS = 5

const STORE = {
  name: 'append',
  text: `
    WITH ${LOCKED_BOXES}, call AS MATERIALIZED (
      SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::smallint[], $7::bigint[], $8::bigint[], $9::integer[])
        WITH ORDINALITY AS c (account, sender, submission, sender_device, taken_at, list_version, envelopes, call)
    ), envelope AS MATERIALIZED (
      SELECT e.envelope, e.call, box.account, box.device, e.type, e.size, e.start, box.last_position,
        row_number() OVER earlier AS nth,
        box.list_version = c.list_version
          AND box.held + row_number() OVER earlier <= ${MAILBOX_ENVELOPES}
          AND box.held_bytes + sum(e.size) OVER earlier <= ${MAILBOX_BYTES} AS fits
      FROM unnest($10::integer[], $11::integer[], $12::smallint[], $13::integer[], $14::integer[])
        WITH ORDINALITY AS e (call, box, type, size, start, envelope)
      JOIN call c ON c.call = e.call
      JOIN box ON box.number = e.box
      WINDOW earlier AS (PARTITION BY e.box ORDER BY e.envelope)
    ), fresh AS (
      INSERT INTO submissions (account, sender, submission, taken_at)
      SELECT c.account, c.sender, c.submission, c.taken_at
      FROM call c JOIN (SELECT call, count(*) AS fitting FROM envelope WHERE fits GROUP BY call) f ON f.call = c.call
      WHERE f.fitting = c.envelopes
      ON CONFLICT DO NOTHING
      RETURNING account, sender, submission, taken_at
    ), placed AS MATERIALIZED (
      SELECT e.envelope, e.account, e.device, e.type, e.size, e.start, e.last_position, e.last_position + e.nth AS position,
        c.sender, c.submission, c.sender_device, c.taken_at
      FROM envelope e JOIN call c ON c.call = e.call
      -- An inner join, but one that is always hashed: the planner takes what was just inserted for a row or two.
      FULL JOIN fresh ON fresh.account = c.account AND fresh.sender = c.sender AND fresh.submission = c.submission
      WHERE coalesce(fresh.taken_at, -1) >= 0
    ), stored AS (
      INSERT INTO envelopes (account, device, position, submission, sender, sender_device, type, taken_at, content)
      SELECT account, device, position, submission, sender, sender_device, type, taken_at,
        substring($15::bytea FROM start FOR size)
      FROM placed
    ), counted AS (
      UPDATE mailboxes m
      SET last_position = p.last_position, held = m.held + p.held, held_bytes = m.held_bytes + p.bytes
      FROM (
        SELECT account, device, max(position) AS last_position, count(*)::integer AS held, sum(size) AS bytes
        FROM placed GROUP BY account, device
      ) p
      WHERE m.account = p.account AND m.device = p.device
    )
    SELECT envelope::integer, position, last_position AS before FROM placed ORDER BY envelope`,
}

const FIND_SUBMISSION = {
  name: 'find-submission',
  text: 'SELECT taken_at AS at FROM submissions WHERE account = $1 AND sender = $2 AND submission = $3',
}

/** One call after the other: positions are taken in the order of the calls [S5]. */
export function createAppend(query: Query, lists: DeviceLists): (batch: readonly Append[]) => Promise<Appended[]> {
  return async (batch) => {
    const answers = new Map<Append, Appended>()
    let open: readonly Append[] = batch
    for (let round = 0; open.length > 0; round++) {
      if (round === MOST_ROUNDS) throw new StoreUnavailable('mailboxes keep changing')
      for (const [call, placed] of await storeFitting(open))
        answers.set(call, { outcome: 'accepted', at: call.at, placed })
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

  async function storeFitting(calls: readonly Append[]): Promise<Map<Append, Placed[]>> {
    await lists.load(calls.map(({ submission }) => submission.recipient))
    const placed = new Map<Append, Placed[]>()
    const asked: Asked[] = []
    const seen = new Set<string>()
    for (const call of calls) {
      const { submission } = call
      const list = lists.known(submission.recipient)
      if (list === undefined || compareDevices(list.devices, submission) !== undefined) continue
      const id = uuidOf(submission.submission)
      const key = id + submission.sender + submission.recipient
      if (seen.has(key)) continue
      seen.add(key)
      // To nobody: a note to oneself, while there is only one device. Nothing is kept that could come twice.
      if (submission.envelopes.length === 0) placed.set(call, [])
      else asked.push({ call, id })
    }
    if (asked.length > 0) await storeThese(asked, placed)
    return placed
  }

  async function storeThese(calls: readonly Asked[], placed: Map<Append, Placed[]>): Promise<void> {
    const boxes = new Map<string, Mailbox & { number: number }>()
    const envelopes: { call: Append; envelope: OutgoingEnvelope; box: number }[] = []
    const numbers: number[] = []
    const boxNumbers: number[] = []
    const types: number[] = []
    const sizes: number[] = []
    const starts: number[] = []
    let start = 1
    for (const [index, { call }] of calls.entries()) {
      const account = call.submission.recipient
      for (const envelope of call.submission.envelopes) {
        const { device, type, content } = envelope
        const name = boxName({ account, device })
        const box = boxes.get(name) ?? { account, device, number: boxes.size + 1 }
        boxes.set(name, box)
        envelopes.push({ call, envelope, box: box.number })
        numbers.push(index + 1)
        boxNumbers.push(box.number)
        types.push(type)
        sizes.push(content.length)
        starts.push(start)
        start += content.length
      }
    }
    const rows = await query<{ envelope: number; position: number; before: number }>(STORE, [
      ...asColumns(boxes.values()),
      column(calls.map(({ call }) => call.submission.recipient)),
      column(calls.map(({ call }) => call.submission.sender)),
      column(calls.map(({ id }) => id)),
      column(calls.map(({ call }) => call.submission.senderDevice)),
      column(calls.map(({ call }) => call.at)),
      column(calls.map(({ call }) => lists.known(call.submission.recipient)?.version ?? 0)),
      column(calls.map(({ call }) => call.submission.envelopes.length)),
      column(numbers),
      column(boxNumbers),
      column(types),
      column(sizes),
      column(starts),
      Buffer.concat(envelopes.map(({ envelope }) => envelope.content)),
    ])
    const newest = new Map<number, number>()
    for (const { envelope: number, position, before } of rows) {
      const found = envelopes[number - 1]
      if (found === undefined) throw new Error('an envelope came back that was not asked')
      const { call, envelope, box } = found
      const one = {
        device: envelope.device,
        previous: newest.get(box) ?? before,
        envelope: heldEnvelope(call.submission, envelope, position, call.at),
      }
      newest.set(box, position)
      const ofCall = placed.get(call)
      if (ofCall === undefined) placed.set(call, [one])
      else ofCall.push(one)
    }
  }

  /** Why it was passed over; undefined: for nothing that still holds. */
  async function lookAtAfresh({ submission, at }: Append): Promise<Appended | undefined> {
    const { recipient, sender } = submission
    const [list, [before]] = await Promise.all([
      lists.loadAfresh(recipient),
      query<{ at: Instant }>(FIND_SUBMISSION, [recipient, sender, uuidOf(submission.submission)]),
    ])
    if (list === undefined) return { outcome: 'no-such-account' }
    // What was taken once stays taken, whatever has become of the devices since [P51].
    if (before !== undefined) return { outcome: 'duplicate', at: before.at }
    const stale = compareDevices(list.devices, submission)
    if (stale !== undefined) return { outcome: 'stale', stale }
    if (submission.envelopes.length === 0) return { outcome: 'accepted', at, placed: [] }
    return list.isFull(submission.envelopes) ? { outcome: 'full' } : undefined
  }
}

export function weighAppend({ submission }: Append): number {
  return submission.envelopes.reduce((sum, { content }) => sum + content.length, 0)
}
