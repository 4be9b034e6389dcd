// Who may do what, by a group's log as it stands [P112].

import type { AccountId, Instant } from '../../shared/ids.ts'
import { EPOCH_LASTS, EPOCH_MESSAGES } from '../limits.ts'
import type { Why } from './apply.ts'
import { type Permission, type Permissions, type Policies, ROLES, type Role, type Until } from './change.ts'
import type { GroupState } from './state.ts'

export const DEFAULT_PERMISSIONS: Permissions = {
  send: 'member',
  invite: 'admin',
  approve: 'admin',
  remove: 'admin',
  ban: 'admin',
  mute: 'admin',
  recall: 'admin',
  details: 'admin',
  'set-role': 'admin',
  policies: 'owner',
}

export const DEFAULT_POLICIES: Policies = {
  history: { kind: 'days', days: 30 },
  rotationTime: EPOCH_LASTS,
  rotationMessages: EPOCH_MESSAGES,
}

export function atLeast(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least)
}

/** Whether somebody in one role may act on somebody in another one. Owners may on each other. */
export function outranks(actor: Role, other: Role): boolean {
  return actor === 'owner' || !atLeast(other, actor)
}

export function isMember(state: GroupState, account: AccountId): boolean {
  return state.deleted === undefined && state.members.has(account)
}

export function isOwner(state: GroupState, account: AccountId): boolean {
  return isMember(state, account) && state.members.get(account)?.role === 'owner'
}

/** By role; for speaking, at that time. */
export function mayDo(state: GroupState, account: AccountId, permission: Permission, at: Instant): boolean {
  const member = state.members.get(account)
  if (member === undefined || state.deleted !== undefined) return false
  if (permission === 'send' && isMuted(state, account, at)) return false
  return atLeast(member.role, state.permissions[permission])
}

/** What is asked to know who may act on whom. */
export type Ranks = Pick<GroupState, 'members' | 'permissions' | 'mutedBelow'>

/** Why one may not do it to them; undefined: one may, if they are there. */
export function whyNotDoTo(
  state: Ranks,
  actor: AccountId,
  needed: Permission,
  accounts: readonly AccountId[],
): Why | undefined {
  const me = state.members.get(actor)
  if (me === undefined) return 'not-a-member'
  if (!atLeast(me.role, state.permissions[needed])) return 'not-permitted'
  if (accounts.includes(actor)) return 'not-yourself'
  return accounts.every((account) => isBelow(state, me.role, account)) ? undefined : 'outranked'
}

/** Why one may not unmute all who are below one, and end the mute of all below a role: the role may be a higher one. */
export function whyNotUnmuteAll(state: Ranks, actor: AccountId): Why | undefined {
  const { mutedBelow, members } = state
  const me = members.get(actor)
  const why = whyNotDoTo(state, actor, 'mute', [])
  if (why !== undefined || me === undefined) return why ?? 'not-a-member'
  if (mutedBelow !== undefined && !atLeast(me.role, mutedBelow.role)) return 'outranked'
  return mutedBelow === undefined && mutedBelowOne(state, me.role).length === 0 ? 'already-so' : undefined
}

/** Who was muted by name, and can be unmuted in this role. */
export function mutedBelowOne({ members }: Ranks, role: Role): AccountId[] {
  return [...members]
    .filter(([, one]) => one.muted !== undefined && outranks(role, one.role))
    .map(([account]) => account)
}

/** Why one may not give somebody a role, be it oneself. */
export function whyNotGiveRole(state: Ranks, actor: AccountId, account: AccountId, role: Role): Why | undefined {
  const me = state.members.get(actor)
  if (me === undefined) return 'not-a-member'
  if (!atLeast(me.role, state.permissions['set-role']) || !atLeast(me.role, role)) return 'not-permitted'
  if (!state.members.has(account)) return 'no-such-member'
  return account === actor || isBelow(state, me.role, account) ? undefined : 'outranked'
}

/** Why one may not hand the group over to somebody. */
export function whyNotHandOver(state: Ranks, actor: AccountId, account: AccountId): Why | undefined {
  if (state.members.get(actor)?.role !== 'owner') return 'not-permitted'
  if (account === actor) return 'not-yourself'
  return state.members.has(account) ? undefined : 'no-such-member'
}

/** [P118] Whether one may take back what somebody said. The log does not tell whose a message is: who reads them judges. */
export function mayTakeBack(state: Ranks, actor: AccountId, author: AccountId): boolean {
  const me = state.members.get(actor)
  if (me === undefined || !atLeast(me.role, state.permissions.recall)) return false
  return author === actor || isBelow(state, me.role, author)
}

/** Who is no member is below everybody. */
function isBelow(state: Ranks, role: Role, account: AccountId): boolean {
  const member = state.members.get(account)
  return member === undefined || outranks(role, member.role)
}

export function isMuted(state: GroupState, account: AccountId, at: Instant): boolean {
  return mutedAt(state, account, at) !== undefined
}

/** Until when somebody is muted, by whichever mute lasts longest. Undefined: they are not. */
export function mutedAt(state: GroupState, account: AccountId, at: Instant): { readonly until: Until } | undefined {
  const member = state.members.get(account)
  if (member === undefined) return undefined
  const { mutedBelow } = state
  const all = mutedBelow !== undefined && !atLeast(member.role, mutedBelow.role) ? mutedBelow : undefined
  const mutes = [member.muted, all].flatMap((mute) => (mute !== undefined && holds(mute.until, at) ? [mute.until] : []))
  if (mutes.length === 0) return undefined
  const ends = mutes.flatMap((until) => until ?? [])
  return { until: ends.length < mutes.length ? undefined : (Math.max(...ends) as Instant) }
}

export function isBanned(state: GroupState, account: AccountId, at: Instant): boolean {
  const ban = state.bans.get(account)
  return ban !== undefined && holds(ban.until, at)
}

/** [G8] */
export function takesReadable(state: GroupState): boolean {
  return state.encryption.mode !== 'required'
}

/** [G8] Whether it did at a place in the stream, whatever was switched since. */
export function tookReadableAt({ encryption: { mode, since, earlier } }: GroupState, position: number): boolean {
  const held = [...earlier, { mode, since }].findLast((one) => one.since.position < position)
  return held !== undefined && held.mode !== 'required'
}

/** [G8] */
export function takesSealed(state: GroupState): boolean {
  return state.encryption.mode !== 'off'
}

function holds(until: Until, at: Instant): boolean {
  return until === undefined || at < until
}
