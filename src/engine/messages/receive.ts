// What an opened content does to a conversation: inside the transaction that also stores the ratchet.

import { type Receipt, Receipt_Kind } from '../../protocol/generated/content_pb.ts'
import { bytesToUuid, type ConversationId, type Instant, MessageId, personConversation } from '../../shared/ids.ts'
import type { Settings } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { comeBack } from '../conversations/come-back.ts'
import { fillGap, showGap } from '../conversations/gaps.ts'
import { beginConversation } from '../devices/of-conversations.ts'
import { settleReading } from '../devices/receive-own.ts'
import { type Own, wasLinked } from '../own.ts'
import type { Clock, Random } from '../ports.ts'
import { sameBytes } from '../signal/bytes.ts'
import { readAvatar, removeAvatar, wantAvatar } from '../storage/avatars.ts'
import {
  type ConversationRow,
  findConversation,
  setConversationState,
  takeArrival,
  takePosition,
} from '../storage/conversations.ts'
import { keepEarly } from '../storage/edits.ts'
import {
  addMessage,
  advanceDelivery,
  countShown,
  findMessage,
  type MessageRow,
  removeMessage,
} from '../storage/messages.ts'
import { isBlocked, rememberPerson, takeDetails, takeProfile } from '../storage/people.ts'
import type { Touched } from '../touched.ts'
import { settleEarly, takeEdit, takeRecall, type Word } from './change.ts'
import type { ReadContent } from './content.ts'
import type { IncomingChains } from './incoming-chains.ts'
import { type Order, takeInOrder } from './order.ts'
import { strangersName } from './strangers-name.ts'

/** [P61] So many messages of a request are shown before it is accepted. */
const SHOWN_OF_A_REQUEST = 3

export interface ReceiveNeeds {
  sql: Sql
  clock: Clock
  random: Random
  settings: Settings
  chains: IncomingChains
  own: Own
}

export interface Arrival {
  content: ReadContent
  /** When the relay says it took it. */
  acceptedAt: Instant
  now: Instant
}

/** What the content asks of us beyond what is stored. */
export interface Received {
  order: Order
  /** A text that came and may be confirmed. */
  confirm: MessageId | undefined
  typing: boolean | undefined
  /** Somebody new, under a username that only they vouch for. */
  stranger: boolean
  /** They have accepted: now they may know more of us. */
  accepted: boolean
  /** They have told of another picture, which is to be fetched. */
  hasNewPicture: boolean
}

const NOTHING: Received = {
  order: { is: 'uncounted' },
  confirm: undefined,
  typing: undefined,
  stranger: false,
  accepted: false,
  hasNewPicture: false,
}

/** The content is known to come from whom it says, for us [P43]. */
export function receiveContent(needs: ReceiveNeeds, touched: Touched, arrival: Arrival): Received {
  const { sql } = needs
  const { content } = arrival
  if (isBlocked(sql, content.sender)) {
    takeInOrder(sql, needs.chains, content, wasLinked(needs.own))
    return NOTHING
  }
  const order = takeInOrder(sql, needs.chains, content, wasLinked(needs.own))
  if (order.is === 'again') return { ...NOTHING, order }
  const known = findConversation(sql, personConversation(content.sender))
  if (known === undefined && content.body.case !== 'text') return { ...NOTHING, order }
  const stranger = known === undefined
  if (stranger) meet(sql, arrival)
  if (content.profile !== undefined && takeProfile(sql, content.sender, content.profile))
    touched.renamed(content.sender)
  const conversation = known ?? findConversation(sql, personConversation(content.sender))
  if (conversation === undefined) throw new Error('a conversation that was just made is not there')
  const hasNewPicture = takeDetailsOf(sql, touched, conversation, content)

  const same = findMessage(sql, content.message)
  const isNew = same === undefined || same.kind === 'undecryptable'
  const healed = same !== undefined && isNew ? dropPlaceholder(sql, touched, content, same) : undefined
  const place = findPlace(needs, touched, conversation, order, healed, arrival)
  const received: Received = { ...NOTHING, order, stranger, hasNewPicture }
  switch (content.body.case) {
    case 'text':
      return {
        ...received,
        confirm: isNew ? receiveText(needs, touched, conversation, content.body.value.text, place, arrival) : undefined,
        accepted: conversation.state === 'outgoing-request',
      }
    case 'receipt':
      return { ...received, accepted: receiveReceipt(needs, touched, conversation, content.body.value, arrival) }
    case 'edit': {
      const message = MessageId.safeParse(bytesToUuid(content.body.value.message))
      if (message.success) takeEdit(sql, touched, wordOf(conversation, content), message.data, content.body.value.text)
      return received
    }
    case 'recall':
      for (const bytes of content.body.value.messages) {
        const message = MessageId.safeParse(bytesToUuid(bytes))
        if (message.success) takeRecall(sql, touched, wordOf(conversation, content), message.data)
      }
      return received
    case 'requestAccepted':
      if (conversation.state !== 'outgoing-request') return received
      openUp(sql, touched, conversation.id)
      return { ...received, accepted: true }
    case 'typing':
      return {
        ...received,
        typing:
          needs.settings.typingIndicators && conversation.state === 'open' ? content.body.value.active : undefined,
      }
    default:
      // Nothing said, or something a later version says [P47].
      return received
  }
}

function wordOf(conversation: ConversationRow, content: ReadContent): Word {
  return { account: content.sender, conversation: conversation.id, id: content.message, at: content.at }
}

/** [P170] Not of those who only ask: what they look like is for later. Whether a picture is to be fetched. */
function takeDetailsOf(sql: Sql, touched: Touched, conversation: ConversationRow, content: ReadContent): boolean {
  const { sender, profile } = content
  if (profile?.details === undefined || conversation.state === 'incoming-request') return false
  if (!takeDetails(sql, sender, profile.details)) return false
  touched.conversation(conversation.id)
  const { avatar } = profile.details
  if (avatar === undefined) {
    removeAvatar(sql, sender)
    return false
  }
  const known = readAvatar(sql, sender)?.pointer
  if (known != null && sameBytes(known, avatar)) return false
  wantAvatar(sql, sender, avatar)
  return true
}

function meet(sql: Sql, { content, now }: Arrival): void {
  const username = content.profile?.username ?? strangersName(content.sender)
  rememberPerson(sql, content.sender, username)
  beginConversation(sql, {
    id: personConversation(content.sender),
    kind: 'person',
    account: content.sender,
    state: 'incoming-request',
    last_at: now,
  })
}

/**
 * Takes the place where this content belongs, and shows the gap before it, if there is one now. Its number counts for more
 * than where a placeholder stood for it. Undefined: the end.
 */
function findPlace(
  needs: ReceiveNeeds,
  touched: Touched,
  conversation: ConversationRow,
  order: Order,
  healed: number | undefined,
  { content, now }: Arrival,
): number | undefined {
  const missed = {
    conversation: conversation.id,
    author: content.sender,
    device: content.device,
    registrationId: content.registrationId,
  }
  if (order.is === 'late') return fillGap(needs.sql, needs.random, touched, missed, content.sequence) ?? healed
  if (order.is !== 'after-gap') return healed
  const position = healed ?? takePosition(needs.sql, conversation.id)
  showGap(needs.sql, needs.random, touched, { ...missed, from: order.from, to: order.to }, position, now)
  return position
}

function receiveText(
  needs: ReceiveNeeds,
  touched: Touched,
  conversation: ConversationRow,
  text: string,
  place: number | undefined,
  arrival: Arrival,
): MessageId | undefined {
  const { sql, own } = needs
  const { content, now } = arrival
  const held = conversation.state === 'incoming-request' && countShown(sql, conversation.id) >= SHOWN_OF_A_REQUEST
  const isUnread = !held && (place === undefined || place > conversation.read_position)
  const position = takeArrival(sql, conversation.id, now, isUnread, place)
  comeBack(needs, touched, conversation, Math.min(arrival.acceptedAt || now, now) as Instant)
  const row = addMessage(sql, {
    conversation: conversation.id,
    position,
    sequence: content.sequence,
    id: content.message,
    author: content.sender,
    own: 0,
    sent_at: timeOf(arrival),
    kind: 'text',
    text,
    held: held ? 1 : 0,
  })
  const settled = settleEarly(sql, touched, row, own.account)
  touched.message(settled)
  if (settled === undefined) return conversation.state === 'incoming-request' ? undefined : content.message
  settleReading({ sql, own, touched }, conversation.id, row.id, position)
  // Who answers has accepted, even if the word of it got lost.
  if (conversation.state === 'outgoing-request') openUp(sql, touched, conversation.id)
  return conversation.state === 'incoming-request' ? undefined : content.message
}

/**
 * [P70] What could not be opened has come after all. Returns the place it had; none, if it stood with somebody else, in
 * whose name the relay had delivered it.
 */
export function dropPlaceholder(sql: Sql, touched: Touched, content: ReadContent, row: MessageRow): number | undefined {
  removeMessage(sql, row.id)
  touched.goneMessage(row)
  return row.author === content.sender ? row.position : undefined
}

/** Whether they accept by it: who was written to says nothing of what came before they have. */
function receiveReceipt(
  { sql, settings, own }: ReceiveNeeds,
  touched: Touched,
  conversation: ConversationRow,
  { kind, messages }: Receipt,
  { content, now }: Arrival,
): boolean {
  if (conversation.state === 'incoming-request') return false
  let isOfOwn = false
  const state = kind === Receipt_Kind.READ && settings.readReceipts ? 'read' : 'delivered'
  for (const bytes of messages) {
    const id = MessageId.safeParse(bytesToUuid(bytes))
    if (!id.success) continue
    const row = findMessage(sql, id.data)
    if (row === undefined && own.others.length > 0) {
      // Said on another of our devices, which has not told this one yet.
      keepEarly(sql, {
        message: id.data,
        account: content.sender,
        kind: state,
        word: content.message,
        text: null,
        at: now,
      })
      continue
    }
    // Only who was written to can have got it.
    if (row === undefined || row.own === 0 || row.conversation !== conversation.id) continue
    touched.message(advanceDelivery(sql, row.id, state, now))
    isOfOwn = true
  }
  const accepted = isOfOwn && conversation.state === 'outgoing-request'
  if (accepted) openUp(sql, touched, conversation.id)
  return accepted
}

function openUp(sql: Sql, touched: Touched, conversation: ConversationId): void {
  setConversationState(sql, conversation, 'open')
  touched.conversation(conversation)
}

/** [P49] The sender's time, unless the relay or we had it before that. */
function timeOf({ content, acceptedAt, now }: Arrival): Instant {
  const latest = acceptedAt > 0 ? Math.min(now, acceptedAt) : now
  return Math.min(content.at, latest) as Instant
}
