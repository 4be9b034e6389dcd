// Submissions that wait for their time, in SQLite.

import type { AccountId, Instant } from '../../../shared/ids.ts'
import { uuidToBytes } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import { SCHEDULED_BYTES, SCHEDULED_OF_ONE, SCHEDULED_SUBMISSIONS } from '../../limits.ts'
import type { ScheduledEnvelope, ScheduledKey, ScheduleStore } from '../../scheduled/contract.ts'
import { type Appended, compareDevices, type OutgoingEnvelope, type Placed, type Submission } from '../../store.ts'
import { type AccountBoxes, type Boxes, isFull } from './boxes.ts'
import type { GroupCommit } from './commit.ts'
import type { Submissions } from './submissions.ts'

interface DueRow {
  sender: Uint8Array
  submission: Uint8Array
  senderDevice: number
}

const KEY = 'account = ? AND sender = ? AND submission = ?'

export function createScheduled(sql: Sql, commit: GroupCommit, boxes: Boxes, submissions: Submissions): ScheduleStore {
  function schedule(submission: Submission, due: Instant, at: Instant): Appended {
    const owner = boxes.ofAccount(submission.recipient)
    if (owner === undefined) return { outcome: 'no-such-account' }
    const { envelopes, senderDevice } = submission
    const key = { account: owner.number, sender: uuidToBytes(submission.sender), submission: submission.submission }
    const before = submissions.takenAt(key, submission.sender)
    if (before !== undefined) return { outcome: 'duplicate', at: before }
    const stale = compareDevices(owner.boxes, submission)
    if (stale !== undefined) return { outcome: 'stale', stale }
    if (isFull(owner, envelopes) || hasEnough(owner, key.sender, envelopes)) return { outcome: 'full' }
    submissions.take(key, due)
    const values = [key.account, key.sender, key.submission]
    if (envelopes.length > 0)
      sql.run(
        'INSERT INTO scheduled (account, sender, submission, sender_device, taken_at, due_at) VALUES (?, ?, ?, ?, ?, ?)',
        [...values, senderDevice, at, due],
      )
    for (const { device, type, content } of envelopes)
      sql.run(
        'INSERT INTO scheduled_envelopes (account, sender, submission, device, type, content) VALUES (?, ?, ?, ?, ?, ?)',
        [...values, device, type, content],
      )
    return { outcome: 'accepted', at, placed: [] }
  }

  function hasEnough({ number }: AccountBoxes, sender: Uint8Array, envelopes: readonly OutgoingEnvelope[]): boolean {
    const held = sql.get<{ all: number; ofOne: number }>(
      `SELECT count(*) AS "all", count(*) FILTER (WHERE sender = ?) AS ofOne
       FROM scheduled WHERE account = ? AND NOT cancelled`,
      [sender, number],
    )
    const sizes = sql.get<{ bytes: number }>(
      'SELECT coalesce(sum(length(content)), 0) AS bytes FROM scheduled_envelopes WHERE account = ?',
      [number],
    )
    if (held === undefined || sizes === undefined) throw new Error('a row of counts was not there')
    if (held.all >= SCHEDULED_SUBMISSIONS || held.ofOne >= SCHEDULED_OF_ONE) return true
    return envelopes.reduce((sum, { content }) => sum + content.length, sizes.bytes) > SCHEDULED_BYTES
  }

  function cancel({ recipient, sender, submission }: ScheduledKey): boolean {
    const owner = boxes.ofAccount(recipient)
    if (owner === undefined) return false
    const key = [owner.number, uuidToBytes(sender), submission]
    if (sql.run(`UPDATE scheduled SET cancelled = 1 WHERE ${KEY}`, key) === 0) return false
    sql.run(`DELETE FROM scheduled_envelopes WHERE ${KEY}`, key)
    return true
  }

  function release(account: AccountId, now: Instant, limit: number): Placed[] {
    const owner = boxes.ofAccount(account)
    if (owner === undefined) return []
    const due = sql.all<DueRow>(
      `SELECT sender, submission, sender_device AS senderDevice FROM scheduled
       WHERE account = ? AND NOT cancelled AND due_at <= ? ORDER BY due_at, rowid LIMIT ?`,
      [owner.number, now, limit],
    )
    return due.flatMap((row) => {
      const key = [owner.number, row.sender, row.submission]
      const envelopes = sql.all<Pick<OutgoingEnvelope, 'device' | 'type' | 'content'>>(
        `SELECT device, type, content FROM scheduled_envelopes WHERE ${KEY} ORDER BY device`,
        key,
      )
      sql.run(`DELETE FROM scheduled WHERE ${KEY}`, key)
      return envelopes.flatMap((envelope) => {
        const box = owner.boxes.find(({ device }) => device === envelope.device)
        return box === undefined ? [] : [boxes.put(box, { ...row, ...envelope, takenAt: now })]
      })
    })
  }

  return {
    schedule: (submission, due, at) => commit.write('schedule', () => schedule(submission, due, at)),
    cancelScheduled: (key) => commit.write('cancel', () => cancel(key)),
    nextDue: async () =>
      sql.get<{ due: Instant | null }>('SELECT min(due_at) AS due FROM scheduled WHERE NOT cancelled')?.due ??
      undefined,
    accountsDue: async (by, limit) =>
      sql
        .all<{ account: AccountId }>(
          `SELECT account FROM accounts WHERE number IN
             (SELECT account FROM scheduled WHERE NOT cancelled AND due_at <= ? ORDER BY due_at LIMIT ?)`,
          [by, limit],
        )
        .map(({ account }) => account),
    releaseDue: (account, now, limit) => commit.write('release', () => release(account, now, limit)),
    scheduledFrom: async (recipient, sender, limit) =>
      sql.all<ScheduledEnvelope>(
        `SELECT device, length(content) AS size, taken_at AS takenAt, due_at AS dueAt, substr(content, 1, 32) AS firstBytes
         FROM scheduled JOIN scheduled_envelopes USING (account, sender, submission)
         WHERE account = (SELECT number FROM accounts WHERE account = ?) AND sender = ?
         ORDER BY due_at, scheduled.rowid, device LIMIT ?`,
        [recipient, uuidToBytes(sender), limit],
      ),
  }
}
