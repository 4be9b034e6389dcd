// Reading: how far the person has read, and the word of it to whoever wrote.

import { Receipt_Kind } from '../../protocol/generated/content_pb.ts'
import { groupOf } from '../../shared/ids.ts'
import { announce } from '../devices/tell.ts'
import type { Live } from '../live.ts'
import { promiseReceipts } from '../messages/send.ts'
import { type ConversationRow, setReadPosition } from '../storage/conversations.ts'
import { lastReadMessage, unreadUpTo } from '../storage/messages.ts'
import { isBlocked } from '../storage/people.ts'

/** In a transaction. A place before the one that was read already changes nothing. Whether there is a receipt to send. */
export function readUpTo(live: Live, conversation: ConversationRow, position: number): boolean {
  const { sql } = live.ports
  if (position <= conversation.read_position) return false
  const rows = unreadUpTo(sql, conversation.id, conversation.read_position, position)
  setReadPosition(sql, conversation.id, position)
  const last = live.own.others.length > 0 ? lastReadMessage(sql, conversation.id, position) : undefined
  if (last !== undefined) announce({ ...live.ports, own: live.own }, `read/${conversation.id}`, last)
  // [P63] Nobody learns of it before their request is accepted, nor where receipts are off.
  if (conversation.kind === 'group') {
    const group = groupOf(conversation.id)
    if (group !== undefined && rows.length > 0) live.groups.haveRead(group, rows)
    return false
  }
  const read = rows.map((row) => row.id)
  const confirms =
    read.length > 0 &&
    conversation.state === 'open' &&
    live.settings.readReceipts &&
    !isBlocked(sql, conversation.account)
  if (confirms) promiseReceipts({ ...live.ports, own: live.own }, conversation.account, Receipt_Kind.READ, read)
  return confirms
}
