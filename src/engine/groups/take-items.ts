// Items of a stream, looked at one after the other and committed together: what the log says after them, what was said, what
// cannot be read yet [P121][P132].

import { Algorithm } from '../../protocol/generated/group_pb.ts'
import { type StreamItem, StreamKind } from '../../protocol/generated/relay_pb.ts'
import { applyEntry } from '../../protocol/groups/apply.ts'
import type { Sealed } from '../../protocol/groups/change.ts'
import { mayRead, memberKeyIn } from '../../protocol/groups/entitlement.ts'
import { mayTakeBack, tookReadableAt } from '../../protocol/groups/permissions.ts'
import { type GroupEntry, readEntry } from '../../protocol/groups/read.ts'
import { epochAt, type GroupState } from '../../protocol/groups/state.ts'
import {
  AccountId,
  bytesToUuid,
  DeviceId,
  type GroupId,
  groupConversation,
  Instant,
  MessageId,
  uuidToBytes,
} from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Address } from '../signal/address.ts'
import { sameBytes } from '../signal/bytes.ts'
import type { SignalUnit } from '../signal/unit.ts'
import { verifySignature } from '../signal/verify.ts'
import { findConversation } from '../storage/conversations.ts'
import { wasDeleted } from '../storage/deleted-messages.ts'
import { keepSealedItem } from '../storage/group-items.ts'
import { findGroupSession } from '../storage/group-sessions.ts'
import { findGroup, haltGroup, setGroupPosition } from '../storage/groups.ts'
import { findMessage } from '../storage/messages.ts'
import { Touched } from '../touched.ts'
import { type Envelope, type ReadGroupContent, readEnvelope, readGroupContent } from './content.ts'
import { learnDetails, partOf } from './details.ts'
import { learnNames } from './names.ts'
import type { GroupNeeds } from './needs.ts'
import type { GroupStates } from './states.ts'
import { createStreamPlaces, type StreamPlaces } from './stream-places.ts'
import { countReadsAnew } from './take-reads.ts'
import { addEvent, addKeyMissing, addSaid, settleOwn, takeBack } from './timeline.ts'

/** Something of the stream that others of this folder act on, after the commit. */
export type Noticed =
  | { is: 'entry'; entry: GroupEntry; state: GroupState }
  | {
      is: 'solicitation' | 'lease' | 'fulfilled'
      from: Address
      message: Uint8Array
      content: Uint8Array
      at: Instant
      position: number
    }
  | { is: 'key-missing' }

interface Item {
  position: number
  from: Address
  time: Instant
  item: StreamItem
}

type Outcome =
  | { is: 'nothing' }
  /** before: the details that stood until then. standing: what the log said with it, if that is not what it says now. */
  | {
      is: 'entry'
      entry: GroupEntry
      state: GroupState
      isNews: boolean
      before: Sealed | undefined
      standing: GroupState
    }
  | { is: 'broken'; why: string }
  | {
      is: 'said'
      content: ReadGroupContent
      message: MessageId
      epoch: number
      readable: boolean
      session: Envelope['session'] | undefined
    }
  | { is: 'sealed'; envelope: Envelope; message: MessageId }
  /** One's own, which this device has said. */
  | { is: 'published'; message: MessageId }
  /** Of somebody else, and here already. */
  | { is: 'known'; message: MessageId }
  | { is: 'noticed'; noticed: Noticed }

/** Of a slice: so many items, or so many milliseconds, whichever comes first. */
const SLICE = 64
const SLICE_TIME = 8

/**
 * Takes as many as fit a slice. Returns how many, and what others have to act on.
 * @param whole as a member, who is served everything; else only the log is followed, and nothing is shown of it.
 */
export async function takeItems(
  needs: GroupNeeds,
  states: GroupStates,
  group: GroupId,
  items: readonly StreamItem[],
  whole: boolean,
): Promise<{ taken: number; noticed: Noticed[]; halted: boolean }> {
  const { sql, clock, signal } = needs
  const started = clock.monotonic()
  const unit = signal.unit()
  const touched = new Touched()
  const noticed: Noticed[] = []
  const outcomes: { item: Item; outcome: Outcome }[] = []
  let state = states.get(group)
  let taken = 0
  let broken: string | undefined
  const stood = findGroup(sql, group)
  let last = (whole ? stood?.position : stood?.log_position) ?? 0
  try {
    for (const one of items) {
      if (taken === SLICE || (taken > 0 && clock.monotonic() - started > SLICE_TIME)) break
      const item = readItem(one)
      const outcome: Outcome =
        item === undefined ? { is: 'nothing' } : await look(needs, states, unit, group, state, item, whole, last)
      if (outcome.is === 'broken') {
        broken = outcome.why
        break
      }
      taken += 1
      if (item === undefined) continue
      last = item.position
      if (outcome.is === 'entry' && outcome.isNews) state = outcome.state
      outcomes.push({ item, outcome })
    }
    const upTo = items[taken - 1]
    const before = states.get(group)
    sql.transaction(() => {
      unit.flush()
      if (state !== undefined && state !== before) {
        states.write(group, state, needs.own.account)
        learnDetails(needs, state)
        learnNames(sql, touched, state)
      }
      const places = state && createStreamPlaces(needs, touched, state)
      for (const { item, outcome } of outcomes)
        commit(needs, touched, group, state, places, item, outcome, whole, noticed)
      if (upTo !== undefined) setGroupPosition(sql, group, whole ? 'position' : 'log_position', Number(upTo.position))
      if (broken !== undefined && findGroup(sql, group)?.halted === null) {
        needs.log.warn('groups.halted', { why: broken })
        haltGroup(sql, group, broken)
        touched.conversation(groupConversation(group))
      }
    })
    unit.settled()
  } catch (error) {
    unit.abandon()
    states.forget(group)
    throw error
  }
  needs.tell(touched)
  return { taken, noticed, halted: broken !== undefined }
}

function readItem(item: StreamItem): Item | undefined {
  const account = AccountId.safeParse(bytesToUuid(item.sender))
  const device = DeviceId.safeParse(item.senderDevice)
  const time = Instant.safeParse(Number(item.timeMs))
  if (!account.success || !device.success || !time.success) return undefined
  return {
    position: Number(item.position),
    from: { account: account.data, device: device.data },
    time: time.data,
    item,
  }
}

async function look(
  needs: GroupNeeds,
  states: GroupStates,
  unit: SignalUnit,
  group: GroupId,
  state: GroupState | undefined,
  { item, from, position, time }: Item,
  whole: boolean,
  last: number,
): Promise<Outcome> {
  if (item.kind === StreamKind.ENTRY) return follow(states, state, item, group, position, last)
  if (state === undefined || !whole) return { is: 'nothing' }
  switch (item.kind) {
    case StreamKind.SEALED:
      return openSealed(needs, unit, group, state, item, from)
    case StreamKind.READABLE:
      return readReadable(needs, group, state, item, from)
    case StreamKind.SOLICITATION:
      return { is: 'noticed', noticed: notice('solicitation') }
    case StreamKind.LEASE:
      return { is: 'noticed', noticed: notice('lease') }
    case StreamKind.FULFILLED:
      return { is: 'noticed', noticed: notice('fulfilled') }
    default:
      return { is: 'nothing' }
  }

  function notice(is: 'solicitation' | 'lease' | 'fulfilled'): Noticed {
    return { is, from, message: item.message, content: item.content, at: time, position }
  }
}

/** [P110] Every entry is judged again here, whatever the relay thinks of it. One that does not follow ends the group. */
function follow(
  states: GroupStates,
  state: GroupState | undefined,
  item: StreamItem,
  group: GroupId,
  position: number,
  last: number,
): Outcome {
  const read = readEntry(item.content)
  if (!read.ok) return { is: 'broken', why: read.why }
  const { entry } = read
  if (entry.group !== group) return { is: 'broken', why: 'wrong-group' }
  if (state !== undefined && entry.index <= state.head.index) return followAgain(states, state, entry, last, position)
  if (states.again.has(group)) return { is: 'broken', why: 'wrong-chain' }
  const applied = applyEntry(state, entry, { verify: verifySignature, position })
  if (!applied.ok) return { is: 'broken', why: applied.why }
  return {
    is: 'entry',
    entry,
    state: applied.state,
    isNews: true,
    before: state?.details?.sealed,
    standing: applied.state,
  }
}

/**
 * [P116] Entered anew, a member reads the stream from its beginning, with entries that were judged before. They are those
 * if each is the one that the next names, up to the newest that is known.
 */
function followAgain(
  { again }: GroupStates,
  state: GroupState,
  entry: GroupEntry,
  last: number,
  position: number,
): Outcome {
  const before = again.get(state.group)
  const isHead = sameBytes(entry.hash, state.head.hash)
  // Behind the newest there is nothing of before.
  if (!isHead && last >= state.head.position) return { is: 'broken', why: 'wrong-index' }
  const follows = before === undefined || (entry.index === before.index + 1 && sameBytes(entry.previous, before.hash))
  if (!follows || (entry.index === state.head.index && !isHead)) return { is: 'broken', why: 'wrong-chain' }
  const { index, hash, change } = entry
  const details = 'details' in change ? change.details : before?.details
  const applied =
    index === 0 || before?.state !== undefined
      ? applyEntry(before?.state, entry, { verify: verifySignature, position })
      : undefined
  if (applied?.ok === false) return { is: 'broken', why: applied.why }
  if (isHead) again.delete(state.group)
  else again.set(state.group, { index, hash, details, state: applied?.state })
  return { is: 'entry', entry, state, isNews: false, before: before?.details, standing: applied?.state ?? state }
}

async function openSealed(
  needs: GroupNeeds,
  unit: SignalUnit,
  group: GroupId,
  state: GroupState,
  item: StreamItem,
  from: Address,
): Promise<Outcome> {
  const message = MessageId.safeParse(bytesToUuid(item.message))
  const envelope = readEnvelope(item.content)
  if (!message.success || envelope === undefined) return ignored(needs, 'malformed')
  if (isHere(needs, from, message.data)) return known(needs, from, message.data)
  if (envelope.algorithm !== Algorithm.SENDER_KEY) return ignored(needs, 'unknown-algorithm')
  // [P132] What the relay says of its sender is what the sender says outside and inside.
  if (envelope.owner.account !== from.account || envelope.owner.device !== from.device)
    return ignored(needs, 'misattributed')
  if (memberKeyIn(state, from.account, envelope.epoch) === undefined) return ignored(needs, 'not-a-member')
  if (from.account !== needs.own.account && !mayRead(state, needs.own.account, envelope.epoch)) return { is: 'nothing' }
  const read = await readWithSession(needs, unit, group, envelope, message.data)
  if (read === 'no-session') return { is: 'sealed', envelope, message: message.data }
  if (read === undefined) return ignored(needs, 'unreadable')
  const { epoch, session } = envelope
  return { is: 'said', content: read, message: message.data, epoch, readable: false, session }
}

/** Or was: what this device has said needs not be read again, though its person has deleted it since. */
function isHere({ sql, own }: GroupNeeds, from: Address, message: MessageId): boolean {
  if (findMessage(sql, message) !== undefined) return true
  return from.account === own.account && from.device === own.device && wasDeleted(sql, message)
}

function known({ own }: GroupNeeds, from: Address, message: MessageId): Outcome {
  return { is: from.account === own.account ? 'published' : 'known', message }
}

/** Undefined: it is not what it says, and never will be. */
export async function readWithSession(
  needs: GroupNeeds,
  unit: SignalUnit,
  group: GroupId,
  { epoch, session, owner, ciphertext }: Omit<Envelope, 'algorithm'>,
  message: MessageId,
): Promise<ReadGroupContent | 'no-session' | undefined> {
  const known = findGroupSession(needs.sql, session)
  if (known === undefined) return 'no-session'
  const isIts =
    known.group === group && known.epoch === epoch && known.owner === owner.account && known.device === owner.device
  if (!isIts) return undefined
  const read = await needs.sessions.read(unit, { session, owner, distribution: known.distribution }, ciphertext)
  if (read.is === 'unreadable') {
    needs.log.warn('groups.unreadable', { why: read.why })
    return undefined
  }
  return readGroupContent(read.plaintext, { group, epoch, sender: owner, message, session })
}

/** [G8] Only where the log allows it, whatever the relay claims. */
function readReadable(needs: GroupNeeds, group: GroupId, state: GroupState, item: StreamItem, from: Address): Outcome {
  const message = MessageId.safeParse(bytesToUuid(item.message))
  if (!message.success) return ignored(needs, 'malformed')
  if (isHere(needs, from, message.data)) return known(needs, from, message.data)
  if (!tookReadableAt(state, Number(item.position))) return ignored(needs, 'readable-where-it-must-not-be')
  const epoch = epochAt(state, Number(item.position))
  if (memberKeyIn(state, from.account, epoch) === undefined) return ignored(needs, 'not-a-member')
  const content = readGroupContent(item.content, {
    group,
    epoch,
    sender: from,
    message: message.data,
    session: undefined,
  })
  if (content === undefined) return ignored(needs, 'malformed')
  return { is: 'said', content, message: message.data, epoch, readable: true, session: undefined }
}

function ignored({ log }: GroupNeeds, why: string): Outcome {
  log.warn('groups.ignored', { why })
  return { is: 'nothing' }
}

function commit(
  needs: GroupNeeds,
  touched: Touched,
  group: GroupId,
  state: GroupState | undefined,
  places: StreamPlaces | undefined,
  item: Item,
  outcome: Outcome,
  whole: boolean,
  noticed: Noticed[],
): void {
  switch (outcome.is) {
    case 'entry':
      if (whole && places !== undefined) showEntry(needs, touched, places, outcome, item)
      if (outcome.isNews && GOING.has(outcome.entry.change.kind)) countReadsAnew(needs, touched, state ?? outcome.state)
      if (outcome.isNews) noticed.push({ is: 'entry', entry: outcome.entry, state: outcome.state })
      return
    case 'said':
      if (state !== undefined && places !== undefined) addSaid(needs, touched, group, state, places, item, outcome)
      return
    case 'published':
      settleOwn(needs, touched, group, outcome.message, item)
      places?.pass(item.position, outcome.message)
      return
    case 'known':
      places?.pass(item.position, outcome.message)
      return
    case 'sealed':
      keepSealedItem(needs.sql, {
        message: outcome.message,
        group_id: group,
        session: uuidToBytes(outcome.envelope.session),
        position: item.position,
        sender: item.from.account,
        sender_device: item.from.device,
        epoch: outcome.envelope.epoch,
        data: outcome.envelope.ciphertext,
        time: item.time,
      })
      if (state !== undefined && places !== undefined)
        addKeyMissing(needs, touched, group, state, places, item, outcome.message, outcome.envelope.epoch)
      noticed.push({ is: 'key-missing' })
      return
    case 'noticed':
      noticed.push(outcome.noticed)
      return
    case 'nothing':
    case 'broken':
      return
  }
}

/** Entries with which somebody goes. */
const GOING: ReadonlySet<string> = new Set(['leave', 'remove', 'ban'])

function showEntry(
  needs: GroupNeeds,
  touched: Touched,
  places: StreamPlaces,
  { state, standing, before, ...outcome }: Extract<Outcome, { is: 'entry' }>,
  item: Item,
): void {
  const entry = asItCounts(needs.sql, standing, outcome.entry)
  if (entry === undefined) return
  if (isForUs(needs, state, entry))
    addEvent(needs, touched, state, places, item, entry, partOf(needs.sql, state.group, before, entry.change))
  if (entry.change.kind === 'recall') takeBack(needs.sql, touched, state.group, entry.change.messages)
}

/** [P118] What it takes back of who is not below its actor stays. Undefined: all of it does. */
function asItCounts(sql: Sql, standing: GroupState, entry: GroupEntry): GroupEntry | undefined {
  const { change, actor } = entry
  if (change.kind !== 'recall') return entry
  const messages = change.messages.filter((message) => {
    const row = findMessage(sql, message)
    return row === undefined || mayTakeBack(standing, actor, row.author)
  })
  return messages.length === 0 ? undefined : { ...entry, change: { ...change, messages } }
}

/** What happened before one joined is told as far as one is given what was said then. */
function isForUs({ own, sql }: GroupNeeds, state: GroupState, entry: GroupEntry): boolean {
  if (findConversation(sql, groupConversation(state.group)) === undefined) return false
  const me = state.members.get(own.account)
  const former = state.former.get(own.account)?.spans[0]
  const joined = me?.joined ?? former?.from
  if (joined === undefined || entry.index >= joined.index) return true
  const history = me?.history ?? { kind: 'none' as const }
  return history.kind === 'all' || (history.kind === 'since' && entry.at >= history.since)
}
