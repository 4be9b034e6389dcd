// An invitation that was turned down, here or on another own device: nothing of the group stays [G3].

import { type GroupId, groupConversation } from '../../shared/ids.ts'
import { removeConversation } from '../storage/conversations.ts'
import { removeGroup } from '../storage/groups.ts'
import { Touched } from '../touched.ts'
import type { GroupNeeds } from './needs.ts'
import { type GroupStates, standingIn } from './states.ts'

/** Who was a member before is again who has gone: what they have read is theirs. Who was invited once more stays so. */
export function forgetTurnedDown({ sql, own, tell }: GroupNeeds, states: GroupStates, group: GroupId): void {
  const state = states.get(group)
  if (state === undefined || state.former.has(own.account) || standingIn(state, own.account) !== 'removed') return
  sql.transaction(() => {
    removeGroup(sql, group)
    removeConversation(sql, groupConversation(group))
  })
  states.forget(group)
  const touched = new Touched()
  touched.conversation(groupConversation(group))
  tell(touched)
}
