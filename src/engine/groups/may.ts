// What one may do with others in a group, for a window to offer that and nothing else: by the rules that its log is judged by [G12].

import { ROLES } from '../../protocol/groups/change.ts'
import {
  mayTakeBack,
  type Ranks,
  whyNotDoTo,
  whyNotGiveRole,
  whyNotHandOver,
  whyNotUnmuteAll,
} from '../../protocol/groups/permissions.ts'
import type { AccountId } from '../../shared/ids.ts'
import type { Group, GroupMember } from '../../shared/model.ts'

export function mayWith(state: Ranks, own: AccountId, account: AccountId): Pick<GroupMember, 'may' | 'mayBecome'> {
  if (account === own) return { may: [], mayBecome: [] }
  const acts = (['mute', 'remove', 'ban'] as const).filter(
    (act) => whyNotDoTo(state, own, act, [account]) === undefined,
  )
  const role = state.members.get(account)?.role
  return {
    may: whyNotHandOver(state, own, account) === undefined ? [...acts, 'transfer-ownership'] : acts,
    mayBecome: ROLES.filter((one) => one !== role && whyNotGiveRole(state, own, account, one) === undefined),
  }
}

export function mayWithAll(state: Ranks, own: AccountId): Group['mayAll'] {
  const mute = whyNotDoTo(state, own, 'mute', []) === undefined ? (['mute'] as const) : []
  return whyNotUnmuteAll(state, own) === undefined ? [...mute, 'unmute'] : [...mute]
}

/** [P118] Members whose words stay, whatever one's role allows with those of others. */
export function mayNotRecallOf(state: Ranks, own: AccountId): AccountId[] {
  return [...state.members.keys()].filter((author) => !mayTakeBack(state, own, author))
}
