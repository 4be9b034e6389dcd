// Whether what a change would bring stands already: the log is not asked to say it twice, and nobody is told twice. Who reads
// the log takes such an entry all the same, as others may have written one.

import type { Change, HistoryPolicy, Policies, Until } from '../../protocol/groups/change.ts'
import { mutedBelowOne } from '../../protocol/groups/permissions.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import type { AccountId, Instant } from '../../shared/ids.ts'

/** Of one that the actor may make. Details are sealed: who seals them looks. */
export function isAlreadySo(state: GroupState, actor: AccountId, change: Change, now: Instant): boolean {
  switch (change.kind) {
    case 'ban':
      return change.accounts.every((account) => lastsAsLong(state.bans.get(account), change.until))
    case 'mute':
      return change.whom === 'everyone'
        ? isEverybodyMuted(state, actor, change.until)
        : change.whom.every((account) => lastsAsLong(state.members.get(account)?.muted, change.until))
    case 'unmute':
      return change.whom === 'everyone'
        ? isNobodyMuted(state, actor, now)
        : change.whom.every((account) => isOver(state.members.get(account)?.muted, now))
    case 'set-permissions':
      return Object.entries(change.permissions).every(
        ([permission, role]) => state.permissions[permission as keyof typeof state.permissions] === role,
      )
    case 'set-policies':
      return areSame(state.policies, change.policies)
    default:
      return false
  }
}

type Lasting = { readonly until: Until } | undefined

function lastsAsLong(one: Lasting, until: Until): boolean {
  return one !== undefined && one.until === until
}

function isOver(one: Lasting, now: Instant): boolean {
  return one === undefined || (one.until !== undefined && one.until <= now)
}

function isEverybodyMuted({ mutedBelow, members }: GroupState, actor: AccountId, until: Until): boolean {
  return lastsAsLong(mutedBelow, until) && mutedBelow?.role === members.get(actor)?.role
}

function isNobodyMuted(state: GroupState, actor: AccountId, now: Instant): boolean {
  const role = state.members.get(actor)?.role
  const byName = role === undefined ? [] : mutedBelowOne(state, role)
  return isOver(state.mutedBelow, now) && byName.every((account) => isOver(state.members.get(account)?.muted, now))
}

function areSame(one: Policies, other: Policies): boolean {
  return (
    one.rotationTime === other.rotationTime &&
    one.rotationMessages === other.rotationMessages &&
    areSameHistory(one.history, other.history)
  )
}

function areSameHistory(one: HistoryPolicy, other: HistoryPolicy): boolean {
  return one.kind === other.kind && (one.kind !== 'days' || other.kind !== 'days' || one.days === other.days)
}
