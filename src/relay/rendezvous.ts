// Rendezvous: a device that has no account yet and one that has pass each other a few messages, under a code that one
// shows and the other is told [P102]. What they say is theirs: docs/protocol.md has the ceremony.

import { createHash } from 'node:crypto'
import { encodeRelayFrame, type RelayBody } from '../protocol/frames.ts'
import { type ClientFrame, Reason } from '../protocol/generated/relay_pb.ts'
import { MAX_RENDEZVOUS_BYTES, RENDEZVOUS_LIFETIME } from '../protocol/limits.ts'
import { AccountId, type DeviceId, type Instant } from '../shared/ids.ts'
import { LinkCode, linkCodeOf } from '../shared/link-code.ts'
import type { Caller } from './authentication.ts'
import type { Bell } from './bell.ts'
import type { AskedBody } from './frequent-frames.ts'
import type { Limit } from './limits.ts'
import { AUTHENTICATED_WITHIN } from './patience.ts'
import type { Clock, Log, Random } from './ports.ts'
import { malformed, refused, tooManyRequests } from './refusal.ts'
import type { Mailbox, Meeting, RendezvousSide, RendezvousStore } from './store.ts'

/** Tries to find a code that nobody has: of 2⁴⁰, the first will do. */
const TRIES = 5

export interface RendezvousParts {
  store: RendezvousStore
  bell: Bell
  clock: Clock
  random: Random
  log: Log
  /** By address. */
  openings: Limit
  /** By account. */
  joinings: Limit
}

export type RendezvousBody = Extract<
  ClientFrame['body'],
  { case: 'openRendezvous' } | { case: 'joinRendezvous' } | { case: 'sayInRendezvous' } | { case: 'leaveRendezvous' }
>

export function isOfRendezvous(body: AskedBody): body is RendezvousBody {
  return (
    body.case === 'openRendezvous' ||
    body.case === 'joinRendezvous' ||
    body.case === 'sayInRendezvous' ||
    body.case === 'leaveRendezvous'
  )
}

/** The part a connection has in a rendezvous: in one at a time. */
export interface Attendance {
  /** In one, or a moment ago: a reason to be connected without having proven who one is. */
  isWelcome(): boolean
  /** `who`: the device, if it has proven that; else where it comes from. */
  serve(who: { caller: Caller } | { address: string }, body: RendezvousBody): Promise<RelayBody>
  /** For both sides. */
  leave(): void
}

interface There {
  meeting: Meeting
  side: RendezvousSide
  stop(): void
}

export function createAttendance(parts: RendezvousParts, send: (frame: Uint8Array) => void): Attendance {
  const { store, bell, clock, random, log, openings, joinings } = parts
  let there: There | undefined
  let gone = false
  let leftAt = Number.NEGATIVE_INFINITY
  /** Looking and placing: one after the other, so that what is said first is heard first. */
  let last: Promise<unknown> = Promise.resolve()

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }

  function attend(meeting: Meeting, side: RendezvousSide): void {
    const unlisten = bell.listen(mailboxOf(meeting, side), look)
    const callOff = clock.after(Math.max(1, meeting.expiresAt - clock.now()), end)
    there = {
      meeting,
      side,
      stop: () => {
        unlisten()
        callOff()
      },
    }
    look()
  }

  /** There may be something new: a message, or that the other side has left. */
  function look(): void {
    inTurn(async () => {
      if (there === undefined) return
      const taken = await store.takeRendezvousMessages(there.meeting.code, there.side, clock.now())
      if (there === undefined) return
      for (const content of taken?.messages ?? [])
        send(encodeRelayFrame(0, { case: 'rendezvousMessage', value: { content: new Uint8Array(content) } }))
      if (taken === undefined || taken.over) end()
    }).catch((error: unknown) => {
      log.warn('rendezvous not read', { error: error instanceof Error ? error.name : 'unknown' })
      end()
    })
  }

  function end(): void {
    if (there === undefined) return
    leave()
    send(encodeRelayFrame(0, { case: 'rendezvousClosed', value: {} }))
  }

  function leave(): void {
    if (there === undefined) return
    const { meeting, side, stop } = there
    there = undefined
    leftAt = clock.monotonic()
    stop()
    store.closeRendezvous(meeting.code).then(
      () => bell.ring(mailboxOf(meeting, otherSide(side)), { kind: 'mail' }),
      () => log.warn('rendezvous not closed'),
    )
  }

  async function open(address: string): Promise<RelayBody> {
    const wait = openings.take(address)
    if (wait > 0) return tooManyRequests(wait)
    const expiresAt = (clock.now() + RENDEZVOUS_LIFETIME) as Instant
    for (let tried = 0; tried < TRIES; tried++) {
      const code = linkCodeOf(random.bytes(5))
      const meeting = { code: digestOf(code), place: placeOf(random.bytes(16)), expiresAt }
      if (!(await store.openRendezvous(meeting, clock.now()))) continue
      if (gone) return abandon(meeting)
      attend(meeting, 'opener')
      return { case: 'rendezvousOpened', value: { code, expiresMs: BigInt(expiresAt) } }
    }
    return refused(Reason.UNAVAILABLE, 'no code was free')
  }

  async function join({ account }: Caller, typed: string): Promise<RelayBody> {
    const wait = joinings.take(account)
    if (wait > 0) return tooManyRequests(wait)
    const code = LinkCode.safeParse(typed)
    const meeting = code.success ? await store.joinRendezvous(digestOf(code.data), clock.now()) : undefined
    if (meeting === undefined) return noSuchRendezvous()
    if (gone) return abandon(meeting)
    attend(meeting, 'joiner')
    return { case: 'rendezvousJoined', value: { expiresMs: BigInt(meeting.expiresAt) } }
  }

  /** The connection ended while it was being made: nobody is left to leave it. */
  async function abandon(meeting: Meeting): Promise<RelayBody> {
    await store.closeRendezvous(meeting.code)
    return noSuchRendezvous()
  }

  async function say({ meeting, side }: There, content: Uint8Array): Promise<RelayBody> {
    const placed = await store.placeRendezvousMessage(meeting.code, otherSide(side), content, clock.now())
    if (placed === 'too-many') return refused(Reason.TOO_LARGE, 'no more messages in this rendezvous')
    if (placed === 'gone') return noSuchRendezvous()
    bell.ring(mailboxOf(meeting, otherSide(side)), { kind: 'mail' })
    return { case: 'rendezvousSaid', value: {} }
  }

  return {
    isWelcome: () => there !== undefined || clock.monotonic() - leftAt < AUTHENTICATED_WITHIN,
    serve: (who, body) => {
      switch (body.case) {
        case 'openRendezvous':
          if ('caller' in who) return Promise.resolve(malformed('has an account already'))
          return inTurn(async () => (there === undefined ? open(who.address) : malformed('one at a time')))
        case 'joinRendezvous':
          if (!('caller' in who)) return Promise.resolve(refused(Reason.NOT_AUTHENTICATED, 'prove who you are first'))
          return inTurn(async () =>
            there === undefined ? join(who.caller, body.value.code) : malformed('one at a time'),
          )
        case 'sayInRendezvous': {
          const { content } = body.value
          if (content.length === 0) return Promise.resolve(malformed('nothing was said'))
          if (content.length > MAX_RENDEZVOUS_BYTES)
            return Promise.resolve(refused(Reason.TOO_LARGE, `at most ${MAX_RENDEZVOUS_BYTES} bytes`))
          return inTurn(async () => (there === undefined ? noSuchRendezvous() : say(there, content)))
        }
        case 'leaveRendezvous':
          return inTurn(async () => {
            leave()
            return { case: 'rendezvousClosed', value: {} }
          })
      }
    },
    leave: () => {
      gone = true
      leave()
    },
  }
}

function noSuchRendezvous(): RelayBody {
  return refused(Reason.NO_SUCH_RENDEZVOUS, 'no such rendezvous')
}

/** The store does not let anyone in who reads it. */
function digestOf(code: LinkCode): Uint8Array {
  return createHash('sha256').update(code).digest()
}

/** Where the bell rings for a side: a mailbox that nobody has, under an id as random as an account's. */
function mailboxOf({ place }: Meeting, side: RendezvousSide): Mailbox {
  return { account: place, device: (side === 'opener' ? 1 : 2) as DeviceId }
}

function placeOf(random: Uint8Array): AccountId {
  const bytes = Buffer.from(random)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return AccountId.parse(bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'))
}

function otherSide(side: RendezvousSide): RendezvousSide {
  return side === 'opener' ? 'joiner' : 'opener'
}
