// Submissions that wait for their time, in PostgreSQL.

import type { AccountId, DeviceId, Instant } from '../../../shared/ids.ts'
import {
  MAILBOX_BYTES,
  MAILBOX_ENVELOPES,
  SCHEDULED_BYTES,
  SCHEDULED_OF_ONE,
  SCHEDULED_SUBMISSIONS,
} from '../../limits.ts'
import type { ScheduledEnvelope, ScheduleStore } from '../../scheduled/contract.ts'
import {
  type Appended,
  compareDevices,
  type HeldEnvelope,
  type ListedDevice,
  type Placed,
  type Submission,
} from '../../store.ts'
import type { Postgres, Query } from './connect.ts'
import { uuidOf } from './rows.ts'

/** Schedules for an account are taken one after the other: two at once would both find room. */
const LOCK = {
  name: 'lock-for-schedule',
  text: 'SELECT true AS there FROM accounts WHERE account = $1 FOR NO KEY UPDATE',
}
const BOXES = {
  name: 'boxes-for-schedule',
  text: `SELECT device, registration_id AS "registrationId", held, held_bytes AS "heldBytes"
    FROM mailboxes WHERE account = $1 ORDER BY device`,
}
const COUNT = {
  name: 'count-scheduled',
  text: `SELECT count(*) AS "all", count(*) FILTER (WHERE sender = $2) AS "ofOne",
      (SELECT coalesce(sum(octet_length(content)), 0)::bigint FROM scheduled_envelopes WHERE account = $1) AS bytes
    FROM scheduled WHERE account = $1 AND NOT cancelled`,
}
const TAKE = {
  name: 'take-submission',
  text: `INSERT INTO submissions (account, sender, submission, taken_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING true AS fresh`,
}
const TAKEN = {
  name: 'submission-taken',
  text: 'SELECT taken_at AS at FROM submissions WHERE account = $1 AND sender = $2 AND submission = $3',
}
const ADD = {
  name: 'add-scheduled',
  text: `INSERT INTO scheduled (account, sender, submission, sender_device, taken_at, due_at)
    VALUES ($1, $2, $3, $4, $5, $6)`,
}
const ADD_ENVELOPES = {
  name: 'add-scheduled-envelopes',
  text: `INSERT INTO scheduled_envelopes (account, sender, submission, device, type, content)
    SELECT $1, $2, $3, * FROM unnest($4::smallint[], $5::smallint[], $6::bytea[])`,
}
const CANCEL = {
  name: 'cancel-scheduled',
  text: `UPDATE scheduled SET cancelled = true WHERE account = $1 AND sender = $2 AND submission = $3
    RETURNING true AS cancelled`,
}
const FORGET_ENVELOPES = {
  name: 'forget-scheduled-envelopes',
  text: 'DELETE FROM scheduled_envelopes WHERE account = $1 AND sender = $2 AND submission = $3',
}
const NEXT_DUE = {
  name: 'next-due',
  text: 'SELECT due_at AS due FROM scheduled WHERE NOT cancelled ORDER BY due_at LIMIT 1',
}
const ACCOUNTS_DUE = {
  name: 'accounts-due',
  text: `SELECT DISTINCT account FROM
    (SELECT account FROM scheduled WHERE NOT cancelled AND due_at <= $1 ORDER BY due_at LIMIT $2) AS due`,
}

/** Mailboxes before what is put into them, as whoever erases them does. */
const LOCK_BOXES = {
  name: 'lock-boxes-for-release',
  text: `SELECT device, last_position AS "lastPosition" FROM mailboxes WHERE account = $1 ORDER BY device FOR UPDATE`,
}
const TAKE_DUE = {
  name: 'take-due',
  text: `DELETE FROM scheduled s USING (
      SELECT sender, submission, row_number() OVER (ORDER BY due_at, taken_at, submission) AS nth FROM scheduled
      WHERE account = $1 AND NOT cancelled AND due_at <= $2
      ORDER BY due_at, taken_at, submission LIMIT $3
    ) due
    WHERE s.account = $1 AND s.sender = due.sender AND s.submission = due.submission AND NOT s.cancelled
    RETURNING s.sender, s.submission, s.sender_device AS "senderDevice", due.nth`,
}
const TAKE_ENVELOPES = {
  name: 'take-scheduled-envelopes',
  text: `DELETE FROM scheduled_envelopes e
    USING unnest($2::uuid[], $3::uuid[], $4::smallint[]) WITH ORDINALITY AS due (sender, submission, sender_device, nth)
    WHERE e.account = $1 AND e.sender = due.sender AND e.submission = due.submission
    RETURNING uuid_send(e.submission) AS submission, uuid_send(e.sender) AS sender, due.sender_device AS "senderDevice",
      e.device, e.type, e.content, due.nth`,
}
const PLACE = {
  name: 'place-released',
  text: `INSERT INTO envelopes (account, device, position, submission, sender, sender_device, type, taken_at, content)
    SELECT $1, device, position, submission, sender, sender_device, type, $2, content
    FROM unnest($3::smallint[], $4::bigint[], $5::uuid[], $6::uuid[], $7::smallint[], $8::smallint[], $9::bytea[])
      AS placed (device, position, submission, sender, sender_device, type, content)`,
}
const COUNT_PLACED = {
  name: 'count-released',
  text: `UPDATE mailboxes m SET last_position = p.position, held = m.held + p.held, held_bytes = m.held_bytes + p.bytes
    FROM (
      SELECT device, max(position) AS position, count(*)::integer AS held, sum(size) AS bytes
      FROM unnest($2::smallint[], $3::bigint[], $4::integer[]) AS placed (device, position, size) GROUP BY device
    ) p
    WHERE m.account = $1 AND m.device = p.device`,
}
const FROM = {
  name: 'scheduled-from',
  text: `SELECT e.device, octet_length(e.content) AS size, s.taken_at AS "takenAt", s.due_at AS "dueAt",
      substring(e.content FROM 1 FOR 32) AS "firstBytes"
    FROM scheduled s JOIN scheduled_envelopes e USING (account, sender, submission)
    WHERE s.account = $1 AND s.sender = $2 ORDER BY s.due_at, s.taken_at, s.submission, e.device LIMIT $3`,
}

type DueRow = { sender: string; submission: string; senderDevice: number; nth: number }
type ReleasedRow = Omit<HeldEnvelope, 'position' | 'takenAt'> & { device: DeviceId; nth: number }
type BoxRow = ListedDevice & { held: number; heldBytes: number }

export function createScheduled({ query, transaction }: Postgres): ScheduleStore {
  async function schedule(inside: Query, submission: Submission, due: Instant, at: Instant): Promise<Appended> {
    const { recipient, sender, senderDevice, envelopes } = submission
    const key = [recipient, sender, uuidOf(submission.submission)]
    if ((await inside(LOCK, [recipient])).length === 0) return { outcome: 'no-such-account' }
    const [before] = await inside<{ at: Instant }>(TAKEN, key)
    if (before !== undefined) return { outcome: 'duplicate', at: before.at }
    const boxes = await inside<BoxRow>(BOXES, [recipient])
    const stale = compareDevices(boxes, submission)
    if (stale !== undefined) return { outcome: 'stale', stale }
    const bytes = envelopes.reduce((sum, { content }) => sum + content.length, 0)
    if (isFull(boxes, submission) || (await hasEnough(inside, submission, bytes))) return { outcome: 'full' }
    // Another relay may have been given it as one for now.
    if ((await inside(TAKE, [...key, due])).length === 0) return { outcome: 'duplicate', at }
    if (envelopes.length === 0) return { outcome: 'accepted', at, placed: [] }
    await inside(ADD, [...key, senderDevice, at, due])
    await inside(ADD_ENVELOPES, [
      ...key,
      envelopes.map(({ device }) => device),
      envelopes.map(({ type }) => type),
      envelopes.map(({ content }) => content),
    ])
    return { outcome: 'accepted', at, placed: [] }
  }

  async function hasEnough(inside: Query, { recipient, sender }: Submission, bytes: number): Promise<boolean> {
    const [held] = await inside<{ all: number; ofOne: number; bytes: number }>(COUNT, [recipient, sender])
    if (held === undefined) throw new Error('a row of counts was not there')
    if (held.all >= SCHEDULED_SUBMISSIONS || held.ofOne >= SCHEDULED_OF_ONE) return true
    return held.bytes + bytes > SCHEDULED_BYTES
  }

  async function release(inside: Query, account: AccountId, now: Instant, limit: number): Promise<Placed[]> {
    const boxes = await inside<{ device: DeviceId; lastPosition: number }>(LOCK_BOXES, [account])
    const due = (await inside<DueRow>(TAKE_DUE, [account, now, limit])).toSorted((a, b) => a.nth - b.nth)
    if (due.length === 0) return []
    const released = await inside<ReleasedRow>(TAKE_ENVELOPES, [
      account,
      due.map(({ sender }) => sender),
      due.map(({ submission }) => submission),
      due.map(({ senderDevice }) => senderDevice),
    ])
    const newest = new Map(boxes.map(({ device, lastPosition }) => [device, lastPosition]))
    const placed = released
      .toSorted((a, b) => a.nth - b.nth)
      .flatMap(({ device, nth: _, ...envelope }): Placed[] => {
        const previous = newest.get(device)
        if (previous === undefined) return []
        newest.set(device, previous + 1)
        return [{ device, previous, envelope: { ...envelope, position: previous + 1, takenAt: now } }]
      })
    await place(inside, account, now, placed)
    return placed
  }

  async function place(inside: Query, account: AccountId, now: Instant, placed: readonly Placed[]): Promise<void> {
    const devices = placed.map(({ device }) => device)
    const envelopes = placed.map(({ envelope }) => envelope)
    const positions = envelopes.map(({ position }) => position)
    await inside(PLACE, [
      account,
      now,
      devices,
      positions,
      envelopes.map(({ submission }) => uuidOf(submission)),
      envelopes.map(({ sender }) => uuidOf(sender)),
      envelopes.map(({ senderDevice }) => senderDevice),
      envelopes.map(({ type }) => type),
      envelopes.map(({ content }) => content),
    ])
    await inside(COUNT_PLACED, [account, devices, positions, envelopes.map(({ content }) => content.length)])
  }

  return {
    schedule: (submission, due, at) => transaction('schedule', (inside) => schedule(inside, submission, due, at)),
    cancelScheduled: ({ recipient, sender, submission }) =>
      transaction('cancel', async (inside) => {
        const key = [recipient, sender, uuidOf(submission)]
        if ((await inside(CANCEL, key)).length === 0) return false
        await inside(FORGET_ENVELOPES, key)
        return true
      }),
    nextDue: async () => (await query<{ due: Instant }>(NEXT_DUE, []))[0]?.due,
    accountsDue: async (by, limit) =>
      (await query<{ account: AccountId }>(ACCOUNTS_DUE, [by, limit])).map(({ account }) => account),
    releaseDue: (account, now, limit) => transaction('release', (inside) => release(inside, account, now, limit)),
    scheduledFrom: (recipient, sender, limit) => query<ScheduledEnvelope>(FROM, [recipient, sender, limit]),
  }
}

function isFull(boxes: readonly BoxRow[], { envelopes }: Submission): boolean {
  return envelopes.some(({ device, content }) => {
    const box = boxes.find((candidate) => candidate.device === device)
    return box !== undefined && (box.held >= MAILBOX_ENVELOPES || box.heldBytes + content.length > MAILBOX_BYTES)
  })
}
