// Saying something in a group: sealed and committed in one go when it can leave now, committed and promised when not.

import { takesSealed } from '../../../protocol/groups/permissions.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { ParsedInput } from '../../../shared/api.ts'
import { groupOf, MessageId } from '../../../shared/ids.ts'
import type { Message } from '../../../shared/model.ts'
import type { Live } from '../../live.ts'
import { takePlace } from '../../messages/take-place.ts'
import type { SignalUnit } from '../../signal/unit.ts'
import type { GroupConversationRow } from '../../storage/conversations.ts'
import { addToGroupOutbox, type GroupOutboxRow, retryInGroupOutbox } from '../../storage/group-outbox.ts'
import { findGroup } from '../../storage/groups.ts'
import { addMessage, type MessageRow, restartDelivery } from '../../storage/messages.ts'
import { Touched } from '../../touched.ts'
import { textBody } from '../content.ts'
import { whyNotSay } from '../may-say.ts'
import { type SealedMessage, withdraw } from '../seal.ts'
import { isAtWork } from '../states.ts'
import { moveToEnd } from '../timeline.ts'

type Said = Pick<GroupOutboxRow, 'group_id' | 'message' | 'body' | 'readable' | 'at'>

/** Queued with everything else that is said. */
export async function sayInGroup(
  live: Live,
  conversation: GroupConversationRow,
  { text, readable }: ParsedInput<'sendMessage'>,
): Promise<Answer<Message>> {
  const { sql, clock, random } = live.ports
  const group = groupOf(conversation.id)
  const row = group && findGroup(sql, group)
  const state = group && live.groups.states.get(group)
  if (group === undefined || row === undefined || state === undefined) return refuse('no-such-group')
  if (row.halted !== null) return refuse('group-halted')
  if (!isAtWork(row, state, live.own.account)) return refuse('no-such-group')
  const at = clock.now()
  // [G8] Encrypted unless one chose otherwise, or nothing else is taken.
  const isReadable = readable ?? !takesSealed(state)
  const failure = whyNotSay(row, state, live.own.account, isReadable, at)
  if (failure !== undefined) return { ok: false, failure }
  const message = MessageId.parse(random.uuid())
  const said = { group_id: group, message, body: textBody(text), readable: isReadable ? 1 : 0, at }
  const unit = live.signal.unit()
  try {
    const sealed = isReadable ? undefined : await live.groups.sealAtOnce(unit, state, said)
    if (sealed !== undefined) live.crash('group.sealed')
    const touched = new Touched()
    const row = sql.transaction(() => write(live, touched, conversation, said, text, unit, sealed))
    if (sealed === undefined) unit.abandon()
    else unit.settled()
    live.crash('group.committed')
    touched.message(row)
    live.tell(touched)
    live.groups.kick(group)
    live.kickOwn()
    return answer(live.showMessage(row))
  } catch (error) {
    unit.abandon()
    throw error
  }
}

function write(
  live: Live,
  touched: Touched,
  conversation: GroupConversationRow,
  said: Said,
  text: string,
  unit: SignalUnit,
  sealed: SealedMessage | undefined,
): MessageRow {
  const { sql } = live.ports
  if (sealed !== undefined) {
    unit.flush()
    sealed.write()
  }
  addToGroupOutbox(sql, said, sealed?.bytes)
  return addMessage(sql, {
    conversation: conversation.id,
    position: takePlace(live, touched, conversation.id, said.at),
    sequence: 0,
    id: said.message,
    author: live.own.account,
    author_name: live.own.name,
    own: 1,
    sent_at: said.at,
    kind: 'text',
    text,
    readable: said.readable,
    epoch: sealed?.epoch ?? null,
    delivery: 'waiting',
    delivery_at: said.at,
  })
}

export function retryInGroup(live: Live, row: MessageRow): Answer<null> {
  const { sql, clock } = live.ports
  const group = groupOf(row.conversation)
  if (group === undefined) return refuse('no-such-message')
  const touched = new Touched()
  const waits = sql.transaction(() => {
    if (!retryInGroupOutbox(sql, group, row.id)) return false
    touched.message(restartDelivery(sql, row.id, clock.now()))
    moveToEnd(sql, touched, row.id)
    return true
  })
  if (!waits) return refuse('no-such-message')
  live.tell(touched)
  live.groups.kick(group)
  return answer(null)
}

/** In a transaction, after groups.settle(): what has not left does not go out either. */
export function dropInGroup(live: Live, row: MessageRow): void {
  const group = groupOf(row.conversation)
  if (group !== undefined) withdraw(live.ports.sql, group, row.id)
}
