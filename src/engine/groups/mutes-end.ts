// Where one is muted for a time: no entry says that it is over, the clock does [G12].

import { mutedAt } from '../../protocol/groups/permissions.ts'
import { type GroupId, groupConversation } from '../../shared/ids.ts'
import { Touched } from '../touched.ts'
import type { GroupNeeds } from './needs.ts'
import type { GroupStates } from './states.ts'

export interface MutesEnd {
  /** Whether one is muted there, and for how long, may have changed. */
  look(group: GroupId): void
  stop(): void
}

export function createMutesEnd(
  { clock, log, own, tell }: Pick<GroupNeeds, 'clock' | 'log' | 'own' | 'tell'>,
  states: GroupStates,
  /** One may speak again, as far as that goes. */
  ended: (group: GroupId) => void,
): MutesEnd {
  const waiting = new Map<GroupId, () => void>()

  function untilOf(group: GroupId): number | undefined {
    const state = states.get(group)
    return state && mutedAt(state, own.account, clock.now())?.until
  }

  function look(group: GroupId): void {
    waiting.get(group)?.()
    waiting.delete(group)
    const until = untilOf(group)
    if (until === undefined) return
    const atEnd = () => {
      try {
        due(group)
      } catch (error) {
        // A disk that is full, say. The next entry, or the next connection, looks again.
        log.error('groups.mutes-end', { error: error instanceof Error ? error.name : 'unknown' })
      }
    }
    waiting.set(group, clock.after(until - clock.now(), atEnd))
  }

  function due(group: GroupId): void {
    // By another clock than that of the timer it may not be over yet.
    look(group)
    if (waiting.has(group)) return
    const touched = new Touched()
    touched.conversation(groupConversation(group))
    tell(touched)
    ended(group)
  }

  return {
    look,
    stop() {
      for (const callOff of waiting.values()) callOff()
      waiting.clear()
    },
  }
}
