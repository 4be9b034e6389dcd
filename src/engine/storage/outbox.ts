// The outbox on disk: what we promised to send, the exact bytes of it, and what was sent lately.

import type { EnvelopeType } from '../../protocol/generated/relay_pb.ts'
import type { AccountId, DeviceId, Instant, MessageId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface OutboxRow {
  id: number
  submission: Uint8Array
  recipient: AccountId
  message: MessageId | null
  device: DeviceId | null
  kind: 'content' | 'retry'
  content: Uint8Array
  state: 'waiting' | 'sealed' | 'failed' | 'accepted'
  resent: number
  at: number
}

export interface SealedRow {
  device: DeviceId
  registration_id: number
  type: EnvelopeType
  bytes: Uint8Array
}

export interface NewOutboxRow {
  submission: Uint8Array
  recipient: AccountId
  message?: MessageId
  device?: DeviceId
  kind: 'content' | 'retry'
  content: Uint8Array
  /** It is an answer to a retry request, and is not sent a third time. */
  resent?: true
  at: Instant
}

/** Waits to be sealed, if it is not sealed in the same transaction. */
export function addToOutbox(sql: Sql, row: NewOutboxRow, state: 'waiting' | 'sealed' = 'waiting'): OutboxRow {
  const added = sql.get<OutboxRow>(
    `INSERT INTO outbox (submission, recipient, message, device, kind, content, state, resent, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
    [
      row.submission,
      row.recipient,
      row.message ?? null,
      row.device ?? null,
      row.kind,
      row.content,
      state,
      row.resent ? 1 : 0,
      row.at,
    ],
  )
  if (added === undefined) throw new Error('an inserted row did not come back')
  return added
}

/** Waiting, or sent lately. */
export function isInOutbox(sql: Sql, submission: Uint8Array): boolean {
  return sql.get('SELECT 1 AS yes FROM outbox WHERE submission = ?', [submission]) !== undefined
}

export function nextToSend(sql: Sql, recipient: AccountId): OutboxRow | undefined {
  return sql.get<OutboxRow>(
    "SELECT * FROM outbox WHERE recipient = ? AND state <> 'accepted' AND state <> 'failed' ORDER BY id LIMIT 1",
    [recipient],
  )
}

/** Something for them still has to be sealed: what is sealed now would overtake it. */
export function hasUnsealed(sql: Sql, recipient: AccountId): boolean {
  return (
    sql.get("SELECT 1 AS yes FROM outbox WHERE recipient = ? AND state <> 'accepted' AND state = 'waiting' LIMIT 1", [
      recipient,
    ]) !== undefined
  )
}

export function recipientsWithMail(sql: Sql): AccountId[] {
  return sql
    .all<{ recipient: AccountId }>(
      "SELECT DISTINCT recipient FROM outbox WHERE state <> 'accepted' AND state <> 'failed'",
    )
    .map((row) => row.recipient)
}

/** What is sealed for whom; the bytes are there until the relay has them. */
export function sealedFor(sql: Sql, outbox: number): SealedRow[] {
  return sql.all<SealedRow>(
    'SELECT device, registration_id, type, bytes FROM sealed WHERE outbox = ? AND bytes IS NOT NULL ORDER BY device',
    [outbox],
  )
}

export function addSealed(sql: Sql, outbox: number, sealed: SealedRow): void {
  sql.run('INSERT INTO sealed (outbox, device, registration_id, type, bytes) VALUES (?, ?, ?, ?, ?)', [
    outbox,
    sealed.device,
    sealed.registration_id,
    sealed.type,
    sealed.bytes,
  ])
}

export function removeSealed(sql: Sql, outbox: number, device: DeviceId): void {
  sql.run('DELETE FROM sealed WHERE outbox = ? AND device = ?', [outbox, device])
}

/** With the content as it was sealed: numbered. */
export function markSealed(sql: Sql, outbox: number, content: Uint8Array): void {
  sql.run("UPDATE outbox SET state = 'sealed', content = ? WHERE id = ?", [content, outbox])
}

/** The relay has it: the bytes go, the content stays a while in case somebody could not open it. */
export function markAccepted(sql: Sql, outbox: number): void {
  sql.run("UPDATE outbox SET state = 'accepted' WHERE id = ?", [outbox])
  sql.run('UPDATE sealed SET bytes = NULL WHERE outbox = ?', [outbox])
}

export function markFailed(sql: Sql, outbox: number): void {
  sql.run("UPDATE outbox SET state = 'failed' WHERE id = ?", [outbox])
  sql.run('DELETE FROM sealed WHERE outbox = ?', [outbox])
}

/** The failed one of a message waits again. False: there is none. */
export function retryFailed(sql: Sql, recipient: AccountId, message: MessageId): boolean {
  const failed = "recipient = ? AND state <> 'accepted' AND message = ? AND state = 'failed'"
  return sql.run(`UPDATE outbox SET state = 'waiting' WHERE ${failed}`, [recipient, message]) > 0
}

export function dropFromOutbox(sql: Sql, recipient: AccountId, message: MessageId): void {
  const unsealed = "recipient = ? AND state <> 'accepted' AND message = ? AND state IN ('waiting', 'failed')"
  sql.run(`DELETE FROM outbox WHERE ${unsealed}`, [recipient, message])
}

/** What still waits for somebody who is not there any more. */
export function dropAllFor(sql: Sql, recipient: AccountId): void {
  sql.run("DELETE FROM outbox WHERE recipient = ? AND state <> 'accepted'", [recipient])
}

/** What was given to the relay for this very device, if it is still kept and was not sent again yet. */
export function findSent(
  sql: Sql,
  submission: Uint8Array,
  recipient: AccountId,
  device: DeviceId,
): OutboxRow | undefined {
  return sql.get<OutboxRow>(
    `SELECT o.* FROM outbox o JOIN sealed s ON s.outbox = o.id AND s.device = ?
     WHERE o.submission = ? AND o.recipient = ? AND o.state = 'accepted' AND o.resent = 0 AND o.kind = 'content'`,
    [device, submission, recipient],
  )
}

export function markResent(sql: Sql, outbox: number): void {
  sql.run('UPDATE outbox SET resent = 1 WHERE id = ?', [outbox])
}

export function forgetSentBefore(sql: Sql, at: number): void {
  sql.run("DELETE FROM outbox WHERE state = 'accepted' AND at < ?", [at])
}

/** What is still with us is sealed anew: after a restore, or when a person accepted a new safety number. */
export function unsealAll(sql: Sql, recipient: AccountId | undefined): void {
  const whose = recipient === undefined ? '' : ' AND recipient = ?'
  const values = recipient === undefined ? [] : [recipient]
  sql.run(`DELETE FROM sealed WHERE outbox IN (SELECT id FROM outbox WHERE state = 'sealed'${whose})`, values)
  sql.run(`UPDATE outbox SET state = 'waiting' WHERE state = 'sealed'${whose}`, values)
}

/** What is still with us goes out under another name: under its own, the relay may have taken other bytes. */
export function renameUnsent(sql: Sql, draw: () => Uint8Array): void {
  for (const { id } of sql.all<{ id: number }>(
    "SELECT id FROM outbox WHERE kind = 'content' AND state IN ('waiting', 'sealed', 'failed')",
  ))
    sql.run('UPDATE outbox SET submission = ? WHERE id = ?', [draw(), id])
}

/** When a session was last begun anew on request [P71]. */
export function lastReset(sql: Sql, account: AccountId, device: DeviceId): Instant | undefined {
  return sql.get<{ at: Instant }>('SELECT at FROM session_resets WHERE account = ? AND device = ?', [account, device])
    ?.at
}

export function noteReset(sql: Sql, account: AccountId, device: DeviceId, now: Instant): void {
  sql.run(
    'INSERT INTO session_resets (account, device, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at',
    [account, device, now],
  )
}
