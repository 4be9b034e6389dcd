// The outbox: what we promised to send, kept until the relay has it. One lane for each recipient, one step at a time.

import type { StaleDevices } from '../../protocol/generated/relay_pb.ts'
import type { Failure, FailureCode } from '../../shared/failure.ts'
import { type AccountId, type DeviceId, Instant, uuidToBytes } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { CrashPoint } from '../crash-points.ts'
import type { Own } from '../own.ts'
import type { Clock, Log, Random } from '../ports.ts'
import type { Queue } from '../queue.ts'
import { sameBytes } from '../signal/bytes.ts'
import type { Signal } from '../signal/signal.ts'
import { failDelivery } from '../storage/messages.ts'
import { dropAllFor, markFailed, nextToSend, type OutboxRow, recipientsWithMail, sealedFor } from '../storage/outbox.ts'
import { Touched } from '../touched.ts'
import { createAcceptances } from './acceptances.ts'
import type { RelayConnection } from './connection.ts'
import type { Peers } from './peers.ts'
import { clearEnvelope, sealContent, writeSealed } from './seal.ts'

export interface OutboxNeeds {
  sql: Sql
  clock: Clock
  log: Log
  work: Queue
  signal: Signal
  connection: RelayConnection
  peers: Peers
  random: Random
  own: Own
  tell(touched: Touched): void
  crash(point: CrashPoint): void
}

export interface Outbox {
  /** There may be something to send: to one, or to everybody. */
  kick(recipient?: AccountId): void
  /** Settles when no lane is moving. */
  idle(): Promise<void>
  stop(): void
}

type Step = 'on' | 'rest' | { pause: number }

/** What to do after a failure that nobody foresaw (a full disk, say), in milliseconds. */
const PAUSE = 5_000
/** Somebody who has just registered is about to upload their keys. */
const NO_KEYS_YET_PAUSE = 2_000
/** A device that still has not uploaded its keys will do so when it is back. Longer: asking is limited [P36]. */
const NO_KEYS_PAUSE = 30_000
/** What a relay may ask for at most: its longest limit is filled up again by then. */
const LONGEST_PAUSE = 600_000
/** Until somebody has made room in their mailbox. */
const FULL_PAUSE = 60_000
/** A relay that calls the devices stale again and again is not asked for ever. */
const MAX_ROUNDS = 5

export function createOutbox(needs: OutboxNeeds): Outbox {
  const { sql, clock, log, work, signal, connection, peers } = needs
  const acceptances = createAcceptances({ ...needs, copied: () => kick(needs.own.account) })
  const lanes = new Map<AccountId, { again: boolean; running: Promise<void> }>()
  const pauses = new Map<AccountId, () => void>()
  const foundWithoutKeys = new Set<AccountId>()
  let stopped = false

  function kick(recipient?: AccountId): void {
    if (stopped) return
    if (recipient === undefined) {
      for (const waiting of recipientsWithMail(sql)) kick(waiting)
      return
    }
    const lane = lanes.get(recipient)
    if (lane !== undefined) {
      lane.again = true
      return
    }
    const fresh = { again: true, running: Promise.resolve() }
    lanes.set(recipient, fresh)
    fresh.running = drive(recipient, fresh)
  }

  async function drive(recipient: AccountId, lane: { again: boolean }): Promise<void> {
    let step: Step = 'on'
    try {
      while (!stopped && (step === 'on' || lane.again)) {
        lane.again = false
        step = await move(recipient)
        if (typeof step === 'object') break
        // What was asked for meanwhile may lie before what was accepted: a failed one that is to go out again.
        if (step === 'rest') acceptances.write()
      }
      acceptances.write()
    } catch (error) {
      log.error('outbox.step', { error: error instanceof Error ? error.name : 'unknown' })
      step = { pause: PAUSE }
    } finally {
      lanes.delete(recipient)
    }
    if (typeof step === 'object' && !stopped) pause(recipient, step.pause)
  }

  function pause(recipient: AccountId, milliseconds: number): void {
    pauses.get(recipient)?.()
    pauses.set(
      recipient,
      clock.after(milliseconds, () => {
        pauses.delete(recipient)
        kick(recipient)
      }),
    )
  }

  function withoutKeys(recipient: AccountId): Step {
    if (foundWithoutKeys.has(recipient)) return { pause: NO_KEYS_PAUSE }
    foundWithoutKeys.add(recipient)
    return { pause: NO_KEYS_YET_PAUSE }
  }

  function next(recipient: AccountId): OutboxRow | undefined {
    return nextToSend(sql, recipient, acceptances.last(recipient))
  }

  /** One submission on its way, as far as it goes now. */
  async function move(recipient: AccountId): Promise<Step> {
    if (recipient === needs.own.account && needs.own.others.length === 0) {
      // [P65] The others were removed meanwhile.
      sql.transaction(() => dropAllFor(sql, recipient))
      return 'rest'
    }
    const state = connection.state().state
    if (state !== 'online' && state !== 'catching-up') return 'rest'
    const row = next(recipient)
    if (row === undefined) return 'rest'
    // [P20] Also what was sealed for the key before: it waits until the person has looked.
    if (signal.trust(signal.unit(), recipient) === 'changed') return 'rest'
    // Sealed, it is read again: with its number, and the bytes that may leave.
    if (row.state === 'waiting') return prepare(row)
    let sealed: OutboxRow | undefined = row
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const submitted = await submit(sealed)
      if (submitted !== 'stale') return submitted
      sealed = next(recipient)
      if (sealed === undefined || !isSame(sealed, row) || sealed.state !== 'sealed') return 'on'
    }
    log.warn('outbox.stale-again', { outbox: row.id })
    return { pause: 60_000 }
  }

  /** From waiting to sealed. */
  async function prepare(row: OutboxRow): Promise<Step> {
    if (row.kind === 'retry') return prepareRetry(row)
    const ready = await peers.getReady(row.recipient, row.device ?? undefined)
    if (!ready.ok) return afterFailure(row, ready.failure)
    // Meant for one device, which is listed no longer: nobody waits for it.
    if (row.device !== null && peers.registrationId(row.recipient, row.device) === undefined) return giveUp(row)
    return work.run(async () => {
      // It may have been deleted, or sealed by the way, while we asked the relay.
      const current = next(row.recipient)
      if (current === undefined || !isSame(current, row) || current.state !== 'waiting') return 'on'
      const unit = signal.unit()
      try {
        const targets = peers.readyDevices(unit, row.recipient, row.device ?? undefined)
        if (targets === undefined) return withoutKeys(row.recipient)
        const sealed = await sealContent(sql, signal, unit, row.recipient, targets, current.content, needs.own)
        needs.crash('outbox.sealed')
        sql.transaction(() => {
          unit.flush()
          writeSealed(sql, current, sealed)
          needs.crash('outbox.written')
        })
        unit.settled()
      } catch (error) {
        unit.abandon()
        throw error
      }
      needs.crash('outbox.committed')
      return 'on'
    })
  }

  async function prepareRetry(row: OutboxRow): Promise<Step> {
    const { recipient, device } = row
    if (device === null) throw new Error('a retry request for no device')
    if (peers.registrationId(recipient, device) === undefined) {
      // Somebody new, whose first message could not be opened.
      const ready = await peers.getReady(recipient, device)
      if (!ready.ok) return afterFailure(row, ready.failure)
    }
    const registrationId = peers.registrationId(recipient, device)
    if (registrationId === undefined) return giveUp(row)
    sql.transaction(() => writeSealed(sql, row, clearEnvelope(row, device, registrationId)))
    return 'on'
  }

  function giveUp(row: OutboxRow): Step {
    sql.transaction(() => markFailed(sql, row))
    return 'on'
  }

  async function submit(row: OutboxRow): Promise<Step | 'stale'> {
    const envelopes = sealedFor(row).map(({ bytes, ...envelope }) => ({ ...envelope, content: new Uint8Array(bytes) }))
    if (envelopes.length === 0) return 'on'
    const answered = await connection.askAny({
      case: 'submit',
      value: {
        submission: new Uint8Array(row.submission),
        recipient: uuidToBytes(row.recipient),
        envelopes,
        partial: row.device !== null,
      },
    })
    needs.crash('outbox.answered')
    if (!answered.ok) return afterFailure(row, answered.failure)
    switch (answered.value.case) {
      case 'accepted':
        acceptances.note(row, Instant.safeParse(Number(answered.value.value.timeMs)).data ?? clock.now())
        return 'on'
      case 'staleDevices':
        return renew(row, answered.value.value)
      default:
        return { pause: PAUSE }
    }
  }

  /** [P52] Sealed anew only for devices that have changed; the other bytes stay. */
  async function renew(row: OutboxRow, stale: StaleDevices): Promise<Step | 'stale'> {
    if (row.kind === 'retry') return giveUp(row)
    const gone = [...stale.extra, ...stale.changed] as DeviceId[]
    const known = isNews(row, stale)
      ? await peers.refresh(row.recipient, stale.changed as DeviceId[])
      : await peers.getReady(row.recipient, row.device ?? undefined)
    if (!known.ok) return afterFailure(row, known.failure)
    if (row.device !== null && peers.registrationId(row.recipient, row.device) === undefined) return giveUp(row)
    return work.run(async () => {
      const unit = signal.unit()
      try {
        const listed = peers.readyDevices(unit, row.recipient, row.device ?? undefined)
        if (listed === undefined) return withoutKeys(row.recipient)
        const kept = sealedFor(row).filter(({ device }) => listed.includes(device) && !gone.includes(device))
        const wanted = listed.filter((device) => !kept.some((sealed) => sealed.device === device))
        const sealed = await sealContent(sql, signal, unit, row.recipient, wanted, row.content, needs.own)
        sql.transaction(() => {
          unit.flush()
          writeSealed(sql, row, { ...sealed, envelopes: [...kept, ...sealed.envelopes], link: undefined })
        })
        unit.settled()
      } catch (error) {
        unit.abandon()
        throw error
      }
      return 'stale'
    })
  }

  /** Unless we have heard it over an earlier submission, or read it in their list. */
  function isNews(row: OutboxRow, stale: StaleDevices): boolean {
    const listed = (device: number) => peers.registrationId(row.recipient, device as DeviceId)
    const sealedAs = new Map(sealedFor(row).map((sealed) => [sealed.device, sealed.registrationId]))
    return (
      stale.changed.some((device) => listed(device) === sealedAs.get(device as DeviceId)) ||
      stale.missing.some((device) => listed(device) === undefined) ||
      stale.extra.some((device) => listed(device) !== undefined)
    )
  }

  function afterFailure(row: OutboxRow, failure: Failure): Step {
    // [P45] Nobody would try a receipt again: given up, its number would be a gap for ever.
    if (failure.code === 'mailbox-full' && row.message === null) return { pause: FULL_PAUSE }
    switch (whatNow(failure.code)) {
      case 'wait-for-connection':
      case 'wait-for-person':
        return 'rest'
      case 'wait':
        return { pause: Math.min(failure.retryAfter ?? PAUSE, LONGEST_PAUSE) }
      case 'fail': {
        const touched = new Touched()
        const { code, retryAfter } = failure
        sql.transaction(() => {
          markFailed(sql, row)
          if (row.message !== null) {
            touched.message(
              failDelivery(sql, row.message, retryAfter === undefined ? { code } : { code, retryAfter }, clock.now()),
            )
          }
        })
        needs.tell(touched)
        return 'on'
      }
    }
  }

  return {
    kick,
    async idle() {
      while (lanes.size > 0) await Promise.all([...lanes.values()].map((lane) => lane.running))
    },
    stop() {
      stopped = true
      for (const callOff of pauses.values()) callOff()
      pauses.clear()
    },
  }
}

function isSame(one: OutboxRow, other: OutboxRow): boolean {
  return one.id === other.id && sameBytes(one.submission, other.submission)
}

function whatNow(code: FailureCode): 'wait-for-connection' | 'wait-for-person' | 'wait' | 'fail' {
  switch (code) {
    case 'not-connected':
      return 'wait-for-connection'
    case 'safety-number-changed':
    case 'identity-changed':
      return 'wait-for-person'
    case 'rate-limited':
    case 'disk-full':
      return 'wait'
    default:
      return 'fail'
  }
}
