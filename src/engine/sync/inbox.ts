// The inbox: envelopes from the relay, opened a slice at a time, stored in one transaction, and only then acknowledged.

import { sha256 } from '@noble/hashes/sha2.js'
import { EnvelopeType, type IncomingEnvelope } from '../../protocol/generated/relay_pb.ts'
import { AccountId, bytesToUuid, DeviceId, Instant } from '../../shared/ids.ts'
import { type Sql, SqlFailure } from '../../shared/sql.ts'
import { type ReadContent, readContent } from '../messages/content.ts'
import type { Own } from '../own.ts'
import type { Clock, Log } from '../ports.ts'
import type { Queue } from '../queue.ts'
import type { Address } from '../signal/address.ts'
import { sameBytes } from '../signal/bytes.ts'
import type { Opened, Signal } from '../signal/signal.ts'
import type { SignalUnit } from '../signal/unit.ts'
import { remember, wasSeen } from '../storage/chains.ts'
import type { RelayConnection } from './connection.ts'

/** Envelopes in one transaction, at most; and milliseconds of opening, so that a window stays smooth. */
const SLICE = 64
const SLICE_TIME = 20

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
  own: Own
  /** Inside the transaction. */
  store(opened: readonly OpenedEnvelope[], unit: SignalUnit): void
  /** After it. */
  stored(): void
  crash(point: string): void
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
    while (waiting.length > 0) {
      const mine = age
      try {
        const done = await needs.work.run(() => storeSlice(needs, waiting))
        if (mine !== age) continue
        waiting = waiting.slice(done.length)
        needs.crash('inbox.committed')
        acknowledge(done)
      } catch (error) {
        // [P72] Nothing was stored, nothing is acknowledged: the relay delivers it again.
        const full = error instanceof SqlFailure && error.kind === 'full'
        log.error('inbox.not-stored', { error: error instanceof Error ? error.name : 'unknown', full })
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
        if (!answered.ok) log.info('inbox.not-acknowledged', { code: answered.failure.code })
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
  try {
    for (const envelope of waiting) {
      if (taken.length === SLICE || clock.monotonic() - started > SLICE_TIME) break
      taken.push(envelope)
      const hash = sha256(envelope.content)
      if (wasSeen(sql, hash) || hashes.some((other) => sameBytes(other, hash))) continue
      const one = await open(needs, unit, envelope)
      if (one === undefined) continue
      opened.push(one)
      hashes.push(hash)
    }
    needs.crash('inbox.opened')
    sql.transaction(() => {
      for (const hash of hashes) remember(sql, hash, clock.now())
      // May set sessions aside: the unit is flushed behind it.
      needs.store(opened, unit)
      unit.flush()
    })
    unit.settled()
  } catch (error) {
    unit.abandon()
    throw error
  }
  needs.stored()
  return taken
}

async function open(
  needs: InboxNeeds,
  unit: SignalUnit,
  envelope: IncomingEnvelope,
): Promise<OpenedEnvelope | undefined> {
  const { signal, log, own } = needs
  const account = AccountId.safeParse(bytesToUuid(envelope.sender))
  const device = DeviceId.safeParse(envelope.senderDevice)
  const acceptedAt = Instant.safeParse(Number(envelope.timeMs))
  if (!account.success || !device.success || !acceptedAt.success) {
    log.warn('inbox.nobody')
    return undefined
  }
  const from = { account: account.data, device: device.data }
  const known = { from, submission: envelope.submission, acceptedAt: acceptedAt.data, identityChanged: false }
  if (envelope.type === EnvelopeType.RETRY) return { ...known, what: { is: 'retry-request', bytes: envelope.content } }
  if (envelope.type !== EnvelopeType.MESSAGE && envelope.type !== EnvelopeType.PREKEY) {
    log.warn('inbox.unknown-type', { type: envelope.type })
    return undefined
  }
  const result: Opened = await signal.open(unit, from, envelope.type, envelope.content)
  switch (result.is) {
    case 'content':
      return {
        ...known,
        identityChanged: result.identity === 'changed',
        what: checkContent(log, own, from, result.plaintext),
      }
    case 'duplicate':
    case 'undecryptable':
      // A copy was recognised by its hash before: this is other content under a used number, and lost to us.
      log.warn('inbox.undecryptable', { how: result.is })
      return { ...known, what: undecryptable(signal, envelope, from) }
  }
}

function undecryptable(signal: Signal, envelope: IncomingEnvelope, from: Address): OpenedEnvelope['what'] {
  // An ephemeral one leaves nothing to ask for.
  if (envelope.position === 0n) return { is: 'nothing' }
  return {
    is: 'undecryptable',
    answer: signal.retryRequest(envelope.submission, from, envelope.type, envelope.content),
  }
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
