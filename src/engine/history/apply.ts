// Applying a segment: what is here already stays, so that one that comes twice, or late, does no harm.

import { Instant, personConversation } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Clock } from '../ports.ts'
import { sameBytes } from '../signal/bytes.ts'
import { verifyDeviceList } from '../signal/device-list.ts'
import { addMissing } from '../storage/chains.ts'
import { findConversation, setReadPosition } from '../storage/conversations.ts'
import { readDeviceList, writeDeviceList } from '../storage/device-lists.ts'
import { restoreChain, restoreConversation, restoreMessage, restorePerson, setIfUnset } from '../storage/history.ts'
import { type PinnedIdentity, readIdentity, writeIdentity } from '../storage/identities.ts'
import type { Touched } from '../touched.ts'
import type { ReadPerson, ReadSegment } from './read.ts'

/** In a transaction. A stretch of a conversation that is gone here is left out. */
export function applySegment(deps: { sql: Sql; clock: Clock }, touched: Touched, segment: ReadSegment): void {
  if (segment.is === 'stretch') applyStretch(deps.sql, touched, segment)
  else applyBasics(deps, touched, segment)
}

function applyBasics(
  deps: { sql: Sql; clock: Clock },
  touched: Touched,
  segment: ReadSegment & { is: 'basics' },
): void {
  const { sql } = deps
  for (const { name, value } of segment.settings) setIfUnset(sql, name, value)
  for (const person of segment.people) {
    restorePerson(sql, person.row)
    applyKeys(deps, person)
    if (findConversation(sql, personConversation(person.row.account)) !== undefined)
      touched.conversation(personConversation(person.row.account))
  }
  for (const conversation of segment.conversations) {
    restoreConversation(sql, conversation)
    touched.conversation(conversation.id)
  }
  for (const { missing, ...chain } of segment.chains)
    if (restoreChain(sql, chain)) for (const sequence of missing) addMissing(sql, chain, sequence, sequence)
}

function applyStretch(sql: Sql, touched: Touched, { place, messages }: ReadSegment & { is: 'stretch' }): void {
  const conversation = findConversation(sql, place.conversation)
  if (conversation === undefined) return
  let added = false
  for (const row of messages) if (restoreMessage(sql, row) !== undefined) added = true
  // What was unread there is unread here, unless it was read here.
  if (added) setReadPosition(sql, place.conversation, conversation.read_position)
  touched.conversation(place.conversation)
}

/**
 * [P20] Whom the person knows by another key than the relay has told this device: that is a changed key, as it would have
 * been on the other device.
 */
function applyKeys({ sql, clock }: { sql: Sql; clock: Clock }, { row, identity, deviceList }: ReadPerson): void {
  const { account } = row
  if (identity === undefined) return
  const here = readIdentity(sql, account)
  const merged = here === undefined ? identity : merge(here, identity, clock)
  writeIdentity(sql, account, merged)
  if (deviceList === undefined || !sameBytes(merged.key, identity.key)) return
  const verdict = verifyDeviceList(deviceList, account, identity.key, readDeviceList(sql, account))
  if (verdict.is === 'genuine' && verdict.newer) writeDeviceList(sql, account, verdict.stored)
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
