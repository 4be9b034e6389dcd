// The inbox: envelopes from the relay, opened a slice at a time, stored in one transaction, and only then acknowledged.

import { sha256 } from '@noble/hashes/sha2.js'
import { EnvelopeType, type IncomingEnvelope } from '../../protocol/generated/relay_pb.ts'
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
import { addSeen } from '../storage/seen.ts'
import type { RelayConnection } from './connection.ts'
import type { Seen } from './seen.ts'

/** Envelopes in one transaction, at most; and milliseconds of opening, so that a window stays smooth. */
const SLICE = 64
const SLICE_TIME = 20
/** Milliseconds that who wrote waits for a receipt at most, while others write on. */
const LONGEST_RUSH = 1_000

/** An envelope that was looked at, and what is to be stored of it. */
export interface OpenedEnvelope {
  from: Address
  submission: Uint8Array
  acceptedAt: Instant
  identityChanged: boolean
  what:
    | { is: 'content'; content: ReadContent }
    | { is: 'retry-request'; bytes: Uint8Array }
    /** `answer`: the retry request to send. */
    | { is: 'undecryptable'; answer: Uint8Array }
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
  /** What was not acknowledged comes again over the next connection. */
  forget(): void
  idle(): Promise<void>
}

export function createInbox(needs: InboxNeeds): Inbox {
  const { clock, log } = needs
  let waiting: IncomingEnvelope[] = []
  let running: Promise<void> | undefined
  // Counts connections, so that nothing of an earlier one is acknowledged in a later one by mistake.
  let age = 0

  async function drain(): Promise<void> {
    let rested = clock.monotonic()
    while (waiting.length > 0) {
      const mine = age
      try {
        const done = await needs.work.run(() => storeSlice(needs, waiting))
        if (mine !== age) continue
        waiting = waiting.slice(done.length)
        needs.crash('inbox.committed')
        acknowledge(done)
        // While more waits, receipts do, too: then a few say it all.
        if (waiting.length === 0 || clock.monotonic() - rested > LONGEST_RUSH) {
          rested = clock.monotonic()
          needs.rested()
        }
      } catch (error) {
        // [P72] Nothing was stored, nothing is acknowledged: the relay delivers it again.
        const full = error instanceof SqlFailure && error.kind === 'full'
        if (full) log.warn('inbox.disk-full')
        else log.error('inbox.not-stored', { error: error instanceof Error ? error.name : 'unknown' })
        waiting = []
        needs.connection.interrupt({ code: full ? 'disk-full' : 'internal' })
      }
      await clock.breathe()
    }
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

  function kick(): void {
    if (running !== undefined || waiting.length === 0) return
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
    forget() {
      age += 1
      waiting = []
    },
    async idle() {
      while (running !== undefined) await running
    },
  }
}

/** Opens as many as fit a slice, then commits them. Returns which they were. */
async function storeSlice(needs: InboxNeeds, waiting: readonly IncomingEnvelope[]): Promise<IncomingEnvelope[]> {
  const { sql, clock, signal } = needs
  const started = clock.monotonic()
  const unit = signal.unit()
  const taken: IncomingEnvelope[] = []
  const opened: OpenedEnvelope[] = []
  const hashes: Uint8Array[] = []
  const wasSeen = async (hash: Uint8Array) => hashes.some((one) => sameBytes(one, hash)) || needs.seen.has(hash)
  try {
    for (const envelope of waiting) {
      if (taken.length === SLICE || clock.monotonic() - started > SLICE_TIME) break
      taken.push(envelope)
      const from = readFrom(needs, envelope)
      if (from === undefined) continue
      const one = await open(needs, unit, envelope, from, wasSeen)
      if (one === undefined) continue
      opened.push(one.envelope)
      hashes.push(one.hash)
    }
    needs.crash('inbox.opened')
    sql.transaction(() => {
      addSeen(sql, hashes, clock.now())
      needs.store(opened, unit)
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

/** Undefined: an envelope that no honest relay delivers, or of a type of a later version [P4]. */
function readFrom({ log, own }: InboxNeeds, envelope: IncomingEnvelope): Address | undefined {
  const account = AccountId.safeParse(bytesToUuid(envelope.sender))
  const device = DeviceId.safeParse(envelope.senderDevice)
  if (!account.success || !device.success || envelope.submission.length !== 16) {
    log.warn('inbox.nobody')
    return undefined
  }
  // [P65] This device is the only one, and sends itself nothing.
  if (account.data === own.account) {
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

/** With the hash it is to be remembered by. Undefined: a copy, or nothing that would leave a trace. */
async function open(
  needs: InboxNeeds,
  unit: SignalUnit,
  envelope: IncomingEnvelope,
  from: Address,
  wasSeen: (hash: Uint8Array) => Promise<boolean>,
): Promise<{ envelope: OpenedEnvelope; hash: Uint8Array } | undefined> {
  const { signal, log, own, clock } = needs
  const acceptedAt = Instant.safeParse(Number(envelope.timeMs)).data ?? clock.now()
  const known = { from, submission: envelope.submission, acceptedAt, identityChanged: false }
  const hash = sha256(envelope.content)
  if (envelope.type === EnvelopeType.RETRY) {
    if (await wasSeen(hash)) return undefined
    return { envelope: { ...known, what: { is: 'retry-request', bytes: envelope.content } }, hash }
  }
  const result: Opened = await signal.open(unit, from, envelope.type, envelope.content)
  if (result.is === 'content') {
    const what = checkContent(log, own, from, result.plaintext)
    return { envelope: { ...known, identityChanged: result.identity === 'changed', what }, hash }
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
    isBetweenUs(content, from.account)
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
