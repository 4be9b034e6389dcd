// The life of one device's connection: it greets, proves who it is, asks and is pushed to, and ends [P1]–[P6].

import type { Duplex } from 'node:stream'
import { decodeClientFrame, encodeRelayFrame, type RelayBody } from '../protocol/frames.ts'
import { GoodbyeReason, type Hello, Reason } from '../protocol/generated/relay_pb.ts'
import { NONCE_BYTES } from '../protocol/limits.ts'
import { whereThrown } from '../shared/thrown.ts'
import { admissionOf } from './admission.ts'
import { type Authentication, accountDisabled, type Caller, type Proof } from './authentication.ts'
import type { DeviceSocket, Speaker } from './device-socket.ts'
import { type AcknowledgeFields, type AskedBody, readFrequent, writeAnswer } from './frequent-frames.ts'
import { readAcknowledgement } from './mailboxes.ts'
import type { Patience, Watch, Watched } from './patience.ts'
import type { Crash, Random } from './ports.ts'
import { type Line, Presence, type PresenceParts } from './presence.ts'
import { endsConnection, malformed, type Refusal, refused } from './refusal.ts'
import { type Attendance, createAttendance, isOfRendezvous, type RendezvousParts } from './rendezvous.ts'
import type { Requests } from './requests.ts'
import { StoreUnavailable } from './store.ts'
import type { WriteTogether } from './write-together.ts'

/** Milliseconds for the other side to answer a close. */
const CLOSE_WITHIN = 5_000

/** Requests of one connection under way at once; beyond it, nothing is read from its socket. */
const MOST_UNDER_WAY = 256
/** Bytes of answers a device has not taken; beyond it, nothing is read from its socket. */
const MOST_UNREAD = 1024 * 1024
/** Bytes a device has not taken yet: below it nothing waits for them to be fewer, here, in delivery.ts or in streams/watch.ts. */
const WORTH_TELLING = 64 * 1024

export interface ConnectionParts extends PresenceParts {
  random: Random
  authentication: Authentication
  requests: Requests
  rendezvous: RendezvousParts
  patience: Patience
  writeTogether: WriteTogether
  /** Where else the relay can be reached when this one goes. */
  alternatives: readonly string[]
  crash: Crash
  /** Its socket is gone, and all that was under way is answered. */
  ended(connection: Connection): void
}

type Stage =
  | { name: 'new' }
  | { name: 'greeted'; nonce: Uint8Array }
  /** Before it is authenticated it listens already. */
  | { name: 'proving'; presence: Presence | undefined }
  | { name: 'authenticated'; presence: Presence }
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
  socket: DeviceSocket
  /** What is under it. */
  stream: Duplex
  /** For the log. */
  id: number
  /** For the limits. */
  address: string
}

/** There are very many, and most are idle: what all of them have is small, and functions are of the class. */
export class Connection implements Line, Speaker, Watched {
  readonly id: number
  readonly #parts: ConnectionParts
  readonly #socket: DeviceSocket
  readonly #stream: Duplex
  readonly #address: string
  readonly #watch: Watch
  #stage: Stage = NEW
  #underWay = 0
  /** Once it has to do with a rendezvous. */
  #attendance: Attendance | undefined
  #cancelTerminate: (() => void) | undefined

  constructor({ socket, stream, id, address }: Incoming, parts: ConnectionParts) {
    this.id = id
    this.#parts = parts
    this.#socket = socket
    this.#stream = stream
    this.#address = address
    this.#watch = parts.patience.watch(this)
    socket.speakFor(this)
  }

  // --- Out ---

  send(frame: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#parts.writeTogether(this.#stream)
    this.#write(frame)
  }

  push(frame: Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#write(frame)
  }

  buffered(): number {
    return this.#socket.bufferedAmount
  }

  /** Nobody waits to be told that it was written while little waits to be. */
  #write(frame: Uint8Array): void {
    if (this.buffered() + frame.length > WORTH_TELLING) this.#socket.send(frame, () => this.#written())
    else this.#socket.send(frame)
  }

  #written(): void {
    this.#resumeIfRoom()
    if (this.#stage.name === 'authenticated') this.#stage.presence.written()
  }

  #answer({ request, kind, at }: Asked, body: RelayBody): void {
    const { metrics, clock, crash } = this.#parts
    this.send(writeAnswer(request, body))
    metrics.answered(kind, body, clock.monotonic() - at)
    if (body.case === 'accepted') crash('append:accepted')
    if (endsConnection(body)) this.close(1008)
  }

  // --- In ---

  receive(message: Uint8Array, isBinary: boolean): void {
    this.heard()
    if (this.#stage.name === 'ending') return
    const frame = isBinary ? (readFrequent(message) ?? decodeClientFrame(message)) : undefined
    if (frame !== undefined) this.#take(frame)
    else this.#answer({ request: 0, kind: 'unknown', at: this.#parts.clock.monotonic() }, malformed('not a frame'))
  }

  #take({ request, body }: Frame): void {
    this.#underWay += 1
    this.#attend({ request, kind: body.case ?? 'unknown', at: this.#parts.clock.monotonic() }, body)
    if (this.#underWay >= MOST_UNDER_WAY || this.buffered() > MOST_UNREAD) this.#socket.pause()
  }

  /** Goes on in the same turn where nothing has to be waited for. */
  #attend(asked: Asked, body: AskedBody): void {
    try {
      const answered = this.#respond(asked, body)
      if (answered instanceof Promise)
        answered.then(
          (body) => this.#finish(asked, body),
          (error: unknown) => this.#fail(asked, error),
        )
      else this.#finish(asked, answered)
    } catch (error) {
      this.#fail(asked, error)
    }
  }

  #finish(asked: Asked, body: RelayBody | undefined): void {
    try {
      if (body !== undefined) this.#answer(asked, body)
    } catch (error) {
      this.#fail(asked, error)
      return
    }
    this.#done()
  }

  #fail(asked: Asked, error: unknown): void {
    const { log } = this.#parts
    const which = { connection: this.id, request: asked.kind }
    if (error instanceof StoreUnavailable) log.warn('store unavailable', which)
    else log.error('request failed', { ...which, ...whereThrown(error) })
    this.#answer(asked, refused(Reason.UNAVAILABLE, 'nothing was stored; try again later', 5000))
    this.#done()
  }

  #done(): void {
    this.#underWay -= 1
    this.#resumeIfRoom()
    if (this.#underWay === 0) this.#settled()
  }

  #resumeIfRoom(): void {
    if (this.#socket.isPaused && this.#underWay < MOST_UNDER_WAY && this.buffered() <= MOST_UNREAD)
      this.#socket.resume()
  }

  /** One answer to each frame [P3]; undefined where it is out already. */
  #respond(asked: Asked, body: AskedBody): RelayBody | undefined | Promise<RelayBody | undefined> {
    const stage = this.#stage
    switch (stage.name) {
      case 'new':
        if (body.case !== 'hello') return refused(Reason.NOT_AUTHENTICATED, 'say hello first')
        return this.#greet(body.value)
      case 'greeted':
        if (body.case === 'register' || body.case === 'authenticate') return this.#prove(asked, body, stage)
        if (isOfRendezvous(body)) return this.#attendRendezvous().serve({ address: this.#address }, body)
        if (body.case === undefined) return updateNeeded()
        if (body.case === 'hello') return malformed('a second hello')
        return refused(Reason.NOT_AUTHENTICATED, 'prove who you are first')
      case 'proving':
        return refused(Reason.NOT_AUTHENTICATED, 'wait for the answer')
      case 'authenticated':
        if (body.case === 'acknowledge') return this.#forget(asked, body.value, stage.presence)
        if (body.case === undefined) return updateNeeded()
        if (body.case === 'hello' || body.case === 'register' || body.case === 'authenticate')
          return malformed('already authenticated')
        if (body.case === 'watchStreams') return stage.presence.watch(body.value)
        if (isOfRendezvous(body)) return this.#attendRendezvous().serve({ caller: stage.presence.caller }, body)
        return this.#parts.requests(stage.presence.caller, body, stage.presence)
      case 'ending':
        return undefined
    }
  }

  #greet(hello: Hello): RelayBody {
    const nonce = this.#parts.random.bytes(NONCE_BYTES)
    const greeting = this.#parts.authentication.greet(hello, nonce)
    if (greeting.case === 'welcome') this.#stage = { name: 'greeted', nonce }
    return greeting
  }

  #attendRendezvous(): Attendance {
    this.#attendance ??= createAttendance(this.#parts.rendezvous, (frame) => this.send(frame))
    return this.#attendance
  }

  async #prove(asked: Asked, proof: Proof, greeted: Stage & { name: 'greeted' }): Promise<RelayBody | undefined> {
    this.#stage = { name: 'proving', presence: undefined }
    try {
      const proven = await this.#parts.authentication.prove(proof, greeted.nonce, this.#address)
      if (!proven.ok) return proven.refusal
      await this.#enter(asked, proven.caller, greeted.nonce, proven.deviceListVersion)
      return undefined
    } finally {
      if (this.#stage.name === 'proving') {
        this.#leave()
        this.#stage = greeted
      }
    }
  }

  /** Listens first and looks then: what happens to the account or its list meanwhile is seen, or rings. */
  async #enter(asked: Asked, caller: Caller, nonce: Uint8Array, deviceListVersion: number): Promise<void> {
    const { store, bell, clock, log } = this.#parts
    await store.enter(caller, nonce, clock.now())
    if (this.#stage.name !== 'proving') return
    bell.ring(caller, { kind: 'replaced', by: nonce })
    const presence = new Presence(this.#parts, this, caller, nonce)
    this.#stage = { name: 'proving', presence }
    const admission = await admissionOf(store, caller, nonce)
    if (this.#stage.name !== 'proving') return
    const value = { timeMs: BigInt(clock.now()), deviceListVersion: BigInt(deviceListVersion) }
    if (admission.verdict === 'replaced') {
      this.#answer(asked, { case: 'authenticated', value })
      return presence.replaced()
    }
    if (admission.verdict !== 'admitted') return this.#answer(asked, whyNot(admission.verdict))
    this.#stage = { name: 'authenticated', presence }
    log.info('authenticated', { connection: this.id })
    this.#answer(asked, { case: 'authenticated', value })
    presence.begin(admission.lastPosition)
  }

  /** Answered first, so that what the device hears next comes behind it. */
  #forget(asked: Asked, request: AcknowledgeFields, presence: Presence): RelayBody | Promise<undefined> {
    const positions = readAcknowledgement(request)
    if ('case' in positions) return positions
    return this.#parts.store.acknowledge(presence.caller, positions).then(() => {
      this.#answer(asked, { case: 'acknowledged', value: {} })
      presence.acknowledged(positions)
      return undefined
    })
  }

  // --- Life ---

  heard(): void {
    this.#watch.heard()
  }

  hasSaidHello(): boolean {
    return this.#stage.name !== 'new'
  }

  isAuthenticated(): boolean {
    return this.#stage.name === 'authenticated' || (this.#attendance?.isWelcome() ?? false)
  }

  ping(): void {
    this.#socket.ping()
  }

  cut(why: string): void {
    this.#parts.log.info('cut off', { connection: this.id, why })
    this.#socket.terminate()
  }

  /** Too large, not masked, not UTF-8 …: ws tells the reason as a code when it has closed the socket. */
  broke(): void {
    this.#parts.log.info('socket error', { connection: this.id })
  }

  end(reason: GoodbyeReason): void {
    if (this.#stage.name === 'ending') return
    const isShuttingDown = reason === GoodbyeReason.SHUTTING_DOWN
    const elsewhere = { reconnectAfterMs: 1000, alternatives: [...this.#parts.alternatives] }
    this.send(encodeRelayFrame(0, { case: 'goodbye', value: { reason, ...(isShuttingDown && elsewhere) } }))
    this.close(isShuttingDown ? 1001 : 1000)
  }

  /** What is under way is answered first; nothing more is heard. The first reason is the one that counts. */
  close(code: number): void {
    if (this.#stage.name === 'ending') return
    this.#stopAll(code)
    this.#cancelTerminate = this.#parts.clock.after(CLOSE_WITHIN, () => this.#socket.terminate())
    if (this.#underWay === 0) this.#settled()
  }

  closed(code: number): void {
    this.#parts.log.info('closed', { connection: this.id, code })
    this.#stopAll(code)
    if (this.#underWay === 0) this.#settled()
  }

  #stopAll(code: number): void {
    this.#leave()
    this.#attendance?.leave()
    this.#stage = { name: 'ending', code }
    this.#parts.patience.stop(this.#watch)
    this.#cancelTerminate?.()
  }

  #leave(): void {
    if (this.#stage.name === 'proving' || this.#stage.name === 'authenticated') this.#stage.presence?.leave()
  }

  #settled(): void {
    if (this.#socket.readyState === this.#socket.CLOSED) this.#parts.ended(this)
    if (this.#stage.name !== 'ending' || this.#socket.readyState !== this.#socket.OPEN) return
    this.#socket.resume()
    this.#socket.close(this.#stage.code)
  }
}

const NEW: Stage = { name: 'new' }

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
