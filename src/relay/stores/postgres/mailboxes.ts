// Envelopes in PostgreSQL: taken, read and forgotten for many mailboxes at once.

import type { AccountId, DeviceId, Instant } from '../../../shared/ids.ts'
import type { WriteName } from '../../crash-points.ts'
import type { Clock, Crash } from '../../ports.ts'
import type { HeldEnvelope, ListedDevice, Mailbox, MailboxStore, Standing, WaitingEnvelope } from '../../store.ts'
import { type Append, createAppend, weighAppend } from './append.ts'
import { asColumns, boxName, LOCKED_BOXES } from './boxes.ts'
import type { Postgres } from './connect.ts'
import { createDeviceLists } from './device-lists.ts'
import { createLane, type Lane } from './lane.ts'
import { type Seen, see, standings } from './presence.ts'
import { column, PACKED_ENVELOPE, unpackEnvelope } from './rows.ts'
import { runs } from './runs.ts'

/** In milliseconds, alone and in company: nobody waits for the answer to an acknowledgement but a device whose window is full. */
const ACKNOWLEDGEMENTS_GATHER = { few: 8, many: 25 }

/** Batches of more than so many wait for company, in milliseconds. */
const FEW = 3
const COMPANY_COMES = 5

interface Read {
  mailbox: Mailbox
  after: number
  limit: number
}

interface Acknowledgement {
  mailbox: Mailbox
  positions: readonly number[]
}

const READ = {
  name: 'read',
  text: `
    SELECT asked.nth::integer AS read, e.envelope
    FROM unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::integer[]) WITH ORDINALITY
      AS asked (account, device, after, most, nth)
    CROSS JOIN LATERAL (
      SELECT ${PACKED_ENVELOPE} AS envelope
      FROM envelopes
      WHERE account = asked.account AND device = asked.device AND position > asked.after
      ORDER BY account, device, position
      LIMIT asked.most
    ) e`,
}

const FORGET = `
    UPDATE mailboxes m SET held = m.held - g.held, held_bytes = m.held_bytes - g.bytes
    FROM (SELECT account, device, count(*)::integer AS held, sum(size) AS bytes FROM gone GROUP BY account, device) g
    WHERE m.account = g.account AND m.device = g.device`

const ACKNOWLEDGE = {
  name: 'acknowledge',
  text: `
    WITH ${LOCKED_BOXES}, gone AS (
      DELETE FROM envelopes e
      USING box, unnest($3::uuid[], $4::smallint[], $5::bigint[], $6::bigint[]) AS run (account, device, first, last)
      WHERE run.account = box.account AND run.device = box.device
        AND e.account = box.account AND e.device = box.device AND e.position BETWEEN run.first AND run.last
      RETURNING e.account, e.device, octet_length(e.content) AS size
    ) ${FORGET}`,
}

/** Locks only those accounts that have something to forget. */
const EXPIRE = {
  name: 'expire',
  text: `
    WITH box AS MATERIALIZED (
      SELECT account, device FROM mailboxes
      WHERE account = $1 AND EXISTS (SELECT FROM envelopes WHERE account = $1 AND taken_at < $2)
      ORDER BY device FOR UPDATE
    ), gone AS (
      DELETE FROM envelopes e USING box
      WHERE e.account = box.account AND e.device = box.device AND e.taken_at < $2
      RETURNING e.account, e.device, octet_length(e.content) AS size
    ), forgotten AS (
      DELETE FROM submissions WHERE account = $1 AND taken_at < $3
    ), called_off AS (
      DELETE FROM scheduled WHERE account = $1 AND cancelled AND due_at < $3
    ), counted AS (${FORGET})
    SELECT count(*)::integer AS expired FROM gone`,
}

const STATE = {
  name: 'mailbox-state',
  text: `SELECT last_position AS "lastPosition", held, held_bytes AS "heldBytes", last_seen_at AS "lastSeenAt"
    FROM mailboxes WHERE account = $1 AND device = $2`,
}

const LISTED = {
  name: 'listed-devices',
  text: 'SELECT device, registration_id AS "registrationId" FROM mailboxes WHERE account = $1 ORDER BY device',
}

const WAITING_FROM = {
  name: 'waiting-from',
  text: `SELECT device, octet_length(content) AS size, taken_at AS "takenAt", substring(content FROM 1 FOR 32) AS "firstBytes"
    FROM envelopes WHERE account = $1 AND sender = $2 ORDER BY device, position LIMIT $3`,
}

export interface Mailboxes extends MailboxStore {
  /** When all that was asked is answered. */
  close(): Promise<void>
}

export function createMailboxes({ query }: Postgres, clock: Clock, crash: Crash): Mailboxes {
  const append = createAppend(query, createDeviceLists(query))

  /** One after the other: positions are taken in the order of the calls. */
  const appends = createLane({
    run: told('append', append),
    most: 1000,
    weigh: weighAppend,
    heaviest: 4 * 1024 * 1024,
    gather: sooner,
  })
  const acknowledgements: Lane<Acknowledgement, undefined> = createLane({
    run: told('acknowledge', acknowledge),
    most: 1000,
    gather: (go, before) => clock.after(ACKNOWLEDGEMENTS_GATHER[before > FEW ? 'many' : 'few'], go),
  })
  const reads: Lane<Read, HeldEnvelope[]> = createLane({ run: read, most: 64, abreast: 2, gather: sooner })
  const sightings: Lane<Seen, undefined> = createLane({
    run: told('seen', (batch) => see(query, batch)),
    most: 1000,
    gather: sooner,
  })
  const admissions: Lane<Mailbox, Standing | undefined> = createLane({
    run: (batch) => standings(query, batch),
    most: 1000,
    gather: sooner,
  })

  /** A batch costs much the same, however much is in it: where there is company, it is worth waiting for. */
  function sooner(go: () => void, before: number): void {
    if (before > FEW) clock.after(COMPANY_COMES, go)
    else setImmediate(go)
  }

  /** A batch is one transaction. */
  function told<Asked, Answered>(name: WriteName, run: (batch: readonly Asked[]) => Promise<readonly Answered[]>) {
    return async (batch: readonly Asked[]) => {
      for (const _ of batch) crash(`${name}:before-commit`)
      const answers = await run(batch)
      for (const _ of batch) crash(`${name}:after-commit`)
      return answers
    }
  }

  async function acknowledge(batch: readonly Acknowledgement[]): Promise<undefined[]> {
    const gone = new Map<string, { mailbox: Mailbox; positions: number[] }>()
    for (const { mailbox, positions } of batch) {
      const name = boxName(mailbox)
      const known = gone.get(name)
      if (known === undefined) gone.set(name, { mailbox, positions: [...positions] })
      else known.positions.push(...positions)
    }
    const each = [...gone.values()]
    const deletions = each.flatMap(({ mailbox, positions }) => runs(positions).map((run) => ({ mailbox, run })))
    if (deletions.length > 0)
      await query(ACKNOWLEDGE, [
        ...asColumns(each.map(({ mailbox }) => mailbox)),
        column(deletions.map(({ mailbox }) => mailbox.account)),
        column(deletions.map(({ mailbox }) => mailbox.device)),
        column(deletions.map(({ run }) => run.first)),
        column(deletions.map(({ run }) => run.last)),
      ])
    return batch.map(() => undefined)
  }

  async function read(batch: readonly Read[]): Promise<HeldEnvelope[][]> {
    const answers = batch.map((): HeldEnvelope[] => [])
    const rows = await query<{ read: number; envelope: Buffer }>(READ, [
      column(batch.map(({ mailbox }) => mailbox.account)),
      column(batch.map(({ mailbox }) => mailbox.device)),
      column(batch.map(({ after }) => after)),
      column(batch.map(({ limit }) => limit)),
    ])
    for (const { read: number, envelope } of rows) answers[number - 1]?.push(unpackEnvelope(envelope))
    for (const answer of answers) answer.sort((a, b) => a.position - b.position)
    return answers
  }

  return {
    listedDevices: async (account) => {
      const devices = await query<ListedDevice>(LISTED, [account])
      return devices.length === 0 ? undefined : devices
    },
    append: (submission, at) => appends.ask({ submission, at } satisfies Append),
    read: (mailbox, after, limit) => reads.ask({ mailbox: only(mailbox), after, limit }),
    acknowledge: (mailbox, positions) => acknowledgements.ask({ mailbox: only(mailbox), positions }),
    mailboxState: async ({ account, device }) => {
      type Row = { lastPosition: number; held: number; heldBytes: number; lastSeenAt: Instant | null }
      const [row] = await query<Row>(STATE, [account, device])
      return row && { ...row, lastSeenAt: row.lastSeenAt ?? undefined }
    },
    seen: (mailbox, at) => sightings.ask({ mailbox: only(mailbox), at }),
    enter: (mailbox, connection, at) => sightings.ask({ mailbox: only(mailbox), at, connection }),
    standing: (mailbox) => admissions.ask(only(mailbox)),
    waitingFrom: (recipient, sender, limit) => query<WaitingEnvelope>(WAITING_FROM, [recipient, sender, limit]),
    expire: async (account, envelopesBefore, submissionsBefore) => {
      crash('expire:before-commit')
      const [row] = await query<{ expired: number }>(EXPIRE, [account, envelopesBefore, submissionsBefore])
      crash('expire:after-commit')
      return row?.expired ?? 0
    },
    close: async () => {
      await Promise.all([appends, acknowledgements, reads, sightings, admissions].map((lane) => lane.close()))
    },
  }
}

/** Callers are mailboxes, and more. */
function only({ account, device }: Mailbox): { account: AccountId; device: DeviceId } {
  return { account, device }
}
