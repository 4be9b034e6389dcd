// The inbox: envelopes from the relay, opened a slice at a time, stored in one transaction, and only then acknowledged.

import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { sha256 } from '@noble/hashes/sha2.js'
import { EnvelopeType, type IncomingEnvelope, IncomingEnvelopeSchema } from '../../protocol/generated/relay_pb.ts'
import { AccountId, bytesToUuid, DeviceId, Instant } from '../../shared/ids.ts'
import { type Sql, SqlFailure } from '../../shared/sql.ts'
import type { CrashPoint } from '../crash-points.ts'
import { type ReadContent, readContent } from '../messages/content.ts'
import type { Own } from '../own.ts'
import type { Clock, Log } from '../ports.ts'
import type { Queue } from '../queue.ts'
import type { Address } from '../signal/address.ts'
import { sameBytes } from '../signal/bytes.ts'
import type { Opened, Signal } from '../signal/signal.ts'
import type { SignalUnit } from '../signal/unit.ts'
import type { StoredDeviceList } from '../storage/account.ts'
import { addSeen } from '../storage/seen.ts'
import { allSetAside, dropSetAside, keepSetAside } from '../storage/set-aside.ts'
import type { RelayConnection } from './connection.ts'
import type { Lists } from './lists.ts'
import type { Seen } from './seen.ts'
import { createStubborn } from './stubborn.ts'

/**
 * Envelopes in one transaction, at most; and milliseconds of opening: storing and collecting come on top, and a window is
 * to stay smooth.
 */
const SLICE = 32
const SLICE_TIME = 10
/** Milliseconds that who wrote waits for a receipt at most, while others write on. */
const LONGEST_RUSH = 1_000
/** Until a list is asked for again, if the relay does not say, in milliseconds. */
const ASK_PAUSE = 5_000

/** An envelope that was looked at, and what is to be stored of it. */
export interface OpenedEnvelope {
  from: Address
  submission: Uint8Array
  acceptedAt: Instant
  identityChanged: boolean
  /** Seen for the first time, or another than before. */
  identityIsNew?: boolean
  /** The list under the key that it came with, which nobody had here. */
  list?: StoredDeviceList
  what:
    | { is: 'content'; content: ReadContent }
    | { is: 'retry-request'; bytes: Uint8Array }
    /** `answer`: the retry request to send. */
    | { is: 'undecryptable'; answer: Uint8Array }
    /** Of a device that its account has not listed [P94]. */
    | { is: 'unlisted' }
    /** Nothing to show: a copy, or something that breaks the rules. */
    | { is: 'nothing' }
}

export interface InboxNeeds {
  sql: Sql
  clock: Clock
  log: Log
  work: Queue
  signal: Signal
  connection: RelayConnection
  seen: Seen
  own: Own
  lists: Lists
  /** Inside the transaction, before the unit is flushed. */
  store(opened: readonly OpenedEnvelope[], unit: SignalUnit): void
  /** After it. */
  stored(): void
  /** Nothing more waits, or much was stored: what is owed for it may leave. */
  rested(): void
  crash(point: CrashPoint): void
}

export interface Inbox {
  take(envelopes: readonly IncomingEnvelope[]): void
  /** At the start: what could not be stored before, once more [P77]. */
  takeSetAside(): void
  /** What was not acknowledged comes again over the next connection. */
  forget(): void
  idle(): Promise<void>
}

export function createInbox(needs: InboxNeeds): Inbox {
  const { clock, log } = needs
  let waiting: IncomingEnvelope[] = []
  let running: Promise<void> | undefined
  let trying: Promise<void> | undefined
  // Whose lists were asked for, for the envelopes that are next.
  let asked = new Set<AccountId>()
  let callOffPause: (() => void) | undefined
  // Counts connections, so that nothing of an earlier one is acknowledged in a later one by mistake.
  let age = 0
  const stubborn = createStubborn()

  async function drain(): Promise<void> {
    let rested = clock.monotonic()
    while (waiting.length > 0) {
      const mine = age
      const slice = waiting.slice(0, stubborn.atOnce(SLICE))
      try {
        const done = await needs.work.run(() =>
          stubborn.isGivenUp(slice[0]) ? setAside(needs, slice[0]) : storeSlice(needs, slice, asked),
        )
        stubborn.stored(done.length)
        if (mine !== age) continue
        asked = new Set()
        waiting = waiting.slice(done.length)
        needs.crash('inbox.committed')
        acknowledge(done)
        // While more waits, receipts do, too: then a few say it all.
        if (waiting.length === 0 || clock.monotonic() - rested > LONGEST_RUSH) {
          rested = clock.monotonic()
          needs.rested()
        }
      } catch (error) {
        if (error instanceof AskFirst) {
          const heard = await askFor(error.account)
          if (heard === 'later') return
          // The relay delivers it again.
          if (heard === 'never' && mine === age)
            needs.connection.interrupt({ code: 'relay-refused', detail: 'no device list' })
          continue
        }
        // [P72] Nothing was stored, nothing is acknowledged: the relay delivers it again.
        const full = error instanceof SqlFailure && error.kind === 'full'
        if (full) log.warn('inbox.disk-full')
        else {
          stubborn.failed(slice)
          log.error('inbox.not-stored', { error: error instanceof Error ? error.name : 'unknown' })
        }
        waiting = []
        needs.connection.interrupt({ code: full ? 'disk-full' : 'internal' })
      }
      await clock.breathe()
    }
  }

  /** [P94] later: the relay asks to wait. */
  async function askFor(account: AccountId): Promise<'heard' | 'later' | 'never'> {
    const mine = age
    const answered = await needs.lists.ask(account)
    if (mine !== age) return 'heard'
    if (answered.ok || answered.failure.code === 'no-such-person') {
      asked.add(account)
      return 'heard'
    }
    if (answered.failure.code !== 'rate-limited') return 'never'
    callOffPause = clock.after(answered.failure.retryAfter ?? ASK_PAUSE, () => {
      callOffPause = undefined
      kick()
    })
    return 'later'
  }

  function acknowledge(done: readonly IncomingEnvelope[]): void {
    const positions = done.map((envelope) => envelope.position).filter((position) => position !== 0n)
    if (positions.length === 0) return
    needs.connection.ask({ case: 'acknowledge', value: { positions } }, 'acknowledged').then(
      (answered) => {
        if (answered.ok) needs.crash('inbox.acknowledged')
        else log.info('inbox.not-acknowledged', { code: answered.failure.code })
      },
      () => log.error('inbox.acknowledge'),
    )
  }

  /** What still cannot be stored, or whose sender's list has to be asked for first, waits for the next start. */
  async function tryAgain(): Promise<void> {
    for (const { id, envelope: bytes } of allSetAside(needs.sql)) {
      // Without a position: it has had its placeholder and its request, if it cannot be opened now.
      const envelope = { ...fromBinary(IncomingEnvelopeSchema, bytes), position: 0n }
      const drop = () => dropSetAside(needs.sql, id)
      try {
        await needs.work.run(() => storeSlice(needs, [envelope], new Set(), drop))
      } catch (error) {
        log.warn('inbox.still-set-aside', { error: error instanceof Error ? error.name : 'unknown' })
      }
      await clock.breathe()
    }
    needs.rested()
  }

  function kick(): void {
    if (running !== undefined || waiting.length === 0 || callOffPause !== undefined) return
    running = drain().finally(() => {
      running = undefined
      kick()
    })
  }

  return {
    take(envelopes) {
      waiting.push(...envelopes)
      kick()
    },
    takeSetAside() {
      trying = tryAgain().catch((error: unknown) => {
        log.error('inbox.set-aside-lost', { error: error instanceof Error ? error.name : 'unknown' })
      })
    },
    forget() {
      age += 1
      waiting = []
      callOffPause?.()
      callOffPause = undefined
    },
    async idle() {
      await trying
      while (running !== undefined) await running
    },
  }
}

/** Opens as many of them as there is time for, then commits them, and `also` with them. Returns which they were. */
async function storeSlice(
  needs: InboxNeeds,
  slice: readonly IncomingEnvelope[],
  asked: ReadonlySet<AccountId>,
  also = (): void => {},
): Promise<IncomingEnvelope[]> {
  const { sql, clock, signal } = needs
  const started = clock.monotonic()
  const unit = signal.unit()
  const taken: IncomingEnvelope[] = []
  const opened: OpenedEnvelope[] = []
  const hashes: Uint8Array[] = []
  const wasSeen = async (hash: Uint8Array) => hashes.some((one) => sameBytes(one, hash)) || needs.seen.has(hash)
  try {
    for (const envelope of slice) {
      if (clock.monotonic() - started > SLICE_TIME) break
      taken.push(envelope)
      const from = readFrom(needs, envelope)
      if (from === undefined) continue
      const one = await openListed(needs, unit, envelope, from, asked, wasSeen)
      if (one === undefined) continue
      opened.push(one.envelope)
      hashes.push(one.hash)
    }
    needs.crash('inbox.opened')
    sql.transaction(() => {
      addSeen(sql, hashes, clock.now())
      needs.store(opened, unit)
      also()
      // Last: a retry request among them sets a session aside.
      unit.flush()
      needs.crash('inbox.written')
    })
    unit.settled()
  } catch (error) {
    unit.abandon()
    throw error
  }
  needs.stored()
  return taken
}

/**
 * [P77] As what cannot be opened: a placeholder stands for it, and whoever sent it is asked for it again. Who sent it may be
 * gone, and what they send anew be no easier to store: it is kept for the next start.
 */
async function setAside(needs: InboxNeeds, envelope: IncomingEnvelope | undefined): Promise<IncomingEnvelope[]> {
  if (envelope === undefined) return []
  const { sql, clock, log, signal, seen } = needs
  const from = readFrom(needs, envelope)
  const hash = attemptHash(envelope)
  if (from === undefined || (await seen.has(hash))) return [envelope]
  log.error('inbox.set-aside')
  const answer = signal.retryRequest(envelope.submission, from, envelope.type, envelope.content)
  const unit = signal.unit()
  try {
    sql.transaction(() => {
      addSeen(sql, [hash], clock.now())
      keepSetAside(sql, toBinary(IncomingEnvelopeSchema, envelope), clock.now())
      const what = { is: 'undecryptable', answer } as const
      needs.store([{ ...outside(needs, envelope, from), what }], unit)
      unit.flush()
    })
    unit.settled()
  } catch (error) {
    unit.abandon()
    throw error
  }
  needs.stored()
  return [envelope]
}

/** Undefined: an envelope that no honest relay delivers, or of a type of a later version [P4]. */
function readFrom({ log, own }: InboxNeeds, envelope: IncomingEnvelope): Address | undefined {
  const account = AccountId.safeParse(bytesToUuid(envelope.sender))
  const device = DeviceId.safeParse(envelope.senderDevice)
  if (!account.success || !device.success || envelope.submission.length !== 16) {
    log.warn('inbox.nobody')
    return undefined
  }
  if (account.data === own.account && device.data === own.device) {
    log.warn('inbox.from-oneself')
    return undefined
  }
  if (envelope.type !== EnvelopeType.RETRY && !isSealed(envelope.type)) {
    log.warn('inbox.unknown-type', { type: envelope.type })
    return undefined
  }
  return { account: account.data, device: device.data }
}

function isSealed(type: EnvelopeType): boolean {
  return type === EnvelopeType.MESSAGE || type === EnvelopeType.PREKEY
}

/** Somebody's list has to be asked for before this can be decided. */
class AskFirst extends Error {
  readonly account: AccountId
  constructor(account: AccountId) {
    super('a device list has to be asked for')
    this.account = account
  }
}

/** What an envelope came to, with the hash it is to be remembered by. */
interface Looked {
  envelope: OpenedEnvelope
  hash: Uint8Array
}

/** [P94] A retry request is in the clear, and brings about no more than a copy for a device that had it before. */
async function openListed(
  needs: InboxNeeds,
  unit: SignalUnit,
  envelope: IncomingEnvelope,
  from: Address,
  asked: ReadonlySet<AccountId>,
  wasSeen: (hash: Uint8Array) => Promise<boolean>,
): Promise<Looked | undefined> {
  if (envelope.type === EnvelopeType.RETRY) return open(needs, unit, envelope, from, wasSeen)
  if (!needs.lists.mayBeListed(from)) {
    const hash = sha256(envelope.content)
    if (await wasSeen(hash)) return undefined
    if (!asked.has(from.account)) throw new AskFirst(from.account)
    return { envelope: unlisted(needs, envelope, from), hash }
  }
  const opened = await open(needs, unit, envelope, from, wasSeen)
  if (opened?.envelope.what.is !== 'content') return opened
  if (opened.envelope.identityIsNew !== true && needs.lists.isListed(from)) return opened
  const listed = needs.lists.check(unit, from)
  if (listed.is === 'new-key') return { ...opened, envelope: { ...opened.envelope, list: listed.list } }
  if (listed.is === 'known') return opened
  // Under a key that its list is not signed with.
  if (!asked.has(from.account)) throw new AskFirst(from.account)
  const { identityChanged } = opened.envelope
  return { ...opened, envelope: { ...unlisted(needs, envelope, from), identityChanged } }
}

function unlisted(needs: InboxNeeds, envelope: IncomingEnvelope, from: Address): OpenedEnvelope {
  needs.log.warn('inbox.unlisted-device')
  return { ...outside(needs, envelope, from), what: { is: 'unlisted' } }
}

/** What is known of an envelope without opening it. */
function outside({ clock }: InboxNeeds, { submission, timeMs }: IncomingEnvelope, from: Address) {
  return { from, submission, acceptedAt: Instant.safeParse(Number(timeMs)).data ?? clock.now(), identityChanged: false }
}

/** Undefined: a copy, or nothing that would leave a trace. */
async function open(
  needs: InboxNeeds,
  unit: SignalUnit,
  envelope: IncomingEnvelope,
  from: Address,
  wasSeen: (hash: Uint8Array) => Promise<boolean>,
): Promise<Looked | undefined> {
  const { signal, log, own } = needs
  const known = outside(needs, envelope, from)
  const hash = sha256(envelope.content)
  if (envelope.type === EnvelopeType.RETRY) {
    if (await wasSeen(hash)) return undefined
    return { envelope: { ...known, what: { is: 'retry-request', bytes: envelope.content } }, hash }
  }
  const result: Opened = await signal.open(unit, from, envelope.type, envelope.content)
  if (result.is === 'content') {
    const what = checkContent(log, own, from, result.plaintext)
    const identityChanged = result.identity === 'changed'
    return { envelope: { ...known, identityChanged, identityIsNew: result.identity !== 'known', what }, hash }
  }
  // A copy of what was opened, in whoever's name; or of what was asked for already. It may still come from whom it is, as
  // what it is: therefore the second hash.
  const attempt = attemptHash(envelope)
  if ((await wasSeen(hash)) || (await wasSeen(attempt))) return undefined
  // Other content under a used number is lost to us, too.
  log.warn('inbox.undecryptable', { how: result.is, why: result.is === 'undecryptable' ? result.why : 'used' })
  // An ephemeral one leaves nothing to ask for.
  if (envelope.position === 0n) return undefined
  const answer = signal.retryRequest(envelope.submission, from, envelope.type, envelope.content)
  return { envelope: { ...known, what: { is: 'undecryptable', answer } }, hash: attempt }
}

/** [P43] What the plaintext says of itself must be what the session says of it. */
function checkContent(log: Log, own: Own, from: Address, plaintext: Uint8Array): OpenedEnvelope['what'] {
  const content = readContent(plaintext)
  if (content === undefined) {
    log.warn('inbox.malformed-content')
    return { is: 'nothing' }
  }
  const honest =
    content.sender === from.account &&
    content.device === from.device &&
    content.recipient === own.account &&
    (from.account === own.account || isBetweenUs(content, from.account))
  if (!honest) {
    log.warn('inbox.misattributed')
    return { is: 'nothing' }
  }
  return { is: 'content', content }
}

function isBetweenUs(content: ReadContent, other: AccountId): boolean {
  return content.conversation === other
}

/** Of these bytes as they were shown to libsignal: from whom, and as what. */
function attemptHash({ sender, senderDevice, type, content }: IncomingEnvelope): Uint8Array {
  return sha256.create().update(sender).update(Uint8Array.of(senderDevice, type)).update(content).digest()
}
