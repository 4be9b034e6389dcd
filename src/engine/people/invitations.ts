// Invitations: one's own to give away, and those of others, held against what the relay says [P172]–[P175].

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Found } from '../../protocol/generated/relay_pb.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../shared/api.ts'
import { AccountId, bytesToUuid, uuidToBytes } from '../../shared/ids.ts'
import type { Invitation, ReadInvitation } from '../../shared/invitation.ts'
import { canonical, readInvitationLink, writeInvitation } from '../../shared/invitation-link.ts'
import type { Conversation, RelayPlace } from '../../shared/model.ts'
import { openConversation } from '../conversations/open.ts'
import { showPerson } from '../conversations/show.ts'
import type { Live } from '../live.ts'
import { isIdentityKey } from '../signal/verify.ts'
import { readIdentity, writeIdentity } from '../storage/identities.ts'
import { findPersonRow } from '../storage/people.ts'
import { isBelievable, meetPerson } from './find.ts'

const HINT_LABEL = utf8ToBytes('Sotto invitation hint v1')
const HINT_BYTES = 16

export async function getInvitation(
  live: Live,
  { code }: ParsedInput<'getInvitation'>,
): Promise<Answer<CallOutput<'getInvitation'>>> {
  const invitation: Invitation = {
    relay: live.relay(),
    username: live.own.username,
    hint: hintOf(live.own.account, live.account.identity.publicKey),
    code: code ?? null,
  }
  const link = writeInvitation(invitation)
  return link === undefined ? refuse('relay-without-tls') : answer({ link, invitation })
}

export async function readInvitation(
  live: Live,
  { link }: ParsedInput<'readInvitation'>,
): Promise<Answer<ReadInvitation>> {
  const invitation = readInvitationLink(link)
  if (invitation === undefined) return refuse('not-an-invitation')
  const looked = await lookInto(live, invitation)
  const known = looked.account !== undefined && findPersonRow(live.ports.sql, looked.account) !== undefined
  const person = known && looked.account !== undefined ? showPerson(live.ports.sql, looked.account) : null
  return answer({ invitation, standing: looked.standing, person })
}

/** [P174] The identity that fits is pinned before anything else is asked about them: the relay cannot take it back. */
export async function acceptInvitation(
  live: Live,
  { link }: ParsedInput<'acceptInvitation'>,
): Promise<Answer<Conversation>> {
  const invitation = readInvitationLink(link)
  if (invitation === undefined) return refuse('not-an-invitation')
  const looked = await lookInto(live, invitation)
  switch (looked.standing) {
    case 'fits':
      meetPerson(live, looked.account, invitation.username)
      pinIfNew(live, looked.account, looked.identityKey)
      return openConversation(live, { account: looked.account })
    case 'oneself':
      return refuse('already-so')
    case 'does-not-fit':
      live.ports.log.warn('people.invitation-of-another-identity')
      return refuse('safety-number-mismatch')
    case 'another-relay':
      return refuse('another-relay')
    default:
      return { ok: false, failure: looked.failure }
  }
}

type Looked =
  | { standing: 'fits'; account: AccountId; identityKey: Uint8Array }
  | { standing: 'does-not-fit'; account: AccountId }
  | { standing: 'another-relay' | 'oneself'; account?: undefined }
  | { standing: 'nobody' | 'unchecked'; account?: undefined; failure: Extract<Answer<never>, { ok: false }>['failure'] }

async function lookInto(live: Live, invitation: Invitation): Promise<Looked> {
  if (!isSamePlace(live.relay(), invitation.relay)) return { standing: 'another-relay' }
  if (invitation.username === live.own.username) return { standing: 'oneself' }
  const { username } = invitation
  const found = await live.connection.ask({ case: 'lookUp', value: { username } }, 'found')
  if (!found.ok) {
    const standing = found.failure.code === 'no-such-person' ? 'nobody' : 'unchecked'
    return { standing, failure: found.failure }
  }
  return hold(live, invitation, found.value)
}

/** Whom we have met counts with the key we know; the relay's word is for strangers. */
function hold(live: Live, { hint, username }: Invitation, found: Found): Looked {
  const account = AccountId.safeParse(bytesToUuid(found.account))
  if (!account.success || !isIdentityKey(found.identityKey) || !isBelievable(live, account.data, username)) {
    live.ports.log.warn('people.username-of-another-account')
    return { standing: 'unchecked', failure: { code: 'relay-refused', detail: 'an account that cannot be' } }
  }
  const identityKey = readIdentity(live.ports.sql, account.data)?.key ?? found.identityKey
  if (hintOf(account.data, identityKey) !== hint) return { standing: 'does-not-fit', account: account.data }
  return { standing: 'fits', account: account.data, identityKey }
}

function pinIfNew({ ports: { sql, clock } }: Live, account: AccountId, key: Uint8Array): void {
  if (readIdentity(sql, account) !== undefined) return
  const pinned = {
    key,
    firstSeen: clock.now(),
    verifiedAt: null,
    changedAt: null,
    wasVerified: false,
    previousKey: null,
  }
  sql.transaction(() => writeIdentity(sql, account, pinned))
}

/** [P174] The beginning of a hash over who somebody is: enough to know them by, and useless for anything else. */
function hintOf(account: AccountId, identityKey: Uint8Array): string {
  return bytesToHex(sha256(concatBytes(HINT_LABEL, uuidToBytes(account), identityKey)).subarray(0, HINT_BYTES))
}

/** [P175] By address: the same relay under another name is another one, until somebody says otherwise. */
function isSamePlace(ours: RelayPlace, theirs: RelayPlace): boolean {
  if (ours.kind === 'this-computer' || theirs.kind === 'this-computer') return ours.kind === theirs.kind
  return (canonical(ours.url) ?? ours.url) === theirs.url
}
