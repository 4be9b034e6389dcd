// Where what comes by the stream stands in the conversation. At its end, as a rule; but who comes back reads the stream once
// more, and finds in it what they were not given before: it stands where it was said, among what is there already [P139].

import type { GroupState } from '../../protocol/groups/state.ts'
import { groupConversation, type MessageId } from '../../shared/ids.ts'
import { takePosition } from '../storage/conversations.ts'
import { findMessage } from '../storage/messages.ts'
import {
  firstPlace,
  lastPlace,
  makeRoomBehind,
  nextPlace,
  noteStreamPosition,
  type Place,
  placeBefore,
} from '../storage/stream-places.ts'
import type { Touched } from '../touched.ts'
import type { GroupNeeds } from './needs.ts'

/** isLast: nothing stands behind it. What does has been read, or is to be read, as it was. */
export type TakenPlace = Place & { isLast: boolean }

/** For the items of one commit, in their order. */
export interface StreamPlaces {
  /** For a row that is added at once. */
  take(streamPosition: number, sequence: number): TakenPlace
  /** A row of this item is here already, if it was not deleted. */
  pass(streamPosition: number, message: MessageId): void
}

/** A gap and what stands behind it. */
const ROWS_AN_ITEM = 2

export function createStreamPlaces(
  { sql, own }: Pick<GroupNeeds, 'sql' | 'own'>,
  touched: Touched,
  state: GroupState,
): StreamPlaces {
  const conversation = groupConversation(state.group)
  /** Up to there the stream may have been read before. */
  const joined = state.members.get(own.account)?.joined.position ?? 0
  /** The last row of the stream before the item. Looked for once: what is placed or passed comes behind it. */
  let before: Place | 'none' | 'unknown' = 'unknown'

  function take(streamPosition: number, sequence: number): TakenPlace {
    if (streamPosition > joined) return atEnd(sequence)
    if (before === 'unknown') before = placeBefore(sql, conversation, streamPosition) ?? 'none'
    const taken = within(before, streamPosition, sequence)
    before = taken
    return taken
  }

  function within(behind: Place | 'none', streamPosition: number, sequence: number): TakenPlace {
    const last = lastPlace(sql, conversation)
    if (last === undefined || (behind !== 'none' && !isBehind(last, behind))) return atEnd(sequence)
    if (behind === 'none') {
      const first = firstPlace(sql, conversation) ?? last
      // With room for all that may come before it still. Nothing else needs to be moved.
      const room = ROWS_AN_ITEM * (joined - streamPosition + 1)
      return { position: first.position - room, sequence, isLast: false }
    }
    const next = nextPlace(sql, conversation, behind) ?? last
    if (next.position > behind.position + 1) return { position: behind.position + 1, sequence, isLast: false }
    // Between two neighbours there is no position: it shares that of the one before, and is ordered behind it.
    for (const moved of makeRoomBehind(sql, conversation, behind)) touched.message(moved)
    return { position: behind.position, sequence: behind.sequence + 1, isLast: false }
  }

  function atEnd(sequence: number): TakenPlace {
    return { position: takePosition(sql, conversation), sequence, isLast: true }
  }

  return {
    take,
    pass(streamPosition, message) {
      if (streamPosition > joined) return
      noteStreamPosition(sql, message, streamPosition)
      const row = findMessage(sql, message)
      if (row === undefined || before === 'unknown') return
      if (before === 'none' || isBehind(row, before)) before = { position: row.position, sequence: row.sequence }
    },
  }
}

function isBehind(one: Place, other: Place): boolean {
  return one.position > other.position || (one.position === other.position && one.sequence > other.sequence)
}
