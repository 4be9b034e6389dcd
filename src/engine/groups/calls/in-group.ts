// A call about a group: it is one, and one knows it.

import type { Change } from '../../../protocol/groups/change.ts'
import type { GroupState } from '../../../protocol/groups/state.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import { type ConversationId, type GroupId, groupOf } from '../../../shared/ids.ts'
import type { Live } from '../../live.ts'

export interface InGroup {
  group: GroupId
  state: GroupState
}

export function findInGroup(live: Live, conversation: ConversationId): Answer<InGroup> {
  const group = groupOf(conversation)
  const state = group && live.groups.states.get(group)
  return group === undefined || state === undefined ? refuse('no-such-group') : answer({ group, state })
}

/** One change of the log, planned on what stands when it is made. */
export async function changeGroup(
  live: Live,
  { conversation }: { conversation: ConversationId },
  plan: (state: GroupState) => Change | undefined,
): Promise<Answer<null>> {
  const found = findInGroup(live, conversation)
  if (!found.ok) return found
  return live.groups.appending.change(found.value.group, plan)
}
