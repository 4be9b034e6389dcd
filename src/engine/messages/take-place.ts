// Where what one says stands, in a conversation of two or of many.

import type { ConversationId, Instant } from '../../shared/ids.ts'
import { comeBack } from '../conversations/come-back.ts'
import { readUpTo } from '../conversations/read.ts'
import type { Live } from '../live.ts'
import { findConversation, takePosition, takeReadPosition, touchConversation } from '../storage/conversations.ts'
import type { Touched } from '../touched.ts'

/** At the end. Who answers has read what is above. */
export function takePlace(live: Live, touched: Touched, id: ConversationId, at: Instant): number {
  const { sql } = live.ports
  const needs = { ...live.ports, own: live.own }
  const taken = takeReadPosition(sql, id, at)
  if (taken !== undefined) {
    comeBack(needs, touched, taken, at)
    return taken.last_position
  }
  const conversation = findConversation(sql, id)
  if (conversation === undefined) throw new Error('the conversation went while something was said in it')
  const position = takePosition(sql, id)
  touchConversation(sql, id, at)
  comeBack(needs, touched, conversation, at)
  readUpTo(live, conversation, position)
  return position
}
