// Delivery: pushes a mailbox to its device in order, as fast as the device takes it, and no faster [P53] [P56].

import { encodeRelayFrame } from '../protocol/frames.ts'
import { MAX_FRAME_BYTES } from '../protocol/limits.ts'
import { writeDeliver } from './frequent-frames.ts'
import { DELIVERY_WINDOW } from './limits.ts'
import type { HeldEnvelope, Mailbox, MailboxStore, Placed } from './store.ts'

/** Envelopes read from the store in one go. */
const READ_AT_ONCE = 64
/** Above so many bytes that the socket has not taken yet, nothing more is pushed. */
const ENOUGH_BUFFERED = 256 * 1024
/** More than an envelope's fields other than its content take on the wire, in bytes. */
const WRAPPING = 96

export interface Outlet {
  send(frame: Uint8Array): void
  /** Bytes the socket has not taken yet. */
  buffered(): number
  /** The mailbox cannot be read. */
  failed(error: unknown): void
  /** Once: with the envelope at this position. */
  began(position: number): void
  /** So many envelopes, of those that wait to be acknowledged. */
  pushed(count: number): void
}

export interface Delivery {
  /** There may be something new: this, where it is at hand. */
  rung(placed?: Placed): void
  pushEphemeral(envelope: HeldEnvelope): void
  /** The socket has taken something, whatever it was. */
  written(): void
  /** After the store has forgotten them. */
  acknowledged(positions: readonly number[]): void
  stop(): void
}

/** waitingUpTo: the newest position when the device connected; `CaughtUp` is pushed once all up to it is acknowledged. */
export function createDelivery(
  store: Pick<MailboxStore, 'read'>,
  mailbox: Mailbox,
  waitingUpTo: number,
  outlet: Outlet,
): Delivery {
  const underWay = new Set<number>()
  /** The next ones, in order, from rings. */
  let atHand: Placed[] = []
  let pushedUpTo = 0
  let caughtUp = false
  let stopped = false
  let waitsForRoom = false
  /** The store may have what is neither pushed nor at hand. */
  let maybeMore = true
  let pump: 'idle' | 'scheduled' | 'running' | 'running, rung again' = 'idle'

  /** After all that happens in this turn: many rings, one push. */
  function rung(placed?: Placed): void {
    if (stopped) return
    if (placed === undefined || !keepAtHand(placed)) maybeMore = true
    if (pump === 'running') pump = 'running, rung again'
    if (pump !== 'idle') return
    pump = 'scheduled'
    process.nextTick(() => {
      run().catch((error) => outlet.failed(error))
    })
  }

  /** Only what follows without a gap; the rest is read from the store. */
  function keepAtHand(placed: Placed): boolean {
    const upTo = atHand.at(-1)?.envelope.position ?? pushedUpTo
    const follows = placed.previous === upTo && atHand.length + underWay.size < DELIVERY_WINDOW
    if (follows) atHand.push(placed)
    return follows
  }

  /** Unless the store was quicker. */
  function pushAtHand(): void {
    if (atHand.length === 0) return
    const follows = atHand[0]?.previous === pushedUpTo
    if (!stopped && follows && outlet.buffered() <= ENOUGH_BUFFERED) push(atHand.map(({ envelope }) => envelope))
    else maybeMore = true
    atHand = []
  }

  async function run(): Promise<void> {
    do {
      pump = 'running'
      pushAtHand()
      while (!stopped && maybeMore && (await pushSome()));
    } while (rungAgain())
    pump = 'idle'
  }

  function rungAgain(): boolean {
    return !stopped && pump === 'running, rung again'
  }

  /** Whether there may be more to push now. */
  async function pushSome(): Promise<boolean> {
    const room = Math.min(DELIVERY_WINDOW - underWay.size, READ_AT_ONCE)
    waitsForRoom = outlet.buffered() > ENOUGH_BUFFERED
    if (room <= 0 || waitsForRoom) return false
    maybeMore = false
    const envelopes = await store.read(mailbox, pushedUpTo, room)
    if (stopped) return false
    push(envelopes)
    const drained = envelopes.length < room
    if (drained) pushedUpTo = Math.max(pushedUpTo, waitingUpTo)
    else maybeMore = true
    tellCaughtUp()
    return !drained
  }

  function push(envelopes: readonly HeldEnvelope[]): void {
    for (const frame of split(envelopes)) outlet.send(writeDeliver(frame))
    const [head] = envelopes
    if (head === undefined) return
    if (pushedUpTo === 0) outlet.began(head.position)
    outlet.pushed(envelopes.length)
    for (const { position } of envelopes) underWay.add(position)
    pushedUpTo = envelopes.at(-1)?.position ?? pushedUpTo
  }

  function tellCaughtUp(): void {
    if (caughtUp || pushedUpTo < waitingUpTo) return
    for (const position of underWay) if (position <= waitingUpTo) return
    caughtUp = true
    outlet.send(encodeRelayFrame(0, { case: 'caughtUp', value: {} }))
  }

  return {
    rung,
    pushEphemeral: (envelope) => {
      if (stopped || outlet.buffered() > ENOUGH_BUFFERED) return
      outlet.send(writeDeliver([envelope]))
    },
    written: () => {
      if (!waitsForRoom || outlet.buffered() > ENOUGH_BUFFERED) return
      waitsForRoom = false
      rung()
    },
    acknowledged: (positions) => {
      if (stopped) return
      const windowWasFull = underWay.size >= DELIVERY_WINDOW
      for (const position of positions) underWay.delete(position)
      tellCaughtUp()
      if (windowWasFull) rung()
    },
    stop: () => {
      stopped = true
    },
  }
}

/** Into runs that fit a frame each. */
function split(envelopes: readonly HeldEnvelope[]): HeldEnvelope[][] {
  const frames: HeldEnvelope[][] = []
  let room = 0
  for (const envelope of envelopes) {
    const size = envelope.content.length + WRAPPING
    if (size > room || frames.length === 0) {
      frames.push([])
      room = MAX_FRAME_BYTES - WRAPPING
    }
    frames.at(-1)?.push(envelope)
    room -= size
  }
  return frames
}
