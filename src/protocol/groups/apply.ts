// The reducer of a group's log, which the relay and every member run: an entry either follows from what stands and makes
// the next state, or says why not [P110]–[P114]. It does no I/O and knows no clock but what entries say.

import { unreachable } from '../../shared/answer.ts'
import type { Instant } from '../../shared/ids.ts'
import { replacementBytes } from '../signed.ts'
import { entryToSign } from './build.ts'
import * as joining from './joining.ts'
import * as moderating from './moderating.ts'
import { DEFAULT_PERMISSIONS } from './permissions.ts'
import type { GroupEntry } from './read.ts'
import * as settings from './settings.ts'
import { type GroupState, type Member, newestEpoch, type Place } from './state.ts'

/** Why an entry does not follow. The list is closed. */
export type Why =
  | 'not-created' // the log does not begin with it
  | 'wrong-group'
  | 'wrong-index' // not the next one
  | 'wrong-chain' // does not follow the entry before
  | 'bad-signature'
  | 'deleted' // there is nothing after that
  | 'not-a-member'
  | 'not-permitted' // by the actor's role
  | 'outranked' // the one it is about has as high a role
  | 'not-yourself' // there is another way to do it to oneself
  | 'no-such-member'
  | 'already-member'
  | 'already-so'
  | 'not-invited'
  | 'not-requested'
  | 'no-link' // or another one by now
  | 'expired'
  | 'banned'
  | 'not-banned'
  | 'last-owner' // a group has one
  | 'too-many'
  | 'wrong-epoch' // not the one after the newest

export interface Judging {
  /** Whether the key made the signature. */
  verify(identityKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** The judge's own clock, if what ends is to have ended, and what lasts still to last, by it as well as by the entry's. */
  now?: Instant
  /** Of the entry in the stream, where it is known. */
  position?: number
}

export type Applied = { ok: true; state: GroupState } | { ok: false; why: Why }

/** Undefined stands for a group that is not there yet. */
export function applyEntry(state: GroupState | undefined, entry: GroupEntry, judging: Judging): Applied {
  const next = state === undefined ? found(entry, judging) : follow(state, entry, judging)
  return typeof next === 'string' ? { ok: false, why: next } : { ok: true, state: next }
}

/** What a change is judged by. */
export interface Case {
  readonly state: GroupState
  readonly entry: GroupEntry
  readonly place: Place
  /** The entry's time, and the judge's. */
  readonly times: readonly Instant[]
}

/** A change that only members make. */
export interface MembersCase extends Case {
  readonly me: Member
}

/** The state that follows, or why none does. */
export type Verdict = GroupState | Why

function found(entry: GroupEntry, { verify, position = 0 }: Judging): Verdict {
  const { change, group, actor, at, hash } = entry
  if (change.kind !== 'create') return 'not-created'
  if (entry.index !== 0) return 'wrong-index'
  if (!verify(change.identityKey, entryToSign(entry.signed), entry.signature)) return 'bad-signature'
  const place: Place = { index: 0, position, at, epoch: 1 }
  const creator: Member = {
    role: 'owner',
    identityKey: change.identityKey,
    joined: place,
    history: { kind: 'all' },
    by: undefined,
    muted: undefined,
    profile: change.profile && { sealed: change.profile, place },
  }
  return {
    group,
    head: { index: 0, hash, at, position },
    created: { by: actor, at },
    members: new Map([[actor, creator]]),
    former: new Map(),
    invited: new Map(),
    requests: new Map(),
    turnedAway: new Map(),
    bans: new Map(),
    mutedBelow: undefined,
    link: undefined,
    permissions: { ...DEFAULT_PERMISSIONS, ...change.permissions },
    policies: change.policies,
    encryption: { mode: change.encryption, since: place, earlier: [] },
    details: change.details && { sealed: change.details, place },
    epochs: [{ number: 1, opened: place, by: actor }],
    marks: [],
    deleted: undefined,
  }
}

function follow(state: GroupState, entry: GroupEntry, { verify, now, position = 0 }: Judging): Verdict {
  if (entry.group !== state.group) return 'wrong-group'
  if (state.deleted !== undefined) return 'deleted'
  if (entry.index !== state.head.index + 1) return 'wrong-index'
  if (!equal(entry.previous, state.head.hash)) return 'wrong-chain'
  const { at } = entry
  const place: Place = { index: entry.index, position, at, epoch: newestEpoch(state).number }
  const next = judge({ state, entry, place, times: now === undefined ? [at] : [at, now] })
  if (typeof next === 'string') return next
  const key = signingKey(state, entry)
  if (!isVouchedFor(state, entry, verify)) return 'bad-signature'
  if (key === undefined || !verify(key, entryToSign(entry.signed), entry.signature)) return 'bad-signature'
  return { ...next, head: { index: entry.index, hash: entry.hash, at, position } }
}

/** [P117] The key that the log has vouches for the one that takes its place. */
function isVouchedFor(state: GroupState, { actor, change }: GroupEntry, verify: Judging['verify']): boolean {
  if (change.kind !== 'replace-identity') return true
  const oldKey = state.members.get(actor)?.identityKey
  if (oldKey === undefined) return false
  const { identityKey: newKey, deviceList: list, signatureByOld } = change
  return verify(oldKey, replacementBytes(actor, { oldKey, newKey, list }), signatureByOld)
}

/** [P111] The key that the log has for the actor. */
export function signingKey(state: GroupState, { actor, change }: GroupEntry): Uint8Array | undefined {
  switch (change.kind) {
    case 'create':
    case 'request-to-join':
    case 'replace-identity':
      return change.identityKey
    case 'accept-invitation':
    case 'refuse-invitation':
      return state.invited.get(actor)?.identityKey
    default:
      return state.members.get(actor)?.identityKey
  }
}

function judge(asked: Case): Verdict {
  const { change, actor } = asked.entry
  switch (change.kind) {
    case 'create':
      return 'wrong-index'
    case 'accept-invitation':
      return joining.acceptInvitation(asked, change)
    case 'refuse-invitation':
      return joining.refuseInvitation(asked)
    case 'request-to-join':
      return joining.requestToJoin(asked, change)
  }
  const me = asked.state.members.get(actor)
  if (me === undefined) return 'not-a-member'
  const mine: MembersCase = { ...asked, me }
  switch (change.kind) {
    case 'invite':
      return joining.invite(mine, change)
    case 'withdraw-invitation':
      return joining.withdrawInvitation(mine, change)
    case 'set-link':
      return joining.setLink(mine, change)
    case 'approve-request':
      return joining.approveRequest(mine, change)
    case 'reject-request':
      return joining.rejectRequest(mine, change)
    case 'leave':
      return moderating.leave(mine)
    case 'remove':
      return moderating.remove(mine, change)
    case 'ban':
      return moderating.ban(mine, change)
    case 'unban':
      return moderating.unban(mine, change)
    case 'mute':
      return moderating.mute(mine, change)
    case 'unmute':
      return moderating.unmute(mine, change)
    case 'set-role':
      return moderating.setRole(mine, change)
    case 'transfer-ownership':
      return moderating.transferOwnership(mine, change)
    case 'set-permissions':
      return settings.setPermissions(mine, change)
    case 'set-details':
      return settings.setDetails(mine, change)
    case 'set-policies':
      return settings.setPolicies(mine, change)
    case 'set-encryption':
      return settings.setEncryption(mine, change)
    case 'request-rotation':
      return settings.requestRotation(mine)
    case 'open-epoch':
      return settings.openEpoch(mine, change)
    case 'recall':
      return settings.recall(mine)
    case 'delete-group':
      return settings.deleteGroup(mine)
    case 'set-profile':
      return settings.setProfile(mine, change)
    case 'replace-identity':
      return settings.replaceIdentity(mine, change)
    default:
      return unreachable(change)
  }
}

/** Of hashes that everybody sees: how long it takes tells nothing. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
