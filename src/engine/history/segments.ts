// The segments of a profile: its basics, and its conversations in stretches that always begin and end at the same places.
//
// Which places those are depends on nothing but their numbers, and what is written on nothing but the rows: who has a
// segment with the same bytes has the same history.

import type { ConversationId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { allConversations } from '../storage/conversations.ts'
import { lastPlaceBefore } from '../storage/history.ts'

/** Places in a stretch. Some 2 MiB, if every text in it is as long as it may be. */
export const PLACES = 256

/** Both places included. */
export interface StretchPlace {
  conversation: ConversationId
  first: number
  last: number
}

export function stretchAround(conversation: ConversationId, position: number): StretchPlace {
  const first = Math.floor((position - 1) / PLACES) * PLACES + 1
  return { conversation, first, last: first + PLACES - 1 }
}

/** Of one conversation, from its end, as they are found: what comes at the end meanwhile is not among them. */
export function* stretchesOf(sql: Sql, conversation: ConversationId): Generator<StretchPlace> {
  let before = Number.MAX_SAFE_INTEGER
  for (;;) {
    const position = lastPlaceBefore(sql, conversation, before)
    if (position === undefined) return
    const place = stretchAround(conversation, position)
    yield place
    before = place.first
  }
}

/** The end of every conversation first, then the rest; whom one has talked to last comes first. */
export function* stretchesNewestFirst(sql: Sql): Generator<StretchPlace> {
  const rest: Generator<StretchPlace>[] = []
  for (const { id } of allConversations(sql)) {
    const stretches = stretchesOf(sql, id)
    const newest = stretches.next()
    if (newest.done === true) continue
    yield newest.value
    rest.push(stretches)
  }
  for (const stretches of rest) yield* stretches
}
