// What a slice of opened envelopes leaves in the database, and what we owe the others for it.

import { fromBinary } from '@bufbuild/protobuf'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { Receipt_Kind, RetryRequestSchema } from '../../protocol/generated/content_pb.ts'
import {
  type AccountId,
  bytesToUuid,
  type ConversationId,
  type Instant,
  MessageId,
  personConversation,
  uuidToBytes,
} from '../../shared/ids.ts'
import type { Settings } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Told } from '../devices/apply.ts'
import { receiveOwn } from '../devices/receive-own.ts'
import type { KeyDelivery } from '../groups/deliver-keys.ts'
import type { Own } from '../own.ts'
import type { Clock, Log, Random } from '../ports.ts'
import { type Address, addressText } from '../signal/address.ts'
import { sameBytes } from '../signal/bytes.ts'
import type { Signal } from '../signal/signal.ts'
import type { SignalUnit } from '../signal/unit.ts'
import { isVouchedFor } from '../signal/verify.ts'
import { findConversation, takePosition } from '../storage/conversations.ts'
import { forgetDeviceList, writeDeviceList } from '../storage/device-lists.ts'
import { addMessage, findMessage, lastMessage } from '../storage/messages.ts'
import { addToOutbox, findSealed, isInOutbox, markSealedResent } from '../storage/outbox.ts'
import { isBlocked } from '../storage/people.ts'
import { findSent, lastReset, markResent, noteReset, wasSent } from '../storage/sent.ts'
import type { OpenedEnvelope } from '../sync/inbox.ts'
import type { Lists } from '../sync/lists.ts'
import { Touched } from '../touched.ts'
import type { ContentBody, ReadContent } from './content.ts'
import { type IncomingChains, readIncomingChains } from './incoming-chains.ts'
import { dropPlaceholder, type Received, receiveContent } from './receive.ts'
import { nothingBody, owesProfile, promise, promiseReceipts } from './send.ts'

/** [P71] A device may have its session begun anew once in this time, in milliseconds. */
const RESET_PAUSE = 3_600_000

export interface StoreNeeds {
  sql: Sql
  clock: Clock
  random: Random
  log: Log
  signal: Signal
  settings: Settings
  lists: Pick<Lists, 'version'>
  /** What our own devices have to say of us. */
  own: Own
  told: Pick<Told, 'settings' | 'profile' | 'details' | 'devices' | 'group' | 'history' | 'historyMayBeLost'>
  /** What is about groups is kept to be judged later; whether this was. */
  keep(from: Address, body: ContentBody, touched: Touched): boolean
  keys: Pick<KeyDelivery, 'areOwedTo' | 'tellInstead'>
}

/** What came of a slice, beyond what is stored. */
export interface Stored {
  touched: Touched
  typing: { account: AccountId; active: boolean }[]
  /** Whoever has something in the outbox now. */
  toKick: Set<AccountId>
  strangers: AccountId[]
  /** Who has a newer device list than the one that is here [P94]. */
  newerLists: Set<AccountId>
  /** Who wrote under a list that is here from now on. */
  listed: AccountId[]
  /** Something was kept for groups. */
  kept: boolean
  /** Keys of groups are due. */
  owing: boolean
  /** Somebody looks different now. */
  hasNewPictures: boolean
}

/** Inside the transaction of the slice. */
export function storeOpened(needs: StoreNeeds, opened: readonly OpenedEnvelope[], unit: SignalUnit): Stored {
  const stored: Stored = {
    touched: new Touched(),
    typing: [],
    toKick: new Set(),
    strangers: [],
    newerLists: new Set(),
    listed: [],
    hasNewPictures: false,
    kept: false,
    owing: false,
  }
  const confirm = new Map<AccountId, MessageId[]>()
  const chains = readIncomingChains(needs.sql)
  const accepted = new Set<AccountId>()
  for (const envelope of opened) {
    const { account } = envelope.from
    if (envelope.identityChanged) {
      forgetDeviceList(needs.sql, account)
      noteNewSafetyNumber(needs, stored.touched, account)
    }
    if (envelope.list !== undefined) {
      writeDeviceList(needs.sql, account, envelope.list)
      stored.listed.push(account)
    }
    switch (envelope.what.is) {
      case 'content': {
        const { content } = envelope.what
        if (content.listVersion > needs.lists.version(account)) stored.newerLists.add(account)
        // What is about a group is judged by its log, which may have to be read first.
        if (needs.keep(envelope.from, content.body, stored.touched)) {
          dropPlaceholderOf(needs.sql, stored.touched, content)
          stored.kept = true
          break
        }
        if (account === needs.own.account) {
          takeOwn({ ...needs, chains }, stored, content)
          break
        }
        if (content.body.case === 'keysReplaced') noteKeysReplaced(needs, unit, stored.touched, content)
        const arrival = { content, acceptedAt: envelope.acceptedAt, now: needs.clock.now() }
        const received = receiveContent({ ...needs, chains }, stored.touched, arrival)
        takeNote(needs, stored, confirm, account, received)
        if (received.accepted) accepted.add(account)
        if (received.hasNewPicture) stored.hasNewPictures = true
        break
      }
      case 'retry-request':
        if (sendAgain(needs, unit, stored, envelope.from, envelope.what.bytes)) stored.toKick.add(account)
        break
      case 'undecryptable':
        if (askAgain(needs, stored.touched, envelope, envelope.what.answer)) stored.toKick.add(account)
        break
      case 'unlisted':
        noteUnlistedDevice(needs, stored.touched, account)
        break
      case 'nothing':
        break
    }
  }
  chains.write()
  for (const [account, messages] of confirm) {
    promiseReceipts(needs, account, Receipt_Kind.DELIVERED, messages)
    stored.toKick.add(account)
  }
  for (const account of accepted) {
    // [P170] Unless a receipt has brought it.
    if (!owesProfile(needs.sql, needs.own, account)) continue
    promise(needs, { recipient: account, body: nothingBody() })
    stored.toKick.add(account)
  }
  return stored
}

/** [P70] What could not be opened has come after all, and stands nowhere. */
function dropPlaceholderOf(sql: Sql, touched: Touched, content: ReadContent): void {
  const row = findMessage(sql, content.message)
  if (row?.kind === 'undecryptable') dropPlaceholder(sql, touched, content, row)
}

/** [P91] */
function takeOwn(needs: StoreNeeds & { chains: IncomingChains }, stored: Stored, content: ReadContent): void {
  const { sql, own, clock, log } = needs
  const told = { ...needs.told, sql, own, now: clock.now(), touched: stored.touched }
  const { order, kick } = receiveOwn(needs, told, content)
  if (order.is === 'next' && order.forked) log.warn('inbox.forked-history')
  if (order.is === 'after-gap') log.warn('inbox.own-gap')
  if (kick) stored.toKick.add(own.account)
}

function takeNote(
  needs: StoreNeeds,
  stored: Stored,
  confirm: Map<AccountId, MessageId[]>,
  account: AccountId,
  received: Received,
): void {
  if (received.order.is === 'next' && received.order.forked) needs.log.warn('inbox.forked-history')
  if (received.order.is === 'again') needs.log.warn('inbox.number-used-again')
  if (received.typing !== undefined) stored.typing.push({ account, active: received.typing })
  if (received.stranger) stored.strangers.push(account)
  if (received.confirm === undefined) return
  // Who has sent a message has stopped typing it.
  stored.typing.push({ account, active: false })
  const messages = confirm.get(account)
  if (messages === undefined) confirm.set(account, [received.confirm])
  else messages.push(received.confirm)
}

/** [P20] A line in the conversation, so that nobody is given another key silently. */
export function noteNewSafetyNumber(
  needs: Pick<StoreNeeds, 'sql' | 'random' | 'clock'>,
  touched: Touched,
  account: AccountId,
): void {
  const conversation = personConversation(account)
  if (findConversation(needs.sql, conversation) === undefined) return
  touched.message(
    addMessage(needs.sql, {
      conversation,
      position: takePosition(needs.sql, conversation),
      sequence: 0,
      id: MessageId.parse(needs.random.uuid()),
      author: account,
      own: 0,
      sent_at: needs.clock.now(),
      kind: 'new-safety-number',
    }),
  )
}

/** [P94] A line in the conversation, one for as many as come in a row. Of oneself, it stands with the notes. */
export function noteUnlistedDevice(
  needs: Pick<StoreNeeds, 'sql' | 'random' | 'clock'>,
  touched: Touched,
  account: AccountId,
): void {
  const { sql } = needs
  const conversation = personConversation(account)
  if (findConversation(sql, conversation) === undefined) return
  if (lastMessage(sql, conversation)?.kind === 'unlisted-device') return
  touched.message(
    addMessage(sql, {
      conversation,
      position: takePosition(sql, conversation),
      sequence: 0,
      id: MessageId.parse(needs.random.uuid()),
      author: account,
      own: 0,
      sent_at: needs.clock.now(),
      kind: 'unlisted-device',
    }),
  )
}

/** [P100] The key before vouches for this one: a line, and nothing more. Looking is the person's [P20]. */
function noteKeysReplaced(needs: StoreNeeds, unit: SignalUnit, touched: Touched, { sender, body }: ReadContent): void {
  const pinned = unit.keys.identity(sender)
  if (body.case !== 'keysReplaced' || pinned === undefined || pinned.previousKey === null) return
  const { oldKey, signature } = body.value
  if (!sameBytes(pinned.previousKey, oldKey) || !isVouchedFor(oldKey, pinned.key, signature)) return
  const conversation = personConversation(sender)
  if (findConversation(needs.sql, conversation) === undefined) return
  touched.message(
    addMessage(needs.sql, {
      conversation,
      position: takePosition(needs.sql, conversation),
      sequence: 0,
      id: MessageId.parse(needs.random.uuid()),
      author: sender,
      own: 0,
      sent_at: needs.clock.now(),
      kind: 'keys-replaced',
    }),
  )
}

/** [P70] A placeholder where the conversation is open, and a request to send it again. */
function askAgain(needs: StoreNeeds, touched: Touched, envelope: OpenedEnvelope, request: Uint8Array): boolean {
  const { account, device } = envelope.from
  const { sql } = needs
  if (isBlocked(sql, account)) return false
  const submission = submissionOfRequest(envelope)
  // [P70] Other bytes under a name that was asked for already are a relay's doing.
  if (isInOutbox(sql, account, submission) || wasSent(sql, submission)) return false
  const now = needs.clock.now()
  // [P93] Of an own device: where it belongs is said inside.
  if (account !== needs.own.account) showPlaceholder(needs, touched, account, envelope.submission, now)
  addToOutbox(sql, { submission, recipient: account, device, kind: 'retry', content: request, at: now })
  return true
}

/** Named after what it asks for, so that it is asked for once. */
function submissionOfRequest({ from, submission }: OpenedEnvelope): Uint8Array {
  return sha256(utf8ToBytes(`retry ${addressText(from)} ${submission.join()}`)).subarray(0, 16)
}

function showPlaceholder(
  { sql }: StoreNeeds,
  touched: Touched,
  account: AccountId,
  submission: Uint8Array,
  now: Instant,
): void {
  const conversation: ConversationId = personConversation(account)
  const found = findConversation(sql, conversation)
  const id = MessageId.safeParse(bytesToUuid(submission))
  if (
    found === undefined ||
    found.state === 'incoming-request' ||
    !id.success ||
    findMessage(sql, id.data) !== undefined
  )
    return
  touched.message(
    addMessage(sql, {
      conversation,
      position: takePosition(sql, conversation),
      sequence: 0,
      id: id.data,
      author: account,
      own: 0,
      sent_at: now,
      kind: 'undecryptable',
      asked_at: now,
    }),
  )
}

/** [P71] The same content in a new submission, once, for the device it was for, through a new session if need be. */
function sendAgain(needs: StoreNeeds, unit: SignalUnit, stored: Stored, from: Address, bytes: Uint8Array): boolean {
  const { sql } = needs
  const request = readRetryRequest(bytes)
  if (request === undefined || isBlocked(sql, from.account)) return false
  const sent = findSent(sql, request.submission, from.account, from.device)
  // Who could not open it has it from the relay, whether we know yet that it has left or not.
  const sealed = sent === undefined ? findSealed(sql, request.submission, from.account, from.device) : undefined
  const content = sent?.content ?? sealed?.content
  const now = needs.clock.now()
  if (content === undefined) {
    // Keys of groups are kept by who owes them. Told anew for it they are at most as often as a session is begun anew.
    if (!needs.keys.areOwedTo(from.account) || !beginsAnew(needs, unit, from, request.decryptionError)) return false
    needs.keys.tellInstead(from.account, request.submission)
    stored.owing = true
    return false
  }
  beginsAnew(needs, unit, from, request.decryptionError)
  if (sent !== undefined) markResent(sql, sent.id)
  if (sealed !== undefined) markSealedResent(sql, sealed)
  addToOutbox(sql, {
    submission: uuidToBytes(MessageId.parse(needs.random.uuid())),
    recipient: from.account,
    device: from.device,
    kind: 'content',
    content,
    resent: true,
    at: now,
  })
  return true
}

/** [P71] If the request is about the session there is, and that is not too young. */
function beginsAnew({ sql, clock, signal }: StoreNeeds, unit: SignalUnit, from: Address, error: Uint8Array): boolean {
  const now = clock.now()
  const last = lastReset(sql, from.account, from.device)
  // Measured both ways: a clock that was set back does not forbid it for as long.
  if (last !== undefined && Math.abs(now - last) < RESET_PAUSE) return false
  if (signal.archiveIfAbout(unit, from, error) !== 'archived') return false
  noteReset(sql, from.account, from.device, now)
  return true
}

function readRetryRequest(bytes: Uint8Array) {
  try {
    const request = fromBinary(RetryRequestSchema, bytes)
    return request.submission.length === 16 ? request : undefined
  } catch {
    return undefined
  }
}
