// Envelopes in SQLite: taken once, read in order, gone when acknowledged.

import type { AccountId, Instant } from '../../../shared/ids.ts'
import { uuidToBytes } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import {
  type Appended,
  compareDevices,
  type HeldEnvelope,
  type Mailbox,
  type MailboxStore,
  type Standing,
  type Submission,
  type WaitingEnvelope,
} from '../../store.ts'
import { type Box, type Boxes, endOf, isFull, placeOf, positionAt, putEnvelope } from './boxes.ts'
import type { GroupCommit } from './commit.ts'
import type { Submissions } from './submissions.ts'

export function createMailboxes(sql: Sql, commit: GroupCommit, boxes: Boxes, submissions: Submissions): MailboxStore {
  function append(submission: Submission, at: Instant): Appended {
    const owner = boxes.ofAccount(submission.recipient)
    if (owner === undefined) return { outcome: 'no-such-account' }
    const sender = uuidToBytes(submission.sender)
    const stale = compareDevices(owner.boxes, submission)
    const key = { account: owner.number, sender, submission: submission.submission }
    // What was taken once stays taken, whatever has become of the devices since [P51].
    const before = submissions.takenAt(key)
    if (before !== undefined) return { outcome: 'duplicate', at: before }
    if (stale !== undefined) return { outcome: 'stale', stale }
    if (isFull(owner, submission.envelopes)) return { outcome: 'full' }
    submissions.take(key, at)
    const placed = submission.envelopes.map(({ device, type, content }) => {
      const box = owner.boxes.find((candidate) => candidate.device === device)
      if (box === undefined) throw new Error('an envelope without mailbox passed the comparison')
      const { submission: id } = submission
      return putEnvelope(sql, box, {
        submission: id,
        sender,
        senderDevice: submission.senderDevice,
        type,
        content,
        takenAt: at,
      })
    })
    return { outcome: 'accepted', at, placed }
  }

  function remove(box: Box, { first, last }: Run): void {
    sql.run('DELETE FROM envelopes WHERE place BETWEEN ? AND ?', [placeOf(box, first), placeOf(box, last)])
    for (let position = first; position <= last; position++) {
      box.heldBytes -= box.sizes.get(position) ?? 0
      box.sizes.delete(position)
    }
  }

  /** Envelopes are in the order they were taken: those that were taken before are the first ones. */
  function expireEnvelopes(box: Box, before: Instant): number {
    const [oldest] = box.sizes.keys()
    if (oldest === undefined) return 0
    const youngestKept = sql.get<{ place: number }>(
      'SELECT place FROM envelopes WHERE place BETWEEN ? AND ? AND taken_at >= ? ORDER BY place LIMIT 1',
      [placeOf(box, oldest), endOf(box), before],
    )
    const held = box.sizes.size
    const firstKept = youngestKept === undefined ? box.lastPosition + 1 : positionAt(youngestKept.place)
    if (firstKept > oldest) remove(box, { first: oldest, last: firstKept - 1 })
    return held - box.sizes.size
  }

  return {
    listedDevices: async (account) => boxes.ofAccount(account)?.boxes,

    append: (submission, at) => commit.write('append', () => append(submission, at)),

    read: async (mailbox, after, limit) => {
      const box = boxes.of(mailbox)
      if (box === undefined || box.lastPosition <= after) return []
      return sql.all<HeldEnvelope>(
        `SELECT place % 4294967296 AS position, submission, sender, sender_device AS senderDevice, type, content,
           taken_at AS takenAt
         FROM envelopes WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?`,
        [placeOf(box, after + 1), endOf(box), limit],
      )
    },

    acknowledge: (mailbox, positions) =>
      commit.write('acknowledge', () => {
        const box = boxes.of(mailbox)
        if (box === undefined) return
        const held = positions.filter((position) => box.sizes.has(position))
        for (const run of runs(held)) remove(box, run)
      }),

    mailboxState: async (mailbox) => {
      const box = boxes.of(mailbox)
      if (box === undefined) return undefined
      const row = sql.get<{ at: Instant | null }>('SELECT last_seen_at AS at FROM mailboxes WHERE number = ?', [
        box.number,
      ])
      const { lastPosition, sizes, heldBytes } = box
      return { lastPosition, held: sizes.size, heldBytes, lastSeenAt: row?.at ?? undefined }
    },

    seen: (mailbox, at) =>
      commit.write('seen', () => {
        const box = boxes.of(mailbox)
        if (box !== undefined) sql.run('UPDATE mailboxes SET last_seen_at = ? WHERE number = ?', [at, box.number])
      }),

    enter: (mailbox, connection, at) =>
      commit.write('seen', () => {
        const box = boxes.of(mailbox)
        if (box === undefined) return
        sql.run('UPDATE mailboxes SET last_seen_at = ?, connection = ? WHERE number = ?', [at, connection, box.number])
      }),

    standing: async (mailbox) => {
      const account = sql.get<{ identityKey: Uint8Array; disabledAt: Instant | null }>(
        'SELECT identity_key AS identityKey, disabled_at AS disabledAt FROM accounts WHERE account = ?',
        [mailbox.account],
      )
      return account && { ...account, disabledAt: account.disabledAt ?? undefined, box: boxStanding(mailbox) }
    },

    waitingFrom: async (recipient, sender, limit) => {
      const owner = boxes.ofAccount(recipient)
      if (owner === undefined) return []
      const found: WaitingEnvelope[] = []
      for (const box of owner.boxes) found.push(...waiting(box, sender, limit - found.length))
      return found
    },

    expire: (account, envelopesBefore, submissionsBefore) =>
      commit.write('expire', () => {
        const owner = boxes.ofAccount(account)
        if (owner === undefined) return 0
        submissions.expire(owner.number, submissionsBefore)
        const calledOff = 'DELETE FROM scheduled WHERE account = ? AND cancelled AND due_at < ?'
        sql.run(calledOff, [owner.number, submissionsBefore])
        let expired = 0
        for (const box of owner.boxes) expired += expireEnvelopes(box, envelopesBefore)
        return expired
      }),
  }

  function boxStanding(mailbox: Mailbox): Standing['box'] {
    const box = boxes.of(mailbox)
    if (box === undefined) return undefined
    const row = sql.get<{ connection: Uint8Array | null }>('SELECT connection FROM mailboxes WHERE number = ?', [
      box.number,
    ])
    const { registrationId, lastPosition } = box
    return { registrationId, lastPosition, connection: row?.connection ?? undefined }
  }

  function waiting(box: Box, sender: AccountId, limit: number): WaitingEnvelope[] {
    const rows = sql.all<Omit<WaitingEnvelope, 'device'>>(
      `SELECT length(content) AS size, taken_at AS takenAt, substr(content, 1, 32) AS firstBytes
       FROM envelopes WHERE place BETWEEN ? AND ? AND sender = ? ORDER BY place LIMIT ?`,
      [placeOf(box, 0), endOf(box), uuidToBytes(sender), limit],
    )
    return rows.map((row) => ({ device: box.device, ...row }))
  }
}

interface Run {
  first: number
  last: number
}

/** Ascending runs of neighbouring positions: most acknowledgements are one. */
function runs(positions: readonly number[]): Run[] {
  const found: Run[] = []
  for (const position of positions.toSorted((a, b) => a - b)) {
    const run = found.at(-1)
    if (run !== undefined && position <= run.last + 1) run.last = position
    else found.push({ first: position, last: position })
  }
  return found
}
