// The outbox on disk: what we promised to send, and the exact bytes of it. What has left is in sent.ts.

import type { AccountId, DeviceId, Instant, MessageId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { type Envelope, packEnvelopes, unpackEnvelopes } from './envelopes.ts'
import { idsOf } from './id-ranges.ts'

export interface OutboxRow {
  /** Counts up for each recipient, within a range of their own. */
  id: number
  recipient: AccountId
  submission: Uint8Array
  message: MessageId | null
  device: DeviceId | null
  kind: 'content' | 'retry'
  content: Uint8Array
  state: 'waiting' | 'sealed' | 'failed'
  resent: number
  at: number
  envelopes: Uint8Array | null
}

/** Which row it is; the submission, because an id comes again once nothing is left for a recipient. */
export type OutboxKey = Pick<OutboxRow, 'id' | 'submission'>

const THIS_ROW = 'id = ? AND submission = ?'

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

/** Waits to be sealed, if it is not sealed already. */
export function addToOutbox(sql: Sql, row: NewOutboxRow, envelopes?: readonly Envelope[]): void {
  const { first, last } = idsOf(row.recipient)
  sql.run(
    `INSERT INTO outbox (id, recipient, submission, message, device, kind, content, state, resent, at, envelopes)
     VALUES ((SELECT coalesce(max(id), ?) + 1 FROM outbox WHERE id BETWEEN ? AND ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      first,
      first,
      last,
      row.recipient,
      row.submission,
      row.message ?? null,
      row.device ?? null,
      row.kind,
      row.content,
      envelopes === undefined ? 'waiting' : 'sealed',
      row.resent ? 1 : 0,
      row.at,
      envelopes === undefined ? null : packEnvelopes(envelopes),
    ],
  )
}

/** The next after this one that is to leave. */
export function nextToSend(sql: Sql, recipient: AccountId, after: number): OutboxRow | undefined {
  const { first, last } = idsOf(recipient)
  return sql.get<OutboxRow>(
    "SELECT * FROM outbox WHERE id > ? AND id <= ? AND recipient = ? AND state <> 'failed' ORDER BY id LIMIT 1",
    [Math.max(first, after), last, recipient],
  )
}

/** What was promised to them last and is still with us. */
export function newestInOutbox(sql: Sql, recipient: AccountId): OutboxRow | undefined {
  const { first, last } = idsOf(recipient)
  return sql.get<OutboxRow>(
    'SELECT * FROM outbox WHERE id BETWEEN ? AND ? AND recipient = ? ORDER BY id DESC LIMIT 1',
    [first, last, recipient],
  )
}

/** Of one that was not sealed yet. */
export function rewriteContent(sql: Sql, row: OutboxKey, content: Uint8Array): void {
  sql.run(`UPDATE outbox SET content = ? WHERE ${THIS_ROW} AND state = 'waiting'`, [content, ...key(row)])
}

/** Something for them still has to be sealed: what is sealed now would overtake it. */
export function hasUnsealed(sql: Sql, recipient: AccountId): boolean {
  return (
    sql.get("SELECT 1 AS yes FROM outbox WHERE recipient = ? AND state = 'waiting' LIMIT 1", [recipient]) !== undefined
  )
}

export function recipientsWithMail(sql: Sql): AccountId[] {
  return sql
    .all<{ recipient: AccountId }>("SELECT DISTINCT recipient FROM outbox WHERE state <> 'failed'")
    .map((row) => row.recipient)
}

/** What is sealed for whom. */
export function sealedFor(row: OutboxRow): Envelope[] {
  return row.envelopes === null ? [] : unpackEnvelopes(row.envelopes)
}

/** With the content as it was sealed: numbered. */
export function markSealed(sql: Sql, row: OutboxKey, content: Uint8Array, envelopes: readonly Envelope[]): void {
  sql.run(`UPDATE outbox SET state = 'sealed', content = ?, envelopes = ? WHERE ${THIS_ROW}`, [
    content,
    packEnvelopes(envelopes),
    ...key(row),
  ])
}

/** The relay has it: the bytes go, the content stays a while in case somebody could not open it. */
export function markAccepted(sql: Sql, row: OutboxRow): void {
  const devices = Uint8Array.from(sealedFor(row), ({ device }) => device)
  sql.run(
    `INSERT INTO sent (submission, recipient, devices, kind, content, resent, at)
     SELECT submission, recipient, ?, kind, content, resent, at FROM outbox WHERE ${THIS_ROW}`,
    [devices, ...key(row)],
  )
  sql.run(`DELETE FROM outbox WHERE ${THIS_ROW}`, key(row))
}

/** What still waits for somebody who is not there any more. */
export function dropAllFor(sql: Sql, recipient: AccountId): void {
  sql.run('DELETE FROM outbox WHERE recipient = ?', [recipient])
}

/** Sealed for this very device, and not known to have left yet: a crash or a pause may lie between that and our knowing. */
export function findSealed(
  sql: Sql,
  submission: Uint8Array,
  recipient: AccountId,
  device: DeviceId,
): OutboxRow | undefined {
  const { first, last } = idsOf(recipient)
  const row = sql.get<OutboxRow>(
    `SELECT * FROM outbox WHERE id BETWEEN ? AND ? AND recipient = ? AND submission = ?
       AND state = 'sealed' AND resent = 0 AND kind = 'content'`,
    [first, last, recipient, submission],
  )
  return row !== undefined && sealedFor(row).some((sealed) => sealed.device === device) ? row : undefined
}

export function markSealedResent(sql: Sql, row: OutboxKey): void {
  sql.run(`UPDATE outbox SET resent = 1 WHERE ${THIS_ROW}`, key(row))
}

export function markFailed(sql: Sql, row: OutboxKey): void {
  sql.run(`UPDATE outbox SET state = 'failed', envelopes = NULL WHERE ${THIS_ROW}`, key(row))
}

/** The failed one of a message waits again. False: there is none. */
export function retryFailed(sql: Sql, recipient: AccountId, message: MessageId): boolean {
  const { first, last } = idsOf(recipient)
  const failed = "id BETWEEN ? AND ? AND recipient = ? AND message = ? AND state = 'failed'"
  return sql.run(`UPDATE outbox SET state = 'waiting' WHERE ${failed}`, [first, last, recipient, message]) > 0
}

export function dropFromOutbox(sql: Sql, recipient: AccountId, message: MessageId): void {
  const { first, last } = idsOf(recipient)
  const unsealed = "id BETWEEN ? AND ? AND recipient = ? AND message = ? AND state IN ('waiting', 'failed')"
  sql.run(`DELETE FROM outbox WHERE ${unsealed}`, [first, last, recipient, message])
}

/** What is still with us is sealed anew: after a restore, or when a person accepted a new safety number. */
export function unsealAll(sql: Sql, recipient: AccountId | undefined): void {
  const whose = recipient === undefined ? '' : ' AND recipient = ?'
  sql.run(
    `UPDATE outbox SET state = 'waiting', envelopes = NULL WHERE state = 'sealed'${whose}`,
    recipient === undefined ? [] : [recipient],
  )
}

/** What is still with us goes out under another name: under its own, the relay may have taken other bytes. */
export function renameUnsent(sql: Sql, draw: () => Uint8Array): void {
  for (const row of sql.all<OutboxKey>("SELECT id, submission FROM outbox WHERE kind = 'content'"))
    sql.run(`UPDATE outbox SET submission = ? WHERE ${THIS_ROW}`, [draw(), ...key(row)])
}

function key({ id, submission }: OutboxKey): [number, Uint8Array] {
  return [id, submission]
}

/** Under this name something is on its way to them. */
export function isInOutbox(sql: Sql, recipient: AccountId, submission: Uint8Array): boolean {
  const { first, last } = idsOf(recipient)
  return (
    sql.get('SELECT 1 AS yes FROM outbox WHERE id BETWEEN ? AND ? AND submission = ?', [first, last, submission]) !==
    undefined
  )
}
