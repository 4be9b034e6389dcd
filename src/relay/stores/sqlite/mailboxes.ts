// Envelopes in SQLite: taken once, read in order, gone when acknowledged.

import type { Instant } from '../../../shared/ids.ts'
import { uuidToBytes } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import {
  type Appended,
  compareDevices,
  type Mailbox,
  type MailboxStore,
  type Standing,
  type Submission,
  type WaitingEnvelope,
} from '../../store.ts'
import { type Boxes, isFull } from './boxes.ts'
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
    const before = submissions.takenAt(key, submission.sender)
    if (before !== undefined) return { outcome: 'duplicate', at: before }
    if (stale !== undefined) return { outcome: 'stale', stale }
    if (isFull(owner, submission.envelopes)) return { outcome: 'full' }
    submissions.take(key, at)
    const placed = submission.envelopes.map(({ device, type, content }) => {
      const box = owner.boxes.find((candidate) => candidate.device === device)
      if (box === undefined) throw new Error('an envelope without mailbox passed the comparison')
      const { submission: id } = submission
      return boxes.put(box, {
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

  return {
    listedDevices: async (account) => boxes.ofAccount(account)?.boxes,

    append: (submission, at) => commit.write('append', () => append(submission, at)),

    read: async (mailbox, after, limit) => {
      const box = boxes.of(mailbox)
      if (box === undefined || box.lastPosition <= after) return []
      return boxes.read(box, after, limit)
    },

    acknowledge: (mailbox, positions) =>
      commit.writeInCompany('acknowledge', positions.length, () => {
        const box = boxes.of(mailbox)
        if (box !== undefined) boxes.remove(box, positions)
      }),

    mailboxState: async (mailbox) => {
      const box = boxes.of(mailbox)
      if (box === undefined) return undefined
      const row = sql.get<{ at: Instant | null }>('SELECT last_seen_at AS at FROM mailboxes WHERE number = ?', [
        box.number,
      ])
      const { lastPosition, held, heldBytes } = box
      return { lastPosition, held: held.size, heldBytes, lastSeenAt: row?.at ?? undefined }
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
      for (const box of owner.boxes)
        for (const envelope of boxes.waitingFrom(box, uuidToBytes(sender), limit - found.length))
          found.push({ device: box.device, ...envelope })
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
        for (const box of owner.boxes) expired += boxes.expire(box, envelopesBefore)
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
}
