// How people go, are silenced, and get their roles. A group always has an owner [P112].

import type { AccountId } from '../../shared/ids.ts'
import { MAX_GROUP_BANS } from '../limits.ts'
import type { MembersCase, Verdict } from './apply.ts'
import type { Change } from './change.ts'
import { atLeast, mutedBelowOne, whyNotDoTo, whyNotGiveRole, whyNotHandOver, whyNotUnmuteAll } from './permissions.ts'
import { type Former, type GroupState, type MarkReason, type Member, type Place, withAll, without } from './state.ts'

type Of<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>

export function leave({ state, entry, place, me }: MembersCase): Verdict {
  if (me.role === 'owner' && owners(state.members) === 1) return 'last-owner'
  return gone(state, [entry.actor], 'left', place)
}

export function remove({ state, entry, place }: MembersCase, { accounts }: Of<'remove'>): Verdict {
  const why = whyNotDoTo(state, entry.actor, 'remove', accounts)
  if (why !== undefined) return why
  return accounts.every((account) => state.members.has(account))
    ? gone(state, accounts, 'removed', place)
    : 'no-such-member'
}

/** Of members and of anybody else: they are neither members, invited nor waiting afterwards. */
export function ban({ state, entry, place }: MembersCase, { accounts, until }: Of<'ban'>): Verdict {
  const why = whyNotDoTo(state, entry.actor, 'ban', accounts)
  if (why !== undefined) return why
  if (until !== undefined && until <= entry.at) return 'expired'
  const bans = withAll(
    state.bans,
    accounts.map((account) => [account, { until, by: entry.actor, at: entry.at }] as const),
  )
  if (bans.size > MAX_GROUP_BANS) return 'too-many'
  const waiting = accounts.filter((account) => state.invited.has(account) || state.requests.has(account))
  const members = accounts.filter((account) => state.members.has(account))
  return {
    ...gone(state, members, 'banned', place),
    bans,
    invited: without(state.invited, accounts),
    requests: without(state.requests, accounts),
    turnedAway: withAll(
      state.turnedAway,
      waiting.map((account) => [account, place] as const),
    ),
  }
}

export function unban({ state, me }: MembersCase, { accounts }: Of<'unban'>): Verdict {
  if (!atLeast(me.role, state.permissions.ban)) return 'not-permitted'
  if (!accounts.every((account) => state.bans.has(account))) return 'not-banned'
  return { ...state, bans: without(state.bans, accounts) }
}

export function mute({ state, entry, me }: MembersCase, { whom, until }: Of<'mute'>): Verdict {
  const why = whyNotDoTo(state, entry.actor, 'mute', whom === 'everyone' ? [] : whom)
  if (why !== undefined) return why
  if (until !== undefined && until <= entry.at) return 'expired'
  if (whom === 'everyone') return { ...state, mutedBelow: { role: me.role, until } }
  return changed(state, whom, (member) => ({ ...member, muted: { until } }))
}

export function unmute({ state, entry, me }: MembersCase, { whom }: Of<'unmute'>): Verdict {
  const isAll = whom === 'everyone'
  const why = isAll ? whyNotUnmuteAll(state, entry.actor) : whyNotDoTo(state, entry.actor, 'mute', whom)
  if (why !== undefined) return why
  const accounts = isAll ? mutedBelowOne(state, me.role) : whom
  const isMuted = (account: AccountId) => state.members.get(account)?.muted !== undefined
  if (!isAll && !accounts.some(isMuted)) return 'already-so'
  const next = changed(state, accounts, (member) => ({ ...member, muted: undefined }))
  return typeof next === 'string' || !isAll ? next : { ...next, mutedBelow: undefined }
}

export function setRole({ state, entry }: MembersCase, { accounts, role }: Of<'set-role'>): Verdict {
  for (const account of accounts) {
    const why = whyNotGiveRole(state, entry.actor, account, role)
    if (why !== undefined) return why
  }
  if (accounts.every((account) => state.members.get(account)?.role === role)) return 'already-so'
  return changed(state, accounts, (member) => ({ ...member, role }))
}

export function transferOwnership({ state, entry, me }: MembersCase, { account }: Of<'transfer-ownership'>): Verdict {
  const why = whyNotHandOver(state, entry.actor, account)
  const heir = state.members.get(account)
  if (why !== undefined || heir === undefined) return why ?? 'no-such-member'
  const members = withAll<AccountId, Member>(state.members, [
    [account, { ...heir, role: 'owner' }],
    [entry.actor, { ...me, role: 'admin' }],
  ])
  return { ...state, members }
}

function gone(state: GroupState, accounts: readonly AccountId[], how: Former['how'], place: Place): GroupState {
  if (accounts.length === 0) return state
  const former = accounts.flatMap((account): [AccountId, Former][] => {
    const member = state.members.get(account)
    if (member === undefined) return []
    const { joined, identityKey, history } = member
    const span = { from: joined, to: place, identityKey, history }
    return [[account, { how, spans: [...(state.former.get(account)?.spans ?? []), span] }]]
  })
  const why: MarkReason = how
  return {
    ...state,
    members: without(state.members, accounts),
    former: withAll(state.former, former),
    marks: [...state.marks, { why, place }],
  }
}

function changed(state: GroupState, accounts: readonly AccountId[], change: (member: Member) => Member): Verdict {
  const members = new Map(state.members)
  for (const account of accounts) {
    const member = members.get(account)
    if (member === undefined) return 'no-such-member'
    members.set(account, change(member))
  }
  return owners(members) === 0 ? 'last-owner' : { ...state, members }
}

function owners(members: ReadonlyMap<AccountId, Member>): number {
  let count = 0
  for (const { role } of members.values()) if (role === 'owner') count += 1
  return count
}
