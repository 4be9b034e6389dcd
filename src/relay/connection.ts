// The life of one device's connection: it greets, proves who it is, asks and is pushed to, and ends [P1]–[P6].

import type { WebSocket } from 'ws'
import { decodeClientFrame, encodeRelayFrame, type RelayBody } from '../protocol/frames.ts'
import { type ClientFrame, GoodbyeReason, Reason } from '../protocol/generated/relay_pb.ts'
import { NONCE_BYTES } from '../protocol/limits.ts'
import { unreachable } from '../shared/answer.ts'
import type { Authentication, Caller } from './authentication.ts'
import type { Bell, Ring } from './bell.ts'
import { createDelivery, type Delivery } from './delivery.ts'
import { writeAnswer } from './frequent-frames.ts'
import type { RelayMetrics } from './metrics.ts'
import { watch } from './patience.ts'
import { type HeadWatch, POISON_AFTER } from './poison.ts'
import type { Clock, Crash, Log, Random } from './ports.ts'
import { endsConnection, malformed, refused } from './refusal.ts'
import { createAttendance, isOfRendezvous, type RendezvousParts } from './rendezvous.ts'
import type { RequestBody, Requests } from './requests.ts'
import { type RelayStore, StoreUnavailable } from './store.ts'
import { createWatching, type Watching, type WatchingParts } from './streams/watch.ts'

/** Milliseconds for the other side to answer a close. */
const CLOSE_WITHIN = 5_000

/** Requests of one connection under way at once; beyond it, nothing is read from its socket. */
const MOST_UNDER_WAY = 256
/** Bytes of answers a device has not taken; beyond it, nothing is read from its socket. */
const MOST_UNREAD = 1024 * 1024

export interface ConnectionParts {
  store: RelayStore
  bell: Bell
  clock: Clock
  random: Random
  log: Log
  authentication: Authentication
  requests: Requests
  rendezvous: RendezvousParts
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

type Stage =
  | { name: 'new' }
  | { name: 'greeted' | 'proving' }
  | { name: 'authenticated'; caller: Caller; delivery: Delivery; watching: Watching; leave(): void }
  | { name: 'ending'; code: number }

/** A request that waits for its answer. */
interface Asked {
  request: number
  kind: string
  /** When it came, by the monotonic clock. */
  at: number
}

export interface Incoming {
  socket: WebSocket
  /** For the log. */
  id: number
  /** For the limits. */
  address: string
  /** Gathers what is sent in one turn into one write. */
  flushLater(): void
  /** The socket is gone, and all that was under way is answered. */
  ended(): void
}

export function serveConnection(
  { socket, id, address, flushLater, ended }: Incoming,
  parts: ConnectionParts,
): Connection {
  const { store, bell, clock, random, log, authentication, requests, metrics, heads, alternatives, crash } = parts
  const nonce = random.bytes(NONCE_BYTES)
  const attendance = createAttendance(parts.rendezvous, send)
  let stage: Stage = { name: 'new' }
  let underWay = 0
  let cancelTerminate = () => {}

  // --- Out ---

  function send(frame: Uint8Array): void {
    if (socket.readyState !== socket.OPEN) return
    flushLater()
    socket.send(frame, written)
  }

  /** One frame for very many: by itself, and only where something waits to be written is it told when this is. */
  function push(frame: Uint8Array): void {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > 0) socket.send(frame, written)
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
    if (stage.name === 'authenticated') stage.leave()
    attendance.leave()
    stage = { name: 'ending', code }
    patience.stop()
    cancelTerminate()
    cancelTerminate = clock.after(CLOSE_WITHIN, () => socket.terminate())
    if (underWay === 0) settled()
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
    patience.heard()
    if (stage.name === 'ending') return
    const frame = isBinary ? decodeClientFrame(message) : undefined
    if (frame === undefined) answer({ request: 0, kind: 'unknown', at: clock.monotonic() }, malformed('not a frame'))
    else take(frame)
  }

  function take(frame: ClientFrame): void {
    underWay += 1
    const asked = { request: frame.request, kind: frame.body.case ?? 'unknown', at: clock.monotonic() }
    void attend(asked, frame)
    if (underWay >= MOST_UNDER_WAY || socket.bufferedAmount > MOST_UNREAD) socket.pause()
  }

  async function attend(asked: Asked, frame: ClientFrame): Promise<void> {
    try {
      await respond(asked, frame)
    } catch (error) {
      if (error instanceof StoreUnavailable) log.warn('store unavailable', { connection: id, request: asked.kind })
      else log.error('request failed', { connection: id, request: asked.kind, error: nameOf(error) })
      answer(asked, refused(Reason.UNAVAILABLE, 'nothing was stored; try again later', 5000))
    } finally {
      underWay -= 1
      resumeIfRoom()
      if (underWay === 0) settled()
    }
  }

  function resumeIfRoom(): void {
    if (socket.isPaused && underWay < MOST_UNDER_WAY && socket.bufferedAmount <= MOST_UNREAD) socket.resume()
  }

  /** One answer to each frame [P3]. */
  function respond(asked: Asked, { body }: ClientFrame): void | Promise<void> {
    switch (stage.name) {
      case 'new':
        if (body.case !== 'hello') return answer(asked, refused(Reason.NOT_AUTHENTICATED, 'say hello first'))
        return greet(asked, authentication.greet(body.value, nonce))
      case 'greeted':
        if (body.case === 'register' || body.case === 'authenticate') return prove(asked, body)
        if (isOfRendezvous(body)) return answerWith(asked, attendance.serve({ address }, body))
        if (body.case === undefined) return answer(asked, updateNeeded())
        if (body.case === 'hello') return answer(asked, malformed('a second hello'))
        return answer(asked, refused(Reason.NOT_AUTHENTICATED, 'prove who you are first'))
      case 'proving':
        return answer(asked, refused(Reason.NOT_AUTHENTICATED, 'wait for the answer'))
      case 'authenticated':
        if (body.case === undefined) return answer(asked, updateNeeded())
        if (body.case === 'hello' || body.case === 'register' || body.case === 'authenticate')
          return answer(asked, malformed('already authenticated'))
        if (body.case === 'watchStreams') return answerWith(asked, stage.watching.watch(body.value))
        if (isOfRendezvous(body)) return answerWith(asked, attendance.serve({ caller: stage.caller }, body))
        return serve(asked, body, stage.caller, stage.delivery)
      case 'ending':
        return
    }
  }

  async function answerWith(asked: Asked, body: Promise<RelayBody>): Promise<void> {
    answer(asked, await body)
  }

  function greet(asked: Asked, greeting: RelayBody): void {
    if (greeting.case === 'welcome') stage = { name: 'greeted' }
    answer(asked, greeting)
  }

  async function prove(asked: Asked, proof: Parameters<Authentication['prove']>[0]): Promise<void> {
    stage = { name: 'proving' }
    try {
      const proven = await authentication.prove(proof, nonce, address)
      if (proven.ok) return await enter(asked, proven.caller, proven.deviceListVersion)
      answer(asked, proven.refusal)
    } finally {
      if (stage.name === 'proving') stage = { name: 'greeted' }
    }
  }

  async function enter(asked: Asked, caller: Caller, deviceListVersion: number): Promise<void> {
    await store.seen(caller, clock.now())
    const state = await store.mailboxState(caller)
    if (stage.name !== 'proving') return
    if (state === undefined) return answer(asked, refused(Reason.NO_SUCH_ACCOUNT, 'just erased'))
    bell.ring(caller, { kind: 'replaced' })
    const failed = (error: unknown) => {
      log.error('delivery failed', { connection: id, error: nameOf(error) })
      close(1011)
    }
    const watchHead = (position: number) => {
      if (!heads.began(caller, position)) return
      metrics.poisonFound()
      log.warn('poison', { connection: id, deliveries: POISON_AFTER })
    }
    const delivery = createDelivery(store, caller, state.lastPosition, {
      send,
      buffered: () => socket.bufferedAmount,
      failed,
      began: watchHead,
      pushed: metrics.pushed,
    })
    const stopListening = bell.listen(caller, (ring) => hear(ring, delivery))
    const buffered = () => socket.bufferedAmount
    const watching = createWatching(parts.watching, caller.account, { push, buffered })
    const leave = () => {
      stopListening()
      delivery.stop()
      watching.stop()
      store.seen(caller, clock.now()).catch(() => log.warn('seen time not stored', { connection: id }))
    }
    stage = { name: 'authenticated', caller, delivery, watching, leave }
    log.info('authenticated', { connection: id })
    const value = { timeMs: BigInt(clock.now()), deviceListVersion: BigInt(deviceListVersion) }
    answer(asked, { case: 'authenticated', value })
    delivery.rung()
  }

  async function serve(asked: Asked, body: RequestBody, caller: Caller, delivery: Delivery): Promise<void> {
    const served = await requests(caller, body)
    answer(asked, served.answer)
    if (served.acknowledged === undefined) return
    metrics.acknowledged(served.acknowledged.length)
    heads.acknowledged(caller, served.acknowledged)
    delivery.acknowledged(served.acknowledged)
  }

  function hear(ring: Ring, delivery: Delivery): void {
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
        end(GoodbyeReason.REPLACED)
        break
      case 'erased':
        end(GoodbyeReason.ERASED)
        break
      case 'unlisted':
        close(1008)
        break
      default:
        unreachable(ring)
    }
  }

  // --- Life ---

  const patience = watch(clock, {
    hasSaidHello: () => stage.name !== 'new',
    isAuthenticated: () => stage.name === 'authenticated' || attendance.isWelcome(),
    ping: () => socket.ping(),
    cut: (why) => {
      log.info('cut off', { connection: id, why })
      socket.terminate()
    },
  })
  socket.on('message', (message: Uint8Array, isBinary) => receive(message, isBinary))
  socket.on('pong', patience.heard)
  socket.on('ping', patience.heard)
  // Too large, not masked, not UTF-8 …: ws closes it by itself and tells the reason as a code.
  socket.on('error', () => log.info('socket error', { connection: id }))
  socket.on('close', (code) => {
    log.info('closed', { connection: id, code })
    if (stage.name === 'authenticated') stage.leave()
    attendance.leave()
    stage = { name: 'ending', code }
    patience.stop()
    cancelTerminate()
    if (underWay === 0) settled()
  })
  return { end }
}

function updateNeeded(): RelayBody {
  return refused(Reason.UPDATE_NEEDED, 'this relay does not know that request')
}

/** Its kind; a message could repeat what was asked. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
