// What another device of one's own says: what the person said there, and how things stand.

import { bytesToUuid, MessageId, personConversation } from '../../shared/ids.ts'
import { comeBack } from '../conversations/come-back.ts'
import { removeDeleted, settleEarly, takeEdit, takeRecall, type Word } from '../messages/change.ts'
import type { ReadContent } from '../messages/content.ts'
import type { IncomingChains } from '../messages/incoming-chains.ts'
import { type Order, takeInOrder } from '../messages/order.ts'
import { strangersName } from '../messages/strangers-name.ts'
import { wasLinked } from '../own.ts'
import {
  findConversation,
  setConversationState,
  setReadPosition,
  takePosition,
  touchConversation,
} from '../storage/conversations.ts'
import { noteDeleted, wasDeleted } from '../storage/deleted-messages.ts'
import { keepEarly } from '../storage/edits.ts'
import { addMessage, findMessage, placeOfNextCopy, releaseHeld } from '../storage/messages.ts'
import { dropFromOutbox } from '../storage/outbox.ts'
import { noteHeard, readOwnRecord } from '../storage/own-records.ts'
import { rememberPerson } from '../storage/people.ts'
import { applyRecords, promiseEverything, type Told } from './apply.ts'
import { beginConversation } from './of-conversations.ts'
import { promiseToOwn, type TellNeeds, wantedBody } from './tell.ts'

/**
 * In the transaction of the slice. The content is known to come from a device in our own signed list. Whether there is
 * something to send to the own devices now.
 */
export function receiveOwn(
  needs: TellNeeds & { chains: IncomingChains },
  told: Told,
  content: ReadContent,
): { order: Order; kick: boolean } {
  const { sql } = needs
  const order = takeInOrder(sql, needs.chains, content, wasLinked(needs.own))
  if (order.is === 'again') return { order, kick: false }
  if (noteHeard(sql, content.device, told.now)) told.devices()
  const { body } = content
  const word: Word = {
    account: content.sender,
    conversation: personConversation(content.conversation),
    id: content.message,
    at: content.at,
  }
  let kick = false
  switch (body.case) {
    case 'text':
      receiveCopy(needs, told, content, body.value.text, order.is === 'late')
      break
    case 'edit': {
      const message = MessageId.safeParse(bytesToUuid(body.value.message))
      if (message.success) takeEdit(sql, told.touched, word, message.data, body.value.text)
      break
    }
    case 'recall':
      for (const message of messagesOf(body.value.messages)) takeRecall(sql, told.touched, word, message)
      break
    case 'ownState':
      applyRecords(told, body.value.records)
      break
    case 'ownDeletion':
      for (const message of messagesOf(body.value.messages)) deleteHere(told, word, message)
      break
    case 'ownStateWanted':
      promiseEverything(needs)
      kick = true
      break
    default:
      // Something about history, or that a later version says [P47].
      if (told.history(content)) kick = true
      break
  }
  // [P93] What a copy said is in a snapshot, at best; how things stand can be asked for.
  if (order.is === 'after-gap' && needs.own.others.length > 0) {
    promiseToOwn(needs, wantedBody())
    told.historyMayBeLost()
    kick = true
  }
  return { order, kick }
}

/**
 * [P91] Said on another device, and accepted by the relay: shown as said by oneself. One that was missing stands before
 * what was said there after it.
 */
function receiveCopy(needs: TellNeeds, told: Told, content: ReadContent, text: string, isLate: boolean): void {
  const { sql, own, now, touched } = told
  if (findMessage(sql, content.message) !== undefined || wasDeleted(sql, content.message)) return
  const id = personConversation(content.conversation)
  const notes = content.conversation === own.account
  const known = findConversation(sql, id)
  if (known === undefined) {
    rememberPerson(sql, content.conversation, notes ? own.username : strangersName(content.conversation))
    const state = notes ? 'open' : 'outgoing-request'
    beginConversation(sql, { id, kind: notes ? 'notes' : 'person', account: content.conversation, state, last_at: now })
  } else if (known.state === 'incoming-request') {
    // [P62] Who answered there has accepted.
    setConversationState(sql, id, 'open')
    for (const row of releaseHeld(sql, id)) touched.message(row)
  }
  const { sequence, at } = content
  const place = isLate ? placeOfNextCopy(sql, id, sequence, at) : undefined
  const position = place ?? takePosition(sql, id)
  touchConversation(sql, id, now)
  if (known !== undefined) comeBack(needs, touched, known, Math.min(content.at, now) as typeof now)
  const row = addMessage(sql, {
    conversation: id,
    position,
    sequence,
    id: content.message,
    author: own.account,
    own: 1,
    sent_at: Math.min(content.at, now) as typeof now,
    kind: 'text',
    text,
    delivery: 'sent',
    delivery_at: now,
  })
  touched.message(settleEarly(sql, touched, row, own.account))
  // Nothing unread above: a line of one's own is no new place to read to.
  if (place === undefined && (known === undefined || known.unread === 0)) setReadPosition(sql, id, position)
  settleReading(told, row.conversation, row.id, position)
}

/** [P92] It was read on another device before it came here. */
export function settleReading(
  { sql, own, touched }: Pick<Told, 'sql' | 'own' | 'touched'>,
  conversation: ReturnType<typeof personConversation>,
  message: MessageId,
  position: number,
): void {
  if (own.others.length === 0) return
  if (readOwnRecord(sql, `read/${conversation}`)?.value !== JSON.stringify(message)) return
  const known = findConversation(sql, conversation)
  if (known === undefined || position <= known.read_position) return
  setReadPosition(sql, conversation, position)
  touched.conversation(conversation)
}

function deleteHere({ sql, own, touched }: Told, word: Word, message: MessageId): void {
  const row = findMessage(sql, message)
  noteDeleted(sql, message, word.at)
  if (row === undefined) {
    keepEarly(sql, { message, account: own.account, kind: 'delete', word: word.id, text: null, at: word.at })
    return
  }
  if (row.own === 1 && row.conversation.startsWith('person:'))
    dropFromOutbox(sql, findConversation(sql, row.conversation)?.account ?? own.account, message)
  removeDeleted(sql, touched, message)
}

function messagesOf(all: readonly Uint8Array[]): MessageId[] {
  return all.flatMap((bytes) => MessageId.safeParse(bytesToUuid(bytes)).data ?? [])
}
