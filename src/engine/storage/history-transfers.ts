// History on its way: what leaves this device for another one, and what arrives.

import type { Failure } from '../../shared/failure.ts'
import type { ConversationId, DeviceId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

// --- Leaving ----------------------------------------------------------------------------------------------------------

export interface Leaving {
  transfer: Uint8Array
  device: DeviceId
  taken: number
  taken_stretch: number
  highest: number
  done: number
  /** Null: its stretches are not listed yet. */
  total: number | null
  stopped: number
}

export interface PlannedStretch {
  number: number
  conversation: ConversationId
  first: number
  last: number
}

export interface SentPart {
  number: number
  last_stretch: number
  part: Uint8Array
  token: Uint8Array
}

const LEAVING = 'SELECT transfer, device, taken, taken_stretch, highest, done, total, stopped FROM history_leaving'

export function allLeaving(sql: Sql): Leaving[] {
  return sql.all(`${LEAVING} ORDER BY at, transfer`)
}

export function findLeaving(sql: Sql, transfer: Uint8Array): Leaving | undefined {
  return sql.get(`${LEAVING} WHERE transfer = ?`, [transfer])
}

export function addLeaving(sql: Sql, transfer: Uint8Array, device: DeviceId, at: Instant): void {
  sql.run('INSERT INTO history_leaving (transfer, device, at) VALUES (?, ?, ?)', [transfer, device, at])
}

export function forgetLeaving(sql: Sql, transfer: Uint8Array): void {
  sql.run('DELETE FROM history_leaving WHERE transfer = ?', [transfer])
}

export function planStretch(sql: Sql, transfer: Uint8Array, stretch: PlannedStretch): void {
  sql.run('INSERT INTO history_stretches (transfer, number, conversation, first, last) VALUES (?, ?, ?, ?, ?)', [
    transfer,
    stretch.number,
    stretch.conversation,
    stretch.first,
    stretch.last,
  ])
}

export function stretchesAfter(sql: Sql, transfer: Uint8Array, after: number, limit: number): PlannedStretch[] {
  return sql.all(
    `SELECT number, conversation, first, last FROM history_stretches WHERE transfer = ? AND number > ?
     ORDER BY number LIMIT ?`,
    [transfer, after, limit],
  )
}

export function noteEnd(sql: Sql, transfer: Uint8Array, conversation: ConversationId, position: number): void {
  sql.run('INSERT INTO history_ends (transfer, conversation, position) VALUES (?, ?, ?)', [
    transfer,
    conversation,
    position,
  ])
}

/** 0: it was not there yet. */
export function endOf(sql: Sql, transfer: Uint8Array, conversation: ConversationId): number {
  return (
    sql.get<{ position: number }>('SELECT position FROM history_ends WHERE transfer = ? AND conversation = ?', [
      transfer,
      conversation,
    ])?.position ?? 0
  )
}

export function addPart(sql: Sql, transfer: Uint8Array, part: SentPart): void {
  sql.run('INSERT INTO history_parts (transfer, number, last_stretch, part, token) VALUES (?, ?, ?, ?, ?)', [
    transfer,
    part.number,
    part.last_stretch,
    part.part,
    part.token,
  ])
  sql.run('UPDATE history_leaving SET highest = ? WHERE transfer = ?', [part.number, transfer])
}

/** In their order. */
export function partsOf(sql: Sql, transfer: Uint8Array): SentPart[] {
  return sql.all(`SELECT number, last_stretch, part, token FROM history_parts WHERE transfer = ? ORDER BY number`, [
    transfer,
  ])
}

export function forgetParts(sql: Sql, transfer: Uint8Array): void {
  sql.run('DELETE FROM history_parts WHERE transfer = ?', [transfer])
}

/** Up to this part all is stored there. */
export function noteTaken(sql: Sql, transfer: Uint8Array, part: SentPart, done: number): void {
  sql.run('UPDATE history_leaving SET taken = ?, taken_stretch = ?, done = ? WHERE transfer = ?', [
    part.number,
    part.last_stretch,
    done,
    transfer,
  ])
  sql.run('DELETE FROM history_parts WHERE transfer = ? AND number <= ?', [transfer, part.number])
}

export function noteTotal(sql: Sql, transfer: Uint8Array, total: number): void {
  sql.run('UPDATE history_leaving SET total = ? WHERE transfer = ?', [total, transfer])
}

export function setLeavingStopped(sql: Sql, transfer: Uint8Array, stopped: boolean): void {
  sql.run('UPDATE history_leaving SET stopped = ? WHERE transfer = ?', [stopped ? 1 : 0, transfer])
}

// --- Arriving ---------------------------------------------------------------------------------------------------------

export interface Arriving {
  transfer: Uint8Array
  device: DeviceId
  taken: number
  done: number
  total: number | null
  state: 'asked' | 'arriving' | 'stopped' | 'halted' | 'failed'
  failure: string | null
}

export function readArriving(sql: Sql): Arriving | undefined {
  return sql.get('SELECT transfer, device, taken, done, total, state, failure FROM history_arriving')
}

/** Instead of what was asked for before. */
export function ask(sql: Sql, transfer: Uint8Array, device: DeviceId): void {
  forgetArriving(sql)
  sql.run("INSERT INTO history_arriving (only_one, transfer, device, state) VALUES (1, ?, ?, 'asked')", [
    transfer,
    device,
  ])
}

export function setArrivingState(sql: Sql, state: Arriving['state'], failure?: Failure): void {
  sql.run('UPDATE history_arriving SET state = ?, failure = ?', [
    state,
    failure === undefined ? null : JSON.stringify(failure),
  ])
}

export function noteArrived(sql: Sql, taken: number, done: number, total: number): void {
  sql.run('UPDATE history_arriving SET taken = ?, done = ?, total = ?', [taken, done, total])
  sql.run('DELETE FROM history_told WHERE after < ?', [taken])
}

export function forgetArriving(sql: Sql): void {
  sql.run('DELETE FROM history_arriving')
  sql.run('DELETE FROM history_told')
}

export function noteTold(sql: Sql, after: number, part: Uint8Array): void {
  sql.run('INSERT INTO history_told (after, part) VALUES (?, ?) ON CONFLICT DO UPDATE SET part = excluded.part', [
    after,
    part,
  ])
}

/** The one that follows. */
export function toldPart(sql: Sql, after: number): Uint8Array | undefined {
  return sql.get<{ part: Uint8Array }>('SELECT part FROM history_told WHERE after = ?', [after])?.part
}

export function forgetTold(sql: Sql): void {
  sql.run('DELETE FROM history_told')
}
