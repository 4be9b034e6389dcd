// Applying a segment: what is here already stays, so that one that comes twice, or late, does no harm.

import { AccountId, ConversationId, Instant, MessageId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { removeDeleted, settleEarly } from '../messages/change.ts'
import type { Clock } from '../ports.ts'
import { sameBytes } from '../signal/bytes.ts'
import { verifyDeviceList } from '../signal/device-list.ts'
import { readAccount } from '../storage/account.ts'
import { findConversation, findPersonConversation, setReadPosition } from '../storage/conversations.ts'
import { deletedThatAreHere, wasDeleted } from '../storage/deleted-messages.ts'
import { readDeviceList, writeDeviceList } from '../storage/device-lists.ts'
import { hasEarly } from '../storage/edits.ts'
import {
  addRow,
  type BasicTable,
  goOnFromFirstPlace,
  makesRoom,
  mergeConversation,
  mergePerson,
  type StoredRow,
  type StretchTable,
} from '../storage/history.ts'
import { type PinnedIdentity, readIdentity, writeIdentity } from '../storage/identities.ts'
import { findMessage } from '../storage/messages.ts'
import { findPersonRow } from '../storage/people.ts'
import type { Touched } from '../touched.ts'
import type { ReadSegment } from './read.ts'
import type { StretchPlace } from './segments.ts'

type Deps = { sql: Sql; clock: Clock }

/**
 * In a transaction. A stretch of a conversation that is gone here, or not known yet, is left out: false.
 * @param from own-device: it is at work, and sends what has not left it yet; that comes when it has.
 */
export function applySegment(
  deps: Deps,
  touched: Touched,
  { place, rows }: ReadSegment,
  from: 'own-device' | 'backup',
): boolean {
  const rowsOf = (table: BasicTable | StretchTable) => rows.get(table) ?? []
  const leaves = (row: StoredRow) => from === 'backup' || !UNSENT.has(row.delivery)
  if (place !== undefined)
    return applyStretch(deps.sql, touched, place, rowsOf('messages').filter(leaves), [
      ['edits', rowsOf('edits')],
      ['group_reads', rowsOf('group_reads')],
    ])
  applyBasics(deps, touched, rowsOf)
  return true
}

type RowsOf = (table: BasicTable | StretchTable) => readonly StoredRow[]

function applyBasics(deps: Deps, touched: Touched, rowsOf: RowsOf): void {
  const { sql } = deps
  for (const row of rowsOf('settings')) addRow(sql, 'settings', row)
  for (const row of rowsOf('avatars')) addRow(sql, 'avatars', row)
  for (const row of rowsOf('people')) {
    if (!addRow(sql, 'people', row)) mergePerson(sql, row)
    const conversation = findPersonConversation(sql, AccountId.parse(row.account))
    if (conversation !== undefined) touched.conversation(conversation.id)
  }
  for (const row of rowsOf('identities')) applyIdentity(deps, row)
  for (const row of rowsOf('device_lists')) applyDeviceList(sql, row)
  for (const row of rowsOf('conversations')) {
    // Those of groups come with the groups.
    const account = AccountId.safeParse(row.account).data
    if (row.kind === 'group' || account === undefined || findPersonRow(sql, account) === undefined) continue
    if (!addRow(sql, 'conversations', row)) mergeConversation(sql, row)
    const id = ConversationId.parse(row.id)
    goOnFromFirstPlace(sql, id)
    touched.conversation(id)
  }
  const begun = new Set<string>()
  for (const row of rowsOf('incoming_chains')) if (addRow(sql, 'incoming_chains', row)) begun.add(numberer(row))
  for (const row of rowsOf('missing')) if (begun.has(numberer(row))) addRow(sql, 'missing', row)
  applyDeletions(sql, touched, rowsOf('deleted_messages'))
}

/** [P93] A group's stream may have brought what was deleted on the other device before this one was added. */
function applyDeletions(sql: Sql, touched: Touched, rows: readonly StoredRow[]): void {
  // Not a filter: every row is added.
  const added = rows.map((row) => addRow(sql, 'deleted_messages', row))
  if (!added.includes(true)) return
  for (const message of deletedThatAreHere(sql)) removeDeleted(sql, touched, message)
}

const numberer = ({ account, device, registration_id }: StoredRow) => `${account}.${device}.${registration_id}`

const UNSENT: ReadonlySet<unknown> = new Set(['waiting', 'failed'])

function applyStretch(
  sql: Sql,
  touched: Touched,
  place: StretchPlace,
  messages: readonly StoredRow[],
  hanging: readonly (readonly ['edits' | 'group_reads', readonly StoredRow[]])[],
): boolean {
  const conversation = findConversation(sql, place.conversation)
  if (conversation === undefined) return false
  const added = new Set<unknown>()
  for (const row of messages)
    if (isToStay(sql, row) && makesRoom(sql, row.id ?? null, row.kind ?? null) && addRow(sql, 'messages', row))
      added.add(row.id)
  for (const [table, rows] of hanging) for (const row of rows) if (added.has(row.message)) addRow(sql, table, row)
  settleWhatCameBefore(sql, touched, added)
  // What was unread there is unread here, unless it was read here.
  if (added.size > 0) setReadPosition(sql, place.conversation, conversation.read_position)
  touched.conversation(place.conversation)
  return true
}

function isToStay(sql: Sql, { id }: StoredRow): boolean {
  return !wasDeleted(sql, MessageId.parse(id))
}

/** What another device has said about these messages in the meantime. */
function settleWhatCameBefore(sql: Sql, touched: Touched, added: ReadonlySet<unknown>): void {
  const own = readAccount(sql)?.account
  if (own === undefined || !hasEarly(sql)) return
  for (const id of added) {
    const row = findMessage(sql, MessageId.parse(id))
    if (row !== undefined) settleEarly(sql, touched, row, own)
  }
}

/**
 * [P20] Whom the person knows by another key than the relay has told this device: that is a changed key, as it would have
 * been on the other device.
 */
function applyIdentity({ sql, clock }: Deps, row: StoredRow): void {
  const account = AccountId.parse(row.account)
  const there = pinnedIn(row)
  const here = readIdentity(sql, account)
  writeIdentity(sql, account, here === undefined ? there : merge(here, there, clock))
}

function pinnedIn(row: StoredRow): PinnedIdentity {
  return {
    key: bytes(row.key),
    firstSeen: Instant.parse(row.first_seen),
    verifiedAt: Instant.nullable().parse(row.verified_at),
    changedAt: Instant.nullable().parse(row.changed_at),
    wasVerified: row.was_verified === 1,
    previousKey: row.previous_key === null ? null : bytes(row.previous_key),
  }
}

function merge(here: PinnedIdentity, there: PinnedIdentity, clock: Clock): PinnedIdentity {
  if (sameBytes(here.key, there.key))
    return {
      ...there,
      firstSeen: Instant.parse(Math.min(here.firstSeen, there.firstSeen)),
      verifiedAt: here.verifiedAt ?? there.verifiedAt,
    }
  return {
    key: here.key,
    firstSeen: there.firstSeen,
    verifiedAt: here.verifiedAt,
    changedAt: here.verifiedAt === null ? (here.changedAt ?? clock.now()) : null,
    wasVerified: there.verifiedAt !== null || there.wasVerified,
    previousKey: there.key,
  }
}

function applyDeviceList(sql: Sql, row: StoredRow): void {
  const account = AccountId.parse(row.account)
  const pinned = readIdentity(sql, account)
  if (pinned === undefined) return
  const signed = { list: bytes(row.list), signature: bytes(row.signature) }
  const verdict = verifyDeviceList(signed, account, pinned.key, readDeviceList(sql, account))
  if (verdict.is === 'genuine' && verdict.newer) writeDeviceList(sql, account, verdict.stored)
}

function bytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Error('read as bytes, and none')
  return value
}
