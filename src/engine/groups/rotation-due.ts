// Whether the next who speaks opens an epoch first [G4][P113].

import { rotationReasons } from '../../protocol/groups/rotation.ts'
import { type GroupState, newestEpoch } from '../../protocol/groups/state.ts'
import { type GroupId, groupConversation } from '../../shared/ids.ts'
import { lastPosition } from '../storage/conversations.ts'
import { unsealedInGroup } from '../storage/group-outbox.ts'
import { countOfEpoch } from '../storage/messages.ts'
import type { GroupNeeds } from './needs.ts'

/** Messages of an epoch, as they were counted; and where the conversation ended then. */
interface Counted {
  epoch: number
  messages: number
  upTo: number
}

/** Counting takes as long as there are messages: it is done when there may be too many by now, and not before each. */
export function createRotationDue(needs: Pick<GroupNeeds, 'sql' | 'clock' | 'lostDevices'>) {
  const { sql, clock } = needs
  const counted = new Map<GroupId, Counted>()

  return function isRotationDue(state: GroupState): boolean {
    return needs.lostDevices(state) || rotationReasons(state, clock.now(), messagesOf(state)).length > 0
  }

  /** As many, or less than would be too many. */
  function messagesOf(state: GroupState): number {
    const { number: epoch } = newestEpoch(state)
    const conversation = groupConversation(state.group)
    const upTo = lastPosition(sql, conversation)
    const before = counted.get(state.group)
    if (before?.epoch === epoch) {
      // Every message has a place of its own.
      const atMost = before.messages + upTo - before.upTo
      if (atMost < state.policies.rotationMessages) return atMost
    }
    const messages = countOfEpoch(sql, conversation, epoch)
    // What waits to be sealed has its place already, and becomes one of the epoch.
    counted.set(state.group, { epoch, messages: messages + unsealedInGroup(sql, state.group), upTo })
    return messages
  }
}
