// Who may do what, by a group's log as it stands [P112].

import type { AccountId, Instant } from '../../shared/ids.ts'
import { EPOCH_LASTS, EPOCH_MESSAGES } from '../limits.ts'
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

export function isMuted(state: GroupState, account: AccountId, at: Instant): boolean {
  const member = state.members.get(account)
  if (member === undefined) return false
  const { muted } = member
  if (muted !== undefined && holds(muted.until, at)) return true
  const { mutedBelow } = state
  return mutedBelow !== undefined && holds(mutedBelow.until, at) && !atLeast(member.role, mutedBelow.role)
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
