// How people come into a group: by an invitation they accept, or by a request that is approved [P114].

import type { AccountId, Instant } from '../../shared/ids.ts'
import { MAX_GROUP_MEMBERS } from '../../shared/limits.ts'
import { INVITATION_LASTS } from '../limits.ts'
import type { Case, MembersCase, Verdict } from './apply.ts'
import type { Change, HistoryGrant, HistoryPolicy, Role } from './change.ts'
import { atLeast, isBanned } from './permissions.ts'
import { type GroupState, type Invited, type Member, withAll, without } from './state.ts'

type Of<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>

const DAY = 86_400_000

export function invite({ state, entry, place, times, me }: MembersCase, { people, expiresAt }: Of<'invite'>): Verdict {
  if (!atLeast(me.role, state.permissions.invite)) return 'not-permitted'
  const expires = expiresAt ?? ((entry.at + INVITATION_LASTS) as Instant)
  if (expires <= entry.at) return 'expired'
  for (const { account, role } of people) {
    if (state.members.has(account)) return 'already-member'
    if (times.some((time) => isBanned(state, account, time))) return 'banned'
    if (!mayGive(state, me.role, role)) return 'not-permitted'
  }
  const fresh = people.map(({ account, identityKey, role, history, profile }): [AccountId, Invited] => [
    account,
    {
      identityKey,
      role,
      history,
      by: entry.actor,
      place,
      expiresAt: expires,
      profile: profile && { sealed: profile, place },
    },
  ])
  const live = [...state.invited].filter(([, invited]) => invited.expiresAt > entry.at)
  const invited = withAll(new Map(live), fresh)
  if (invited.size > MAX_GROUP_MEMBERS) return 'too-many'
  return { ...state, invited, turnedAway: without(state.turnedAway, invited.keys()) }
}

export function acceptInvitation({ state, entry, place, times }: Case, { profile }: Of<'accept-invitation'>): Verdict {
  const { actor } = entry
  const invited = state.invited.get(actor)
  if (invited === undefined) return 'not-invited'
  if (times.some((time) => time >= invited.expiresAt)) return 'expired'
  const { identityKey, role, history, by } = invited
  return join(
    state,
    actor,
    {
      identityKey,
      role,
      history: within(state.policies.history, history, entry.at),
      by,
      muted: undefined,
      profile: profile === undefined ? invited.profile : { sealed: profile, place },
    },
    { place, times },
  )
}

export function refuseInvitation({ state, entry, place }: Case): Verdict {
  if (!state.invited.has(entry.actor)) return 'not-invited'
  return {
    ...state,
    invited: without(state.invited, [entry.actor]),
    turnedAway: withAll(state.turnedAway, [[entry.actor, place]]),
  }
}

export function withdrawInvitation(
  { state, place, me }: MembersCase,
  { accounts }: Of<'withdraw-invitation'>,
): Verdict {
  if (!atLeast(me.role, state.permissions.invite)) return 'not-permitted'
  if (!accounts.every((account) => state.invited.has(account))) return 'not-invited'
  return {
    ...state,
    invited: without(state.invited, accounts),
    turnedAway: withAll(
      state.turnedAway,
      accounts.map((account) => [account, place] as const),
    ),
  }
}

export function setLink({ state, me }: MembersCase, { link }: Of<'set-link'>): Verdict {
  if (!atLeast(me.role, state.permissions.approve)) return 'not-permitted'
  return link === undefined && state.link === undefined ? 'already-so' : { ...state, link }
}

export function requestToJoin({ state, entry, place, times }: Case, change: Of<'request-to-join'>): Verdict {
  const { actor } = entry
  const { link, requests } = state
  if (state.members.has(actor)) return 'already-member'
  if (times.some((time) => isBanned(state, actor, time))) return 'banned'
  if (link === undefined || !equal(link.secretHash, change.secretHash)) return 'no-link'
  const { expiresAt } = link
  if (expiresAt !== undefined && times.some((time) => time >= expiresAt)) return 'expired'
  if (requests.has(actor)) return 'already-so'
  if (requests.size >= MAX_GROUP_MEMBERS) return 'too-many'
  const { identityKey, note } = change
  return {
    ...state,
    requests: withAll(requests, [[actor, { identityKey, note, place }]]),
    turnedAway: without(state.turnedAway, [actor]),
  }
}

export function approveRequest(asked: MembersCase, { account, history, profile }: Of<'approve-request'>): Verdict {
  const { state, entry, place, me } = asked
  if (!atLeast(me.role, state.permissions.approve)) return 'not-permitted'
  const request = state.requests.get(account)
  if (request === undefined) return 'not-requested'
  const given = within(state.policies.history, history, entry.at)
  const { identityKey } = request
  const named = profile && { sealed: profile, place }
  const member = {
    role: 'member',
    identityKey,
    history: given,
    by: entry.actor,
    muted: undefined,
    profile: named,
  } as const
  return join(state, account, member, asked)
}

export function rejectRequest({ state, place, me }: MembersCase, { account }: Of<'reject-request'>): Verdict {
  if (!atLeast(me.role, state.permissions.approve)) return 'not-permitted'
  if (!state.requests.has(account)) return 'not-requested'
  return {
    ...state,
    requests: without(state.requests, [account]),
    turnedAway: withAll(state.turnedAway, [[account, place]]),
  }
}

function join(
  state: GroupState,
  account: AccountId,
  member: Omit<Member, 'joined'>,
  { place, times }: Pick<Case, 'place' | 'times'>,
): Verdict {
  if (times.some((time) => isBanned(state, account, time))) return 'banned'
  if (state.members.size >= MAX_GROUP_MEMBERS) return 'too-many'
  const withoutHistory = member.history.kind === 'none'
  return {
    ...state,
    members: withAll(state.members, [[account, { ...member, joined: place }]]),
    invited: without(state.invited, [account]),
    requests: without(state.requests, [account]),
    turnedAway: without(state.turnedAway, [account]),
    bans: without(state.bans, [account]),
    marks: withoutHistory ? [...state.marks, { why: 'joined-without-history', place }] : state.marks,
  }
}

/** A higher role than a member's is given by whoever may set roles, up to their own. */
function mayGive(state: GroupState, own: Role, role: Role): boolean {
  return role === 'member' || (atLeast(own, role) && atLeast(own, state.permissions['set-role']))
}

/** [D7] Nobody is given more history than the policy allows when they join. */
function within(policy: HistoryPolicy, grant: HistoryGrant, at: Instant): HistoryGrant {
  if (policy.kind === 'none' || grant.kind === 'none') return { kind: 'none' }
  if (policy.kind === 'all') return grant
  const earliest = Math.max(0, at - policy.days * DAY)
  return { kind: 'since', since: (grant.kind === 'all' ? earliest : Math.max(earliest, grant.since)) as Instant }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
