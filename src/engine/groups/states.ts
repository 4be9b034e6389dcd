// What the log of each group says, kept as values beside what is stored of them.

import type { Sealed } from '../../protocol/groups/change.ts'
import { isMember, takesReadable } from '../../protocol/groups/permissions.ts'
import { loadState, saveState } from '../../protocol/groups/save.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import type { AccountId, GroupId } from '../../shared/ids.ts'
import type { GroupStanding } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { findGroupState, type GroupRow, setGroupState } from '../storage/groups.ts'

export interface GroupStates {
  /** As far as the log was followed and committed. Undefined: nothing of it was. */
  get(group: GroupId): GroupState | undefined
  /** In a transaction. If that fails, what is kept here is to be forgotten. */
  write(group: GroupId, state: GroupState, own: AccountId): void
  /** What is stored counts: read again when it is asked for. */
  forget(group: GroupId): void
  /** Up to where entries were read once more that are known already, and what stood there. */
  readonly again: Map<GroupId, ReadAgain>
}

export interface ReadAgain {
  index: number
  hash: Uint8Array
  details: Sealed | undefined
  /** Undefined: they were not read from the first one on. */
  state: GroupState | undefined
}

/** States of large groups take some hundred kilobytes. */
const KEPT = 50

export function createGroupStates(sql: Sql): GroupStates {
  const kept = new Map<GroupId, GroupState>()
  const again: GroupStates['again'] = new Map()

  function keep(group: GroupId, state: GroupState): void {
    if (kept.size >= KEPT && !kept.has(group)) kept.clear()
    kept.set(group, state)
  }

  return {
    again,
    get(group) {
      const known = kept.get(group)
      if (known !== undefined) return known
      const saved = findGroupState(sql, group)
      const state = saved === undefined ? undefined : loadState(saved)
      if (state === undefined) return undefined
      keep(group, state)
      return state
    },
    write(group, state, own) {
      setGroupState(sql, group, saveState(state), standingIn(state, own))
      keep(group, state)
    },
    forget(group) {
      kept.delete(group)
      again.delete(group)
    },
  }
}

export function standingIn(state: GroupState, account: AccountId): GroupStanding {
  if (state.deleted !== undefined) return 'deleted'
  if (state.members.has(account)) return 'member'
  if (state.invited.has(account)) return 'invited'
  if (state.requests.has(account)) return 'asked'
  const former = state.former.get(account)
  if (former !== undefined) return former.how
  return state.bans.has(account) ? 'banned' : 'removed'
}

/** [P20] Nothing is sent where the log does not hold together, or by somebody who is no member. */
export function isAtWork(
  row: GroupRow | undefined,
  state: GroupState | undefined,
  own: AccountId,
): state is GroupState {
  return row !== undefined && row.halted === null && state !== undefined && isMember(state, own)
}

/** [G7] It was made readable by an entry that the person has not seen yet. */
export function isReadableUnseen(row: GroupRow, state: GroupState): boolean {
  return takesReadable(state) && state.encryption.since.index > row.readable_seen
}
