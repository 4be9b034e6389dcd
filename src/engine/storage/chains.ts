// Chains: what was numbered towards each account, and what each device numbered towards us.

import type { AccountId, DeviceId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface Link {
  sequence: number
  /** SHA-256 of the content with that sequence; empty before the first. */
  hash: Uint8Array
}

/** Who numbers: one installation of somebody. */
export interface Numberer {
  account: AccountId
  device: DeviceId
  registrationId: number
}

const NOTHING_YET: Link = { sequence: 0, hash: new Uint8Array() }

export function lastOutgoing(sql: Sql, recipient: AccountId): Link {
  return (
    sql.get<Link & object>('SELECT sequence, hash FROM outgoing_chains WHERE recipient = ?', [recipient]) ?? NOTHING_YET
  )
}

export function setLastOutgoing(sql: Sql, recipient: AccountId, link: Link): void {
  sql.run(
    `INSERT INTO outgoing_chains (recipient, sequence, hash) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash`,
    [recipient, link.sequence, link.hash],
  )
}

export function lastIncoming(sql: Sql, from: Numberer): Link {
  return (
    sql.get<Link & object>(
      'SELECT sequence, hash FROM incoming_chains WHERE account = ? AND device = ? AND registration_id = ?',
      values(from),
    ) ?? NOTHING_YET
  )
}

export function setLastIncoming(sql: Sql, from: Numberer, link: Link): void {
  sql.run(
    `INSERT INTO incoming_chains (account, device, registration_id, sequence, hash) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash`,
    [...values(from), link.sequence, link.hash],
  )
}

export function addMissing(sql: Sql, from: Numberer, first: number, last: number): void {
  for (let sequence = first; sequence <= last; sequence++) {
    sql.run(
      'INSERT INTO missing (account, device, registration_id, sequence) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      [...values(from), sequence],
    )
  }
}

/** True: it was missing, and no longer is. */
export function takeMissing(sql: Sql, from: Numberer, sequence: number): boolean {
  return (
    sql.run('DELETE FROM missing WHERE account = ? AND device = ? AND registration_id = ? AND sequence = ?', [
      ...values(from),
      sequence,
    ]) === 1
  )
}

/** Numbering begins again at 1: after a restore, under another registration id. */
export function restartOutgoing(sql: Sql): void {
  sql.run('DELETE FROM outgoing_chains')
}

function values(from: Numberer): [AccountId, DeviceId, number] {
  return [from.account, from.device, from.registrationId]
}
