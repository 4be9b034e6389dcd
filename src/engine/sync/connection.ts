// The connection to the relay: made, kept, made again; one request, one answer.

import { type ClientBody, decodeRelayFrame, encodeClientFrame } from '../../protocol/frames.ts'
import {
  GoodbyeReason,
  type IncomingEnvelope,
  Reason,
  type RelayFrame,
  type ReplaceIdentity,
  type SignedDeviceList,
  type StreamGrew,
  type Welcome,
} from '../../protocol/generated/relay_pb.ts'
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../../protocol/limits.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { Failure } from '../../shared/failure.ts'
import { Instant } from '../../shared/ids.ts'
import type { Connection } from '../../shared/model.ts'
import type { Clock, Log, Random, RelayAddress, Wire, WireConnection, WireEnd } from '../ports.ts'
import { createBackoff } from './backoff.ts'
import { createDetours, type Detour } from './detours.ts'
import { failureOf } from './refusals.ts'

type Body = RelayFrame['body']
export type AnswerCase = Exclude<Body['case'], undefined>
export type AnswerOf<Case extends AnswerCase> = Extract<Body, { case: Case }>['value']

/** What a relay may ask for at most before the next try, in milliseconds: trying goes on for ever [P9]. */
const LONGEST_PAUSE = 60_000
/** How long an answer may take, in milliseconds. */
const PATIENCE = 30_000

export interface ConnectionListener {
  stateChanged(state: Connection): void
  /** After authentication, before anything else is asked. What it returns ends the connection if it is a refusal. */
  introduced(): Promise<Answer<null>>
  /** The relay knows no such account. True: the next introduction says it all again. */
  unknownToRelay(): boolean
  /** The relay says that this device is in no list, and shows the list. again: with what was learned from it. */
  notListed(list: SignedDeviceList): Promise<'again' | 'removed' | 'not-proven'>
  /** [P97] Another identity key has taken the place of ours, says the relay. renewed: with another connection, under that. */
  replaced(shown: ReplaceIdentity): Promise<'renewed' | 'removed' | 'not-proven'>
  /** Of the account's device list at the relay, at every connect. */
  listVersion(version: number): void
  delivered(envelopes: readonly IncomingEnvelope[]): void
  streamGrew(push: StreamGrew): void
  /** [P35] Few one-time prekeys are left at the relay. */
  keysDepleted(): void
}

export interface ConnectionNeeds {
  wire: Wire
  clock: Clock
  random: Random
  log: Log
  findRelay(): Promise<RelayAddress>
  /** What to say to this welcome: Register or Authenticate, signed. */
  introduce(welcome: Welcome): ClientBody
}

export interface RendezvousParty {
  heard(content: Uint8Array): void
  over(): void
}

export interface RelayConnection {
  state(): Connection
  /** The relay's id and limits, once it said them. */
  welcome(): Welcome | undefined
  /** Where the relay is reached now, or would be. Rejects if there is none to be had. */
  address(): Promise<RelayAddress>
  /** Connects and keeps at it. Called when it already does: tries now. */
  start(): void
  stop(): void
  /** Sends and waits for this kind of answer. Lost connections and other answers are refusals. */
  ask<Case extends AnswerCase>(body: ClientBody, expected: Case): Promise<Answer<AnswerOf<Case>>>
  /** Like ask, for requests with more than one good answer. */
  askAny(body: ClientBody): Promise<Answer<Exclude<Body, { case: 'refused' } | { case: undefined }>>>
  /** Who hears what is said in a rendezvous, until it is over; the connection's end is its end, too. */
  meet(party: RendezvousParty | undefined): void
  /** Ends the connection; it comes back by itself, and the relay delivers again what was not acknowledged. */
  interrupt(failure: Failure): void
}

export function createConnection(needs: ConnectionNeeds, listener: ConnectionListener): RelayConnection {
  const { clock, log } = needs
  const backoff = createBackoff(needs.random)
  const detours = createDetours(needs.random)
  const waiting = new Map<number, (body: Body | undefined) => void>()
  let state: Connection = { state: 'idle' }
  let wire: WireConnection | undefined
  let address: RelayAddress | undefined
  let welcome: Welcome | undefined
  let nextRequest = 1
  let callOffRetry: (() => void) | undefined
  // Counts attempts: what an earlier one still has to say is not heard [P9].
  let attempt = 0
  let authenticated = false
  let isIntroduced = false
  let isCaughtUp = false
  let askedPause: number | undefined
  /** With the refusal that came last. */
  let shownList: SignedDeviceList | undefined
  let shownReplacement: ReplaceIdentity | undefined
  let party: RendezvousParty | undefined

  function enter(next: Connection): void {
    state = next
    listener.stateChanged(next)
  }

  function connect(): void {
    callOffRetry?.()
    callOffRetry = undefined
    attempt += 1
    const mine = attempt
    enter({ state: 'connecting' })
    const detour = detours.next()
    if (detour !== undefined) {
      open(detour.address, mine, detour)
      return
    }
    needs.findRelay().then(
      (found) => {
        if (mine === attempt) open(found, mine)
      },
      () => {
        if (mine === attempt) retryLater()
      },
    )
  }

  function open(at: RelayAddress, mine: number, detour?: Detour): void {
    address = at
    wire = needs.wire.connect(at, {
      opened: () => {
        if (mine !== attempt) return
        shakeHands(mine, detour).catch((error: unknown) => {
          log.error('connection.handshake', { error: error instanceof Error ? error.name : 'unknown' })
          if (mine === attempt) drop()
        })
      },
      frame: (bytes) => {
        if (mine === attempt) hear(bytes)
      },
      ended: (why) => {
        if (mine === attempt) ended(why)
      },
    })
  }

  async function shakeHands(mine: number, detour: Detour | undefined): Promise<void> {
    const hello = await ask(
      { case: 'hello', value: { minimumVersion: OLDEST_PROTOCOL_VERSION, maximumVersion: PROTOCOL_VERSION } },
      'welcome',
    )
    if (mine !== attempt) return
    if (!hello.ok) return detour === undefined ? giveUpOrRetry(hello.failure) : drop()
    // Before it has heard anything of us.
    if (detour?.leadsTo(hello.value) === false) {
      log.warn('connection.another-relay')
      return drop()
    }
    welcome = hello.value
    const introduction = await ask(needs.introduce(welcome), 'authenticated')
    if (mine !== attempt) return
    if (!introduction.ok) {
      if (introduction.failure.code === 'no-such-person' && listener.unknownToRelay()) return drop()
      const replacement = shownReplacement
      shownReplacement = undefined
      if (replacement !== undefined) {
        const outcome = await listener.replaced(replacement)
        if (mine !== attempt || outcome === 'renewed') return
        return giveUpOrRetry(outcome === 'removed' ? { code: 'device-removed' } : introduction.failure)
      }
      const list = shownList
      shownList = undefined
      const outcome = list === undefined ? 'not-proven' : await listener.notListed(list)
      if (mine !== attempt) return
      if (outcome === 'again') {
        hangUp()
        return connect()
      }
      return giveUpOrRetry(outcome === 'removed' ? { code: 'device-removed' } : introduction.failure)
    }
    listener.listVersion(Number(introduction.value.deviceListVersion))
    const introduced = await listener.introduced()
    if (mine !== attempt) return
    if (!introduced.ok) return giveUpOrRetry(introduced.failure)
    backoff.reset()
    isIntroduced = true
    onlineIfComplete()
  }

  /** What waited is here, and the relay has what others need to write to us. */
  function onlineIfComplete(): void {
    if (isIntroduced && isCaughtUp && state.state === 'catching-up') enter({ state: 'online', since: clock.now() })
  }

  /** Some refusals would be the same the next time: those wait for a person. */
  function giveUpOrRetry(failure: Failure): void {
    if (failure.code === 'not-connected' || failure.code === 'rate-limited') {
      askedPause = failure.retryAfter
      drop()
      return
    }
    log.warn('connection.refused', { code: failure.code })
    hangUp()
    enter({ state: 'refused', failure })
  }

  function hear(bytes: Uint8Array): void {
    const frame = decodeRelayFrame(bytes)
    if (frame === undefined) {
      log.warn('connection.malformed-frame', { bytes: bytes.length })
      drop()
      return
    }
    if (frame.request !== 0) {
      const heard = waiting.get(frame.request)
      waiting.delete(frame.request)
      // At once, not when who asked gets to it: what is pushed right behind it counts already.
      if (frame.body.case === 'authenticated' && heard !== undefined && !authenticated) {
        authenticated = true
        enter({ state: 'catching-up', since: clock.now() })
      }
      heard?.(frame.body)
      return
    }
    switch (frame.body.case) {
      case 'deliver':
        if (authenticated) listener.delivered(frame.body.value.envelopes)
        return
      case 'streamGrew':
        if (authenticated) listener.streamGrew(frame.body.value)
        return
      case 'keysDepleted':
        if (authenticated) listener.keysDepleted()
        return
      case 'rendezvousMessage':
        party?.heard(frame.body.value.content)
        return
      case 'rendezvousClosed':
        party?.over()
        return
      case 'caughtUp':
        isCaughtUp = true
        onlineIfComplete()
        return
      case 'goodbye':
        if (frame.body.value.reason === GoodbyeReason.REPLACED) {
          hangUp()
          enter({
            state: 'refused',
            failure: { code: 'profile-in-use', detail: 'another connection of this device took over' },
          })
        } else if (frame.body.value.reason === GoodbyeReason.ERASED) {
          hangUp()
          enter({ state: 'refused', failure: { code: 'no-profile', detail: 'the account was erased at the relay' } })
        } else {
          askedPause = frame.body.value.reconnectAfterMs
          if (welcome !== undefined && address !== undefined)
            detours.told(frame.body.value.alternatives, address, welcome.relay)
        }
        return
      case 'refused':
        // Not to any request: the relay could not read us and will close.
        log.warn('connection.refused-frame', { reason: frame.body.value.reason })
        return
      default:
        // A push of a later version: not for us [P4].
        log.debug('connection.unknown-push')
    }
  }

  function ended(why: WireEnd): void {
    log.info('connection.ended', { why })
    wire = undefined
    forgetRequests()
    if (why === 'forbidden') {
      // A moved or restarted bundled relay has another token: asking where it is again may help, so this retries.
      log.warn('connection.forbidden')
    }
    retryLater()
  }

  function drop(): void {
    hangUp()
    retryLater()
  }

  function hangUp(): void {
    attempt += 1
    const open = wire
    wire = undefined
    forgetRequests()
    open?.close()
  }

  function forgetRequests(): void {
    authenticated = false
    isIntroduced = false
    isCaughtUp = false
    const lost = [...waiting.values()]
    waiting.clear()
    for (const heard of lost) heard(undefined)
    party?.over()
  }

  function retryLater(): void {
    // The pause is for the relay that goes, not for where else it is.
    const pause = detours.isThereOne() ? 0 : Math.min(askedPause ?? 0, LONGEST_PAUSE)
    const wait = Math.max(backoff.next(), pause)
    askedPause = undefined
    const now = clock.now()
    callOffRetry?.()
    callOffRetry = clock.after(wait, connect)
    enter({
      state: 'offline',
      since: state.state === 'offline' ? state.since : now,
      retryAt: Instant.parse(now + wait),
    })
  }

  function send(body: ClientBody): Promise<Body | undefined> {
    const connection = wire
    if (connection === undefined) return Promise.resolve(undefined)
    const request = nextRequest
    nextRequest = nextRequest === 0xffff_ffff ? 1 : nextRequest + 1
    return new Promise((resolve) => {
      const giveUp = clock.after(PATIENCE, () => {
        log.warn('connection.no-answer', { request: body.case ?? 'none' })
        if (waiting.has(request)) drop()
      })
      waiting.set(request, (answered) => {
        giveUp()
        resolve(answered)
      })
      connection.send(encodeClientFrame(request, body))
    })
  }

  async function askAny(body: ClientBody): Promise<Answer<Exclude<Body, { case: 'refused' } | { case: undefined }>>> {
    if (!authenticated && body.case !== 'hello' && body.case !== 'register' && body.case !== 'authenticate')
      return refuse('not-connected')
    const answered = await send(body)
    if (answered === undefined) return refuse('not-connected')
    if (answered.case === 'refused') {
      shownList = answered.value.deviceList
      shownReplacement = answered.value.replacement
      if (answered.value.reason === Reason.NOT_AUTHENTICATED) drop()
      return { ok: false, failure: failureOf(answered.value) }
    }
    if (answered.case === undefined) return refuse('update-needed')
    return answer(answered)
  }

  async function ask<Case extends AnswerCase>(body: ClientBody, expected: Case): Promise<Answer<AnswerOf<Case>>> {
    const answered = await askAny(body)
    if (!answered.ok) return answered
    if (answered.value.case !== expected) return refuse('relay-refused', 'an answer of another kind')
    return answer(answered.value.value as AnswerOf<Case>)
  }

  return {
    state: () => state,
    welcome: () => welcome,
    address: async () => (wire === undefined || address === undefined ? needs.findRelay() : address),
    start() {
      if (wire !== undefined && state.state !== 'refused') return
      backoff.reset()
      connect()
    },
    stop() {
      callOffRetry?.()
      callOffRetry = undefined
      hangUp()
      state = { state: 'idle' }
    },
    ask,
    askAny,
    meet(next) {
      party = next
    },
    interrupt(failure) {
      log.warn('connection.interrupted', { code: failure.code })
      hangUp()
      callOffRetry?.()
      callOffRetry = clock.after(5_000, connect)
      enter({ state: 'refused', failure })
    },
  }
}
