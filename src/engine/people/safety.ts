// Safety numbers: compared, confirmed, and looked at again when they have changed [P20][P22].

import { bytesToHex } from '@noble/hashes/utils.js'
import { type Answer, answer, refuse, unreachable } from '../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../shared/api.ts'
import { fromBase64, toBase64 } from '../../shared/base64.ts'
import { type AccountId, personConversation } from '../../shared/ids.ts'
import type { Person } from '../../shared/model.ts'
import { showPerson } from '../conversations/show.ts'
import { announce } from '../devices/tell.ts'
import type { Live } from '../live.ts'
import { compareScanned, type KnownBy, safetyNumber, scannableSafetyNumber } from '../signal/safety-number.ts'
import {
  acceptIdentity,
  type PinnedIdentity,
  readIdentity,
  unverifyIdentity,
  verifyIdentity,
} from '../storage/identities.ts'
import { unsealAll } from '../storage/outbox.ts'
import { findPersonRow } from '../storage/people.ts'
import { Touched } from '../touched.ts'

export async function getSafetyNumber(
  live: Live,
  { account }: ParsedInput<'getSafetyNumber'>,
): Promise<Answer<CallOutput<'getSafetyNumber'>>> {
  const { sql } = live.ports
  if (findPersonRow(sql, account) === undefined) return refuse('no-such-person')
  if (readIdentity(sql, account) === undefined) {
    // Nothing was sent or received yet: ask for their devices, which pins the key.
    const ready = await live.peers.getReady(account, undefined)
    if (!ready.ok && ready.failure.code !== 'safety-number-changed') return ready
  }
  const pinned = readIdentity(sql, account)
  if (pinned === undefined) return refuse('no-such-person')
  const scannable = toBase64(scannableSafetyNumber(ourselves(live), { account, identityKey: pinned.key }))
  return answer({ digits: digitsOf(live, account, pinned), scannable, person: showPerson(sql, account) })
}

/** [P177] Says whether it is the same; that the person vouches for it is another call. */
export async function checkScannedSafetyNumber(
  live: Live,
  { account, scanned }: ParsedInput<'checkScannedSafetyNumber'>,
): Promise<Answer<CallOutput<'checkScannedSafetyNumber'>>> {
  const pinned = readIdentity(live.ports.sql, account)
  if (pinned === undefined || findPersonRow(live.ports.sql, account) === undefined) return refuse('no-such-person')
  const bytes = fromBase64(scanned.trim())
  if (bytes === undefined) return refuse('unreadable-code')
  const compared = compareScanned(ourselves(live), { account, identityKey: pinned.key }, bytes)
  switch (compared) {
    case 'matches':
    case 'differs':
      return answer({ matches: compared === 'matches', digits: digitsOf(live, account, pinned) })
    case 'another-version':
      return refuse('update-needed')
    case 'unreadable':
      return refuse('unreadable-code')
    default:
      return unreachable(compared)
  }
}

function ourselves(live: Live): KnownBy {
  return { account: live.own.account, identityKey: live.account.identity.publicKey }
}

function digitsOf(live: Live, account: AccountId, { key }: PinnedIdentity): string {
  return safetyNumber(ourselves(live), { account, identityKey: key })
}

export async function setVerified(
  live: Live,
  { account, verified, digits }: ParsedInput<'setVerified'>,
): Promise<Answer<Person>> {
  const { sql, clock } = live.ports
  const pinned = readIdentity(sql, account)
  if (pinned === undefined || findPersonRow(sql, account) === undefined) return refuse('no-such-person')
  if (digits !== undefined && digits !== digitsOf(live, account, pinned)) return refuse('safety-number-changed')
  const hadChanged = pinned.changedAt !== null
  sql.transaction(() => {
    if (verified) verifyIdentity(sql, account, pinned.key, clock.now())
    else unverifyIdentity(sql, account)
    if (verified && hadChanged) unsealAll(sql, account)
    const key = bytesToHex(pinned.key)
    announce({ ...live.ports, own: live.own }, `verified/${account}`, { key, verified })
  })
  return looked(live, account)
}

export async function acceptSafetyNumber(
  live: Live,
  { account, digits }: ParsedInput<'acceptSafetyNumber'>,
): Promise<Answer<Person>> {
  const { sql } = live.ports
  const pinned = readIdentity(sql, account)
  if (pinned === undefined || findPersonRow(sql, account) === undefined) return refuse('no-such-person')
  if (pinned.changedAt === null) return refuse('already-so')
  if (digits !== undefined && digits !== digitsOf(live, account, pinned)) return refuse('safety-number-changed')
  sql.transaction(() => {
    acceptIdentity(sql, account, pinned.key)
    // Sealed for the devices of the key before: those bytes are of no use any more.
    unsealAll(sql, account)
  })
  return looked(live, account)
}

function looked(live: Live, account: AccountId): Answer<Person> {
  const touched = new Touched()
  touched.conversation(personConversation(account))
  live.tell(touched)
  live.outbox.kick(account)
  live.kickOwn()
  return answer(showPerson(live.ports.sql, account))
}
