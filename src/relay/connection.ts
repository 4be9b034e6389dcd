// The life of one device's connection: it greets, proves who it is, asks and is pushed to, and ends [P1]–[P6].

import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { decodeClientFrame, encodeRelayFrame, type RelayBody } from '../protocol/frames.ts'
import { GoodbyeReason, Reason } from '../protocol/generated/relay_pb.ts'
import { NONCE_BYTES } from '../protocol/limits.ts'
import { unreachable } from '../shared/answer.ts'
import { whereThrown } from '../shared/thrown.ts'
import { admissionOf } from './admission.ts'
import { type Authentication, accountDisabled, type Caller } from './authentication.ts'
import type { Bell, Ring } from './bell.ts'
import { Delivery } from './delivery.ts'
import { type AcknowledgeFields, type AskedBody, readFrequent, writeAnswer } from './frequent-frames.ts'
import { readAcknowledgement } from './mailboxes.ts'
import type { RelayMetrics } from './metrics.ts'
import type { Patience } from './patience.ts'
import { type HeadWatch, type MailboxHead, POISON_AFTER } from './poison.ts'
import type { Clock, Crash, Log, Random } from './ports.ts'
import { endsConnection, malformed, type Refusal, refused } from './refusal.ts'
import { createAttendance, isOfRendezvous, type RendezvousParts } from './rendezvous.ts'
import type { Requests } from './requests.ts'
import { type RelayStore, StoreUnavailable } from './store.ts'
import { Watching, type WatchingParts } from './streams/watch.ts'
import type { WriteTogether } from './write-together.ts'

/** Milliseconds for the other side to answer a close. */
const CLOSE_WITHIN = 5_000

/** Requests of one connection under way at once; beyond it, nothing is read from its socket. */
const MOST_UNDER_WAY = 256
/** Bytes of answers a device has not taken; beyond it, nothing is read from its socket. */
const MOST_UNREAD = 1024 * 1024
/** Bytes a device has not taken yet: below it nothing waits for them to be fewer, here, in delivery.ts or in streams/watch.ts. */
const WORTH_TELLING = 64 * 1024

export interface ConnectionParts {
  store: RelayStore
  bell: Bell
  clock: Clock
  random: Random
  log: Log
  authentication: Authentication
  requests: Requests
  rendezvous: RendezvousParts
  patience: Patience
  writeTogether: WriteTogether
  metrics: RelayMetrics
  heads: HeadWatch
  /** Where else the relay can be reached when this one goes. */
  alternatives: readonly string[]
  watching: WatchingParts
  crash: Crash
}

export interface Connection {
  /** Says goodbye and closes. */
  end(reason: GoodbyeReason): void
}

interface Authenticated {
  name: 'authenticated'
  caller: Caller
  head: MailboxHead
  delivery: Delivery
  watching: Watching
  leave(): void
}

type Stage =
  | { name: 'new' }
  | { name: 'greeted' }
  /** Before it is authenticated it listens already. */
  | { name: 'proving'; leave(): void }
  | Authenticated
  | { name: 'ending'; code: number }

/** As it was read: the frequent ones by hand. */
interface Frame {
  request: number
  body: AskedBody
}

/** A request that waits for its answer. */
interface Asked {
  request: number
  kind: string
  /** When it came, by the monotonic clock. */
  at: number
}

export interface Incoming {
  socket: WebSocket
  /** What is under it. */
  stream: Duplex
  /** For the log. */
  id: number
  /** For the limits. */
  address: string
  /** The socket is gone, and all that was under way is answered. */
  ended(): void
}

export function serveConnection({ socket, stream, id, address, ended }: Incoming, parts: ConnectionParts): Connection {
  const { store, bell, clock, random, log, authentication, requests, metrics, heads, alternatives, crash } = parts
  const nonce = random.bytes(NONCE_BYTES)
  const attendance = createAttendance(parts.rendezvous, send)
  let stage: Stage = { name: 'new' }
  let underWay = 0
  let cancelTerminate = () => {}

  // --- Out ---

  function send(frame: Uint8Array): void {
    if (socket.readyState !== socket.OPEN) return
    parts.writeTogether(stream)
    write(frame)
  }

  /** One frame for very many: by itself. */
  function push(frame: Uint8Array): void {
    if (socket.readyState === socket.OPEN) write(frame)
  }

  /** Nobody waits to be told that it was written while little waits to be. */
  function write(frame: Uint8Array): void {
    if (socket.bufferedAmount + frame.length > WORTH_TELLING) socket.send(frame, written)
    else socket.send(frame)
  }

  function written(): void {
    resumeIfRoom()
    if (stage.name !== 'authenticated') return
    stage.delivery.written()
    stage.watching.written()
  }

  function answer({ request, kind, at }: Asked, body: RelayBody): void {
    send(writeAnswer(request, body))
    metrics.answered(kind, body, clock.monotonic() - at)
    if (body.case === 'accepted') crash('append:accepted')
    if (endsConnection(body)) close(1008)
  }

  /** What is under way is answered first; nothing more is heard. */
  function close(code: number): void {
    leave()
    attendance.leave()
    stage = { name: 'ending', code }
    parts.patience.stop(watch)
    cancelTerminate()
    cancelTerminate = clock.after(CLOSE_WITHIN, () => socket.terminate())
    if (underWay === 0) settled()
  }

  function leave(): void {
    if (stage.name === 'proving' || stage.name === 'authenticated') stage.leave()
  }

  function settled(): void {
    if (socket.readyState === socket.CLOSED) ended()
    if (stage.name !== 'ending' || socket.readyState !== socket.OPEN) return
    socket.resume()
    socket.close(stage.code)
  }

  function end(reason: GoodbyeReason): void {
    if (stage.name === 'ending') return
    const isShuttingDown = reason === GoodbyeReason.SHUTTING_DOWN
    const elsewhere = isShuttingDown ? { reconnectAfterMs: 1000, alternatives: [...alternatives] } : {}
    send(encodeRelayFrame(0, { case: 'goodbye', value: { reason, ...elsewhere } }))
    close(isShuttingDown ? 1001 : 1000)
  }

  // --- In ---

  function receive(message: Uint8Array, isBinary: boolean): void {
    watch.heard()
    if (stage.name === 'ending') return
    const frame = isBinary ? (readFrequent(message) ?? decodeClientFrame(message)) : undefined
    if (frame === undefined) answer({ request: 0, kind: 'unknown', at: clock.monotonic() }, malformed('not a frame'))
    else take(frame)
  }

  function take({ request, body }: Frame): void {
    underWay += 1
    const asked = { request, kind: body.case ?? 'unknown', at: clock.monotonic() }
    attend(asked, body)
    if (underWay >= MOST_UNDER_WAY || socket.bufferedAmount > MOST_UNREAD) socket.pause()
  }

  /** Goes on in the same turn where nothing has to be waited for. */
  function attend(asked: Asked, body: AskedBody): void {
    try {
      const answered = respond(asked, body)
      if (answered instanceof Promise)
        answered.then(
          (body) => finish(asked, body),
          (error: unknown) => fail(asked, error),
        )
      else finish(asked, answered)
    } catch (error) {
      fail(asked, error)
    }
  }

  function finish(asked: Asked, body: RelayBody | undefined): void {
    try {
      if (body !== undefined) answer(asked, body)
    } catch (error) {
      fail(asked, error)
      return
    }
    done()
  }

  function fail(asked: Asked, error: unknown): void {
    if (error instanceof StoreUnavailable) log.warn('store unavailable', { connection: id, request: asked.kind })
    else log.error('request failed', { connection: id, request: asked.kind, ...whereThrown(error) })
    answer(asked, refused(Reason.UNAVAILABLE, 'nothing was stored; try again later', 5000))
    done()
  }

  function done(): void {
    underWay -= 1
    resumeIfRoom()
    if (underWay === 0) settled()
  }

  function resumeIfRoom(): void {
    if (socket.isPaused && underWay < MOST_UNDER_WAY && socket.bufferedAmount <= MOST_UNREAD) socket.resume()
  }

  /** One answer to each frame [P3]; undefined where it is out already. */
  function respond(asked: Asked, body: AskedBody): RelayBody | undefined | Promise<RelayBody | undefined> {
    switch (stage.name) {
      case 'new':
        if (body.case !== 'hello') return refused(Reason.NOT_AUTHENTICATED, 'say hello first')
        return greet(authentication.greet(body.value, nonce))
      case 'greeted':
        if (body.case === 'register' || body.case === 'authenticate') return prove(asked, body)
        if (isOfRendezvous(body)) return attendance.serve({ address }, body)
        if (body.case === undefined) return updateNeeded()
        if (body.case === 'hello') return malformed('a second hello')
        return refused(Reason.NOT_AUTHENTICATED, 'prove who you are first')
      case 'proving':
        return refused(Reason.NOT_AUTHENTICATED, 'wait for the answer')
      case 'authenticated':
        if (body.case === 'acknowledge') return forget(asked, body.value, stage)
        if (body.case === undefined) return updateNeeded()
        if (body.case === 'hello' || body.case === 'register' || body.case === 'authenticate')
          return malformed('already authenticated')
        if (body.case === 'watchStreams') return stage.watching.watch(body.value)
        if (isOfRendezvous(body)) return attendance.serve({ caller: stage.caller }, body)
        return requests(stage.caller, body, stage.watching)
      case 'ending':
        return undefined
    }
  }

  function greet(greeting: RelayBody): RelayBody {
    if (greeting.case === 'welcome') stage = { name: 'greeted' }
    return greeting
  }

  async function prove(asked: Asked, proof: Parameters<Authentication['prove']>[0]): Promise<RelayBody | undefined> {
    stage = { name: 'proving', leave: () => {} }
    try {
      const proven = await authentication.prove(proof, nonce, address)
      if (!proven.ok) return proven.refusal
      await enter(asked, proven.caller, proven.deviceListVersion)
      return undefined
    } finally {
      if (stage.name === 'proving') {
        leave()
        stage = { name: 'greeted' }
      }
    }
  }

  /** Listens first and looks then: what happens to the account or its list meanwhile is seen, or rings. */
  async function enter(asked: Asked, caller: Caller, deviceListVersion: number): Promise<void> {
    await store.enter(caller, nonce, clock.now())
    if (stage.name !== 'proving') return
    bell.ring(caller, { kind: 'replaced', by: nonce })
    let rungOnTheWay = false
    const stopListening = bell.listen(caller, (ring) => {
      if (stage.name === 'authenticated') hear(ring, stage)
      else rungOnTheWay = true
    })
    stage = { name: 'proving', leave: stopListening }
    const admission = await admissionOf(store, caller, nonce)
    if (stage.name !== 'proving') return
    const value = { timeMs: BigInt(clock.now()), deviceListVersion: BigInt(deviceListVersion) }
    if (admission.verdict === 'replaced') {
      answer(asked, { case: 'authenticated', value })
      return replaced(caller)
    }
    if (admission.verdict !== 'admitted') return answer(asked, whyNot(admission.verdict))
    const head = heads.of(caller)
    const watchHead = (position: number) => {
      if (!head.began(position)) return
      metrics.poisonFound()
      log.warn('poison', { connection: id, deliveries: POISON_AFTER })
    }
    const delivery = new Delivery(store, caller, admission.lastPosition, {
      send,
      buffered: () => socket.bufferedAmount,
      failed,
      began: watchHead,
      pushed: metrics.pushed,
    })
    const buffered = () => socket.bufferedAmount
    const watching = new Watching(parts.watching, caller.account, { push, buffered })
    const leave = () => {
      stopListening()
      delivery.stop()
      watching.stop()
      store.seen(caller, clock.now()).catch(() => log.warn('seen time not stored', { connection: id }))
    }
    stage = { name: 'authenticated', caller, head, delivery, watching, leave }
    log.info('authenticated', { connection: id })
    answer(asked, { case: 'authenticated', value })
    delivery.rung()
    if (rungOnTheWay) look(caller)
  }

  function failed(error: unknown): void {
    log.error('delivery failed', { connection: id, ...whereThrown(error) })
    close(1011)
  }

  /** Answered first, so that what the device hears next comes behind it. */
  function forget(
    asked: Asked,
    request: AcknowledgeFields,
    { caller, head, delivery }: Authenticated,
  ): RelayBody | Promise<undefined> {
    const positions = readAcknowledgement(request)
    if ('case' in positions) return positions
    return store.acknowledge(caller, positions).then(() => {
      answer(asked, { case: 'acknowledged', value: {} })
      metrics.acknowledged(positions.length)
      head.acknowledged(positions)
      delivery.acknowledged(positions)
      return undefined
    })
  }

  function hear(ring: Ring, { caller, delivery }: Authenticated): void {
    switch (ring.kind) {
      case 'mail':
        delivery.rung(ring.placed)
        break
      case 'ephemeral':
        delivery.pushEphemeral(ring.envelope)
        break
      case 'keys-depleted':
        send(encodeRelayFrame(0, { case: 'keysDepleted', value: ring.left }))
        break
      case 'replaced':
        if (ring.by === undefined) replaced(caller)
        else look(caller)
        break
      case 'erased':
        end(GoodbyeReason.ERASED)
        break
      case 'unlisted':
        close(1008)
        break
      case 'missed':
        delivery.rung()
        look(caller)
        break
      default:
        unreachable(ring)
    }
  }

  /** Whether it may still be here. If that cannot be told now, it is asked again at the next ring. */
  function look(caller: Caller): void {
    admissionOf(store, caller, nonce).then(
      ({ verdict }) => {
        if (verdict === 'replaced') replaced(caller)
        else if (verdict === 'erased') end(GoodbyeReason.ERASED)
        else if (verdict !== 'admitted' && stage.name !== 'ending') close(1008)
      },
      (error: unknown) => {
        if (!(error instanceof StoreUnavailable)) failed(error)
      },
    )
  }

  /** Mail that came just now was told to this connection, and at no other relay. */
  function replaced(caller: Caller): void {
    end(GoodbyeReason.REPLACED)
    bell.ring(caller, { kind: 'mail' })
  }

  // --- Life ---

  const watch = parts.patience.watch({
    hasSaidHello: () => stage.name !== 'new',
    isAuthenticated: () => stage.name === 'authenticated' || attendance.isWelcome(),
    ping: () => socket.ping(),
    cut: (why) => {
      log.info('cut off', { connection: id, why })
      socket.terminate()
    },
  })
  socket.on('message', (message: Uint8Array, isBinary) => receive(message, isBinary))
  socket.on('pong', () => watch.heard())
  socket.on('ping', () => watch.heard())
  // Too large, not masked, not UTF-8 …: ws closes it by itself and tells the reason as a code.
  socket.on('error', () => log.info('socket error', { connection: id }))
  socket.on('close', (code) => {
    log.info('closed', { connection: id, code })
    leave()
    attendance.leave()
    stage = { name: 'ending', code }
    parts.patience.stop(watch)
    cancelTerminate()
    if (underWay === 0) settled()
  })
  return { end }
}

/** It was as it has to be when the device proved who it is, and is not any more. */
function whyNot(verdict: 'erased' | 'disabled' | 'unlisted'): Refusal {
  switch (verdict) {
    case 'erased':
      return refused(Reason.NO_SUCH_ACCOUNT, 'just erased')
    case 'disabled':
      return accountDisabled()
    case 'unlisted':
      // The next try is told why.
      return refused(Reason.UNAVAILABLE, 'the device list has just changed; try again', 1000)
  }
}

function updateNeeded(): RelayBody {
  return refused(Reason.UPDATE_NEEDED, 'this relay does not know that request')
}
