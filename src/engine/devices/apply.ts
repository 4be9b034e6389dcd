// Own records at work: those that come are weighed against what stands, those that are asked for are read from where they stand.

import type { OwnRecord } from '../../protocol/generated/content_pb.ts'
import type { AccountId, GroupId, Instant } from '../../shared/ids.ts'
import type { Settings } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import type { ReadContent } from '../messages/content.ts'
import { utf8Length } from '../messages/content.ts'
import type { Own } from '../own.ts'
import { type OwnRecordRow, parseValue, readOwnRecord, recordsOfKind, writeOwnRecord } from '../storage/own-records.ts'
import type { Touched } from '../touched.ts'
import { kinds, person } from './kinds.ts'
import { announce, ownRecord, promiseToOwn, stateBody, type TellNeeds } from './tell.ts'

/** What records change beyond what is stored. */
export interface Told {
  sql: Sql
  own: Own
  now: Instant
  touched: Touched
  settings(settings: Settings): void
  profile(name: string, version: number): void
  details(about: string, version: number): void
  /** What is known of the own devices. */
  devices(): void
  /** One that another own device is in: it is to be followed from here on, or again. */
  group(group: GroupId): void
  /** History on its way between them [P108]. Whether it was about that. */
  history(content: ReadContent): boolean
  /** Something between the own devices got lost. */
  historyMayBeLost(): void
}

/** Bytes of records in one content, at most: a ciphertext for each of ten devices still fits a frame. */
const ROOM = 6_000

/**
 * [P92] In a transaction. The newest by time, then by device, counts; all devices come to the same, in whatever order they
 * hear. What was told before that and comes later is heard for what it may still say.
 */
export function applyRecords(told: Told, records: readonly OwnRecord[]): void {
  for (const { key, value, atMs, device } of records) {
    const at = Number(atMs)
    if (!Number.isSafeInteger(at) || key.length > 200) continue
    const before = readOwnRecord(told.sql, key)
    if (before === undefined || isNewer({ at, device }, before)) {
      writeOwnRecord(told.sql, { key, value, at, device })
      applyValue(told, key, value, 'apply')
    } else if (at !== before.at || device !== before.device) {
      applyValue(told, key, value, 'late')
    }
  }
}

function isNewer(one: { at: number; device: number }, other: { at: number; device: number }): boolean {
  return one.at > other.at || (one.at === other.at && one.device > other.device)
}

function applyValue(told: Told, key: string, value: string, how: 'apply' | 'late'): void {
  const [name = '', about = ''] = splitKey(key)
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  kind?.[how]?.(told, about, parseValue(value))
}

function splitKey(key: string): [string, string] {
  const at = key.indexOf('/')
  return at < 0 ? [key, ''] : [key.slice(0, at), key.slice(at + 1)]
}

/** [P92] In a transaction: who somebody is, as they stand here. */
export function announcePerson(needs: TellNeeds, account: AccountId): void {
  if (needs.own.others.length === 0) return
  for (const [about, value] of person.compose(needs.sql, needs.own))
    if (about === account) announce(needs, `person/${account}`, value)
}

/**
 * In a transaction: everything, for a device that knows nothing of it. What was never told before counts as older than
 * whatever was: it stood there all along.
 */
export function promiseEverything(needs: TellNeeds): void {
  const { sql, own } = needs
  let batch: OwnRecord[] = []
  let size = 0
  const add = (row: OwnRecordRow) => {
    const taken = utf8Length(row.key) + utf8Length(row.value) + 16
    if (size + taken > ROOM && batch.length > 0) {
      promiseToOwn(needs, stateBody(batch))
      batch = []
      size = 0
    }
    batch.push(ownRecord(row))
    size += taken
  }
  for (const [name, kind] of Object.entries(kinds)) {
    const told = new Map(recordsOfKind(sql, name).map((row) => [row.key, row]))
    for (const [about, value] of kind.compose(sql, own)) {
      const key = about === '' ? name : `${name}/${about}`
      const before = told.get(key)
      told.delete(key)
      add({ key, value: JSON.stringify(value), at: before?.at ?? 0, device: before?.device ?? own.device })
    }
    // Undone since, and told so: it has to be known as undone.
    for (const row of told.values()) add(row)
  }
  if (batch.length > 0) promiseToOwn(needs, stateBody(batch))
}
