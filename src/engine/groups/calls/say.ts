// Saying something in a group: committed first; sealed and published when its turn comes.

import { isMuted, mayDo, takesReadable, takesSealed } from '../../../protocol/groups/permissions.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { ParsedInput } from '../../../shared/api.ts'
import { groupOf, MessageId } from '../../../shared/ids.ts'
import type { Message } from '../../../shared/model.ts'
import type { Live } from '../../live.ts'
import {
  type GroupConversationRow,
  setReadPosition,
  takePosition,
  touchConversation,
} from '../../storage/conversations.ts'
import { addToGroupOutbox, dropFromGroupOutbox, retryInGroupOutbox } from '../../storage/group-outbox.ts'
import { findGroup } from '../../storage/groups.ts'
import { addMessage, type MessageRow, restartDelivery, showMessage } from '../../storage/messages.ts'
import { Touched } from '../../touched.ts'
import { textBody } from '../content.ts'
import { isAtWork, isReadableUnseen } from '../states.ts'
import { moveToEnd } from '../timeline.ts'

/** Queued with everything else that is said. */
export function sayInGroup(
  live: Live,
  conversation: GroupConversationRow,
  { text, readable }: ParsedInput<'sendMessage'>,
): Answer<Message> {
  const { sql, clock, random } = live.ports
  const group = groupOf(conversation.id)
  const row = group && findGroup(sql, group)
  const state = group && live.groups.states.get(group)
  if (group === undefined || row === undefined || state === undefined) return refuse('no-such-group')
  if (row.halted !== null) return refuse('group-halted')
  if (!isAtWork(row, state, live.own.account)) return refuse('no-such-group')
  const at = clock.now()
  if (isMuted(state, live.own.account, at)) return refuse('muted')
  if (!mayDo(state, live.own.account, 'send', at)) return refuse('not-permitted', 'by role')
  // [G8] Encrypted unless one chose otherwise, or nothing else is taken.
  const isReadable = readable ?? !takesSealed(state)
  if (isReadable && !takesReadable(state)) return refuse('not-permitted', 'everything is encrypted here')
  if (!isReadable && !takesSealed(state)) return refuse('not-permitted', 'nothing is encrypted here')
  if (isReadable && isReadableUnseen(row, state)) return refuse('look-first', 'the relay can read along')
  const message = MessageId.parse(random.uuid())
  const touched = new Touched()
  const added = sql.transaction(() => {
    const position = takePosition(sql, conversation.id)
    touchConversation(sql, conversation.id, at)
    setReadPosition(sql, conversation.id, position)
    addToGroupOutbox(sql, { group_id: group, message, body: textBody(text), readable: isReadable ? 1 : 0, at })
    return addMessage(sql, {
      conversation: conversation.id,
      position,
      sequence: 0,
      id: message,
      author: live.own.account,
      author_name: live.own.name,
      own: 1,
      sent_at: at,
      kind: 'text',
      text,
      readable: isReadable ? 1 : 0,
      delivery: 'waiting',
      delivery_at: at,
    })
  })
  touched.message(added)
  live.tell(touched)
  live.groups.kick(group)
  return answer(showMessage(added))
}

export function retryInGroup(live: Live, row: MessageRow): Answer<null> {
  const { sql, clock } = live.ports
  const touched = new Touched()
  const waits = sql.transaction(() => {
    if (!retryInGroupOutbox(sql, row.id)) return false
    touched.message(restartDelivery(sql, row.id, clock.now()))
    moveToEnd(sql, touched, row.id)
    return true
  })
  if (!waits) return refuse('no-such-message')
  live.tell(touched)
  live.groups.kick(groupOf(row.conversation))
  return answer(null)
}

/** In a transaction: what has not left does not go out either. */
export function dropInGroup(live: Live, row: MessageRow): void {
  dropFromGroupOutbox(live.ports.sql, row.id)
}
