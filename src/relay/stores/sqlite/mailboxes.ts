// Envelopes in SQLite: taken once, read in order, gone when acknowledged.

import type { DeviceId, Instant } from '../../../shared/ids.ts'
import { uuidToBytes } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import { MAILBOX_BYTES, MAILBOX_ENVELOPES } from '../../limits.ts'
import {
  type Appended,
  compareDevices,
  type HeldEnvelope,
  type MailboxStore,
  type Submission,
  type WaitingEnvelope,
} from '../../store.ts'
import type { AccountBoxes, Box, Boxes } from './boxes.ts'
import type { GroupCommit } from './commit.ts'

export function createMailboxes(sql: Sql, commit: GroupCommit, boxes: Boxes): MailboxStore {
  function append(submission: Submission, at: Instant): Appended {
    const owner = boxes.ofAccount(submission.recipient)
    if (owner === undefined) return { outcome: 'no-such-account' }
    const sender = uuidToBytes(submission.sender)
    const stale = compareDevices(owner.boxes, submission)
    // What was taken once stays taken, whatever has become of the devices since [P51].
    if (stale !== undefined) return submittedBefore(owner, sender, submission) ?? { outcome: 'stale', stale }
    if (isFull(owner, submission)) return submittedBefore(owner, sender, submission) ?? { outcome: 'full' }
    const fresh = sql.run(
      'INSERT OR IGNORE INTO submissions (account, sender, submission, taken_at) VALUES (?, ?, ?, ?)',
      [owner.number, sender, submission.submission, at],
    )
    if (fresh === 0) return submittedBefore(owner, sender, submission) ?? { outcome: 'duplicate', at }
    for (const { device, type, content } of submission.envelopes) {
      const box = owner.boxes.find((candidate) => candidate.device === device)
      if (box === undefined) throw new Error('an envelope without mailbox passed the comparison')
      boxes.touch(box)
      box.lastPosition += 1
      box.held += 1
      box.heldBytes += content.length
      sql.run(
        `INSERT INTO envelopes (mailbox, position, submission, sender, sender_device, type, taken_at, content)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        [box.number, box.lastPosition, submission.submission, sender, submission.senderDevice, type, at, content],
      )
    }
    return { outcome: 'accepted', at }
  }

  function submittedBefore(owner: AccountBoxes, sender: Uint8Array, { submission }: Submission): Appended | undefined {
    const before = sql.get<{ at: Instant }>(
      'SELECT taken_at AS at FROM submissions WHERE account = ? AND sender = ? AND submission = ?',
      [owner.number, sender, submission],
    )
    return before === undefined ? undefined : { outcome: 'duplicate', at: before.at }
  }

  /** Takes off the counters what a DELETE returned. */
  function uncount(box: Box, removed: readonly { size: number }[]): number {
    if (removed.length === 0) return 0
    boxes.touch(box)
    box.held -= removed.length
    for (const { size } of removed) box.heldBytes -= size
    return removed.length
  }

  function remove(box: Box, first: number, last: number): void {
    uncount(
      box,
      sql.all(
        'DELETE FROM envelopes WHERE mailbox = ? AND position BETWEEN ? AND ? RETURNING length(content) AS size',
        [box.number, first, last],
      ),
    )
  }

  return {
    listedDevices: async (account) => boxes.ofAccount(account)?.boxes,

    append: (submission, at) => commit.write('append', () => append(submission, at)),

    read: async (mailbox, after, limit) => {
      const box = boxes.of(mailbox)
      if (box === undefined || box.lastPosition <= after) return []
      return sql.all<HeldEnvelope>(
        `SELECT position, submission, sender, sender_device AS senderDevice, type, content, taken_at AS takenAt
         FROM envelopes WHERE mailbox = ? AND position > ? ORDER BY position LIMIT ?`,
        [box.number, after, limit],
      )
    },

    acknowledge: (mailbox, positions) =>
      commit.write('acknowledge', () => {
        const box = boxes.of(mailbox)
        if (box === undefined || box.held === 0) return
        for (const { first, last } of runs(positions)) remove(box, first, last)
      }),

    mailboxState: async (mailbox) => {
      const box = boxes.of(mailbox)
      if (box === undefined) return undefined
      const row = sql.get<{ at: Instant | null }>('SELECT last_seen_at AS at FROM mailboxes WHERE number = ?', [
        box.number,
      ])
      const { lastPosition, held, heldBytes } = box
      return { lastPosition, held, heldBytes, lastSeenAt: row?.at ?? undefined }
    },

    seen: (mailbox, at) =>
      commit.write('seen', () => {
        const box = boxes.of(mailbox)
        if (box !== undefined) sql.run('UPDATE mailboxes SET last_seen_at = ? WHERE number = ?', [at, box.number])
      }),

    waitingFrom: async (recipient, sender, limit) => {
      const owner = boxes.ofAccount(recipient)
      if (owner === undefined) return []
      const found: WaitingEnvelope[] = []
      for (const { number, device } of owner.boxes) found.push(...waiting(number, device, sender, limit - found.length))
      return found
    },

    expire: (account, envelopesBefore, submissionsBefore) =>
      commit.write('expire', () => {
        const owner = boxes.ofAccount(account)
        if (owner === undefined) return 0
        sql.run('DELETE FROM submissions WHERE account = ? AND taken_at < ?', [owner.number, submissionsBefore])
        let expired = 0
        for (const box of owner.boxes)
          expired += uncount(
            box,
            sql.all('DELETE FROM envelopes WHERE mailbox = ? AND taken_at < ? RETURNING length(content) AS size', [
              box.number,
              envelopesBefore,
            ]),
          )
        return expired
      }),
  }

  function waiting(number: number, device: DeviceId, sender: Parameters<typeof uuidToBytes>[0], limit: number) {
    return sql
      .all<Omit<WaitingEnvelope, 'device'>>(
        `SELECT length(content) AS size, taken_at AS takenAt, substr(content, 1, 32) AS firstBytes
         FROM envelopes WHERE mailbox = ? AND sender = ? ORDER BY position LIMIT ?`,
        [number, uuidToBytes(sender), limit],
      )
      .map((row) => ({ device, ...row }))
  }
}

function isFull({ boxes }: AccountBoxes, { envelopes }: Submission): boolean {
  return envelopes.some(({ device, content }) => {
    const box = boxes.find((candidate) => candidate.device === device)
    if (box === undefined) return false
    return box.held >= MAILBOX_ENVELOPES || box.heldBytes + content.length > MAILBOX_BYTES
  })
}

/** Ascending runs of neighbouring positions: most acknowledgements are one. */
function runs(positions: readonly number[]): { first: number; last: number }[] {
  const found: { first: number; last: number }[] = []
  for (const position of positions.toSorted((a, b) => a - b)) {
    const run = found.at(-1)
    if (run !== undefined && position <= run.last + 1) run.last = position
    else found.push({ first: position, last: position })
  }
  return found
}
