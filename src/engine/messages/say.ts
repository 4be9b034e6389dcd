// Saying something to somebody: sealed and committed in one go when it can leave now, committed and promised when not.

import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import { accountOf, type ConversationId, groupOf, type Instant, MessageId } from '../../shared/ids.ts'
import { MAX_TEXT_BYTES } from '../../shared/limits.ts'
import type { Message } from '../../shared/model.ts'
import { comeBack } from '../conversations/come-back.ts'
import { acceptInTransaction } from '../conversations/requests.ts'
import { announceDeletion, promiseToOwn } from '../devices/tell.ts'
import { dropInGroup, retryInGroup, sayInGroup } from '../groups/calls/say.ts'
import type { Live } from '../live.ts'
import type { SignalUnit } from '../signal/unit.ts'
import {
  type ConversationRow,
  findConversation,
  setReadPosition,
  takePosition,
  touchConversation,
} from '../storage/conversations.ts'
import { noteDeleted } from '../storage/deleted-messages.ts'
import { addMessage, findMessage, type NewMessage, restartDelivery } from '../storage/messages.ts'
import { dropFromOutbox, hasUnsealed, retryFailed } from '../storage/outbox.ts'
import { isBlocked } from '../storage/people.ts'
import { type SealedContent, sealContent } from '../sync/seal.ts'
import { Touched } from '../touched.ts'
import { removeDeleted } from './change.ts'
import { utf8Length } from './content.ts'
import { type Prepared, prepare, putIntoOutbox, textBody } from './send.ts'
import { takePlace } from './take-place.ts'

export async function sendMessage(live: Live, input: ParsedInput<'sendMessage'>): Promise<Answer<Message>> {
  if (utf8Length(input.text) > MAX_TEXT_BYTES) return refuse('too-long', `at most ${MAX_TEXT_BYTES} bytes`)
  // Queued like everything that numbers or seals, so that what is said first stands first.
  return live.work.run(() => say(live, input))
}

async function say(live: Live, input: ParsedInput<'sendMessage'>): Promise<Answer<Message>> {
  const { conversation: id, text } = input
  const { sql, clock, random } = live.ports
  const conversation = findConversation(sql, id)
  if (conversation === undefined) return refuse('no-such-conversation')
  if (input.readable && conversation.kind !== 'group') return refuse('not-permitted', 'everything is encrypted here')
  if (conversation.kind === 'group') return sayInGroup(live, conversation, input)
  if (conversation.kind === 'notes') return answer(writeNote(live, conversation, text))
  if (isBlocked(sql, conversation.account)) return refuse('blocked')

  const touched = new Touched()
  if (conversation.state === 'incoming-request') sql.transaction(() => acceptInTransaction(live, touched, conversation))
  const message = MessageId.parse(random.uuid())
  const prepared = prepare(
    { sql, clock, random, own: live.own },
    { recipient: conversation.account, message, body: textBody(text) },
  )
  const unit = live.signal.unit()
  try {
    const sealed = await sealIfItCanLeave(live, unit, prepared)
    if (sealed !== undefined) live.crash('outbox.sealed')
    const row = sql.transaction(() => {
      if (sealed !== undefined) unit.flush()
      putIntoOutbox(sql, prepared, sealed)
      const position = takePlace(live, touched, id, prepared.at)
      const added = addMessage(sql, ownText(live, id, position, message, text, prepared.at, 'waiting'))
      live.crash('outbox.written')
      return added
    })
    if (sealed === undefined) unit.abandon()
    else unit.settled()
    live.crash('outbox.committed')
    touched.message(row)
    live.tell(touched)
    live.outbox.kick(conversation.account)
    live.kickOwn()
    return answer(live.showMessage(row))
  } catch (error) {
    unit.abandon()
    throw error
  }
}

/** One commit instead of two, when there is a session, a connection, and nothing that has to be sealed first. */
async function sealIfItCanLeave(
  live: Live,
  unit: SignalUnit,
  { recipient, content }: Prepared,
): Promise<SealedContent | undefined> {
  const { sql } = live.ports
  const state = live.connection.state().state
  if ((state !== 'online' && state !== 'catching-up') || hasUnsealed(sql, recipient)) return undefined
  const devices = live.peers.readyDevices(unit, recipient, undefined)
  if (devices === undefined) return undefined
  return sealContent(sql, live.signal, unit, recipient, devices, content, live.own)
}

/** [P65] Talking to oneself: said, and there. The own devices hear it. */
function writeNote(live: Live, conversation: ConversationRow, text: string): Message {
  const { sql, clock, random } = live.ports
  const at = clock.now()
  const touched = new Touched()
  const row = sql.transaction(() => {
    const position = takePosition(sql, conversation.id)
    touchConversation(sql, conversation.id, at)
    comeBack({ ...live.ports, own: live.own }, touched, conversation, at)
    setReadPosition(sql, conversation.id, position)
    const message = MessageId.parse(random.uuid())
    if (live.own.others.length > 0) promiseToOwn({ ...live.ports, own: live.own }, textBody(text), { message })
    return addMessage(sql, ownText(live, conversation.id, position, message, text, at, 'sent'))
  })
  touched.message(row)
  live.tell(touched)
  live.kickOwn()
  return live.showMessage(row)
}

function ownText(
  live: Live,
  conversation: ConversationId,
  position: number,
  id: MessageId,
  text: string,
  at: Instant,
  delivery: 'waiting' | 'sent',
): NewMessage {
  const author = live.own.account
  return {
    conversation,
    position,
    sequence: 0,
    id,
    author,
    own: 1,
    sent_at: at,
    kind: 'text',
    text,
    delivery,
    delivery_at: at,
  }
}

/** What failed goes into the lane again, with the number it had. */
export async function retryMessage(live: Live, { message }: ParsedInput<'retryMessage'>): Promise<Answer<null>> {
  const { sql, clock } = live.ports
  const row = findMessage(sql, message)
  if (row === undefined || row.own === 0) return refuse('no-such-message')
  if (row.delivery !== 'failed') return refuse('already-so')
  if (groupOf(row.conversation) !== undefined) return retryInGroup(live, row)
  const touched = new Touched()
  const waits = sql.transaction(() => {
    if (!retryFailed(sql, accountOf(row.conversation), message)) return false
    touched.message(restartDelivery(sql, message, clock.now()))
    return true
  })
  if (!waits) return refuse('no-such-message')
  live.tell(touched)
  live.outbox.kick(accountOf(row.conversation))
  return answer(null)
}

/** On this device, and the own others. What has not been sealed yet does not go out either. */
export async function deleteMessage(live: Live, { message }: ParsedInput<'deleteMessage'>): Promise<Answer<null>> {
  // Queued, so that it is not sealed and gone at the same time.
  return live.work.run(async () => remove(live, message))
}

function remove(live: Live, message: MessageId): Answer<null> {
  const { sql } = live.ports
  const row = findMessage(sql, message)
  if (row === undefined) return refuse('no-such-message')
  const touched = new Touched()
  live.groups.settle()
  sql.transaction(() => {
    if (groupOf(row.conversation) === undefined) dropFromOutbox(sql, accountOf(row.conversation), message)
    else dropInGroup(live, row)
    removeDeleted(sql, touched, message)
    noteDeleted(sql, message, live.ports.clock.now())
    announceDeletion({ ...live.ports, own: live.own }, [message])
  })
  live.tell(touched)
  live.kickOwn()
  return answer(null)
}
