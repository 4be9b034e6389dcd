// Where what one says stands, in a conversation of two or of many.

import type { ConversationId, Instant } from '../../shared/ids.ts'
import { readUpTo } from '../conversations/read.ts'
import type { Live } from '../live.ts'
import { findConversation, takePosition, takeReadPosition, touchConversation } from '../storage/conversations.ts'

/** At the end. Who answers has read what is above. */
export function takePlace(live: Live, id: ConversationId, at: Instant): number {
  const { sql } = live.ports
  const taken = takeReadPosition(sql, id, at)
  if (taken !== undefined) return taken
  const conversation = findConversation(sql, id)
  if (conversation === undefined) throw new Error('the conversation went while something was said in it')
  const position = takePosition(sql, id)
  touchConversation(sql, id, at)
  readUpTo(live, conversation, position)
  return position
}
