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

/** One for each device that is connected, and most of those are idle: what is not needed then is made later. */
export class Delivery {
  readonly #store: Pick<MailboxStore, 'read'>
  readonly #mailbox: Mailbox
  readonly #waitingUpTo: number
  readonly #outlet: Outlet
  /** Pushed, and not acknowledged. */
  #underWay: Set<number> | undefined
  /** The next ones, in order, from rings. */
  #atHand: Placed[] | undefined
  #pushedUpTo = 0
  #caughtUp = false
  #stopped = false
  #waitsForRoom = false
  /** The store may have what is neither pushed nor at hand. */
  #maybeMore = true
  #pump: 'idle' | 'scheduled' | 'running' | 'running, rung again' = 'idle'

  /** waitingUpTo: the newest position when the device connected; `CaughtUp` is pushed once all up to it is acknowledged. */
  constructor(store: Pick<MailboxStore, 'read'>, mailbox: Mailbox, waitingUpTo: number, outlet: Outlet) {
    this.#store = store
    this.#mailbox = mailbox
    this.#waitingUpTo = waitingUpTo
    this.#outlet = outlet
  }

  /** There may be something new: this, where it is at hand. It is pushed after all that happens in this turn: many rings, one push. */
  rung(placed?: Placed): void {
    if (this.#stopped) return
    if (placed === undefined || !this.#keepAtHand(placed)) this.#maybeMore = true
    if (this.#pump === 'running') this.#pump = 'running, rung again'
    if (this.#pump !== 'idle') return
    this.#pump = 'scheduled'
    process.nextTick(() => {
      this.#run().catch((error) => this.#outlet.failed(error))
    })
  }

  pushEphemeral(envelope: HeldEnvelope): void {
    if (this.#stopped || this.#outlet.buffered() > ENOUGH_BUFFERED) return
    this.#outlet.send(writeDeliver([envelope]))
  }

  /** The socket has taken something, whatever it was. */
  written(): void {
    if (!this.#waitsForRoom || this.#outlet.buffered() > ENOUGH_BUFFERED) return
    this.#waitsForRoom = false
    this.rung()
  }

  /** After the store has forgotten them. */
  acknowledged(positions: readonly number[]): void {
    if (this.#stopped) return
    const windowWasFull = this.#room() === 0
    for (const position of positions) this.#underWay?.delete(position)
    if (this.#underWay?.size === 0) this.#underWay = undefined
    this.#tellCaughtUp()
    if (windowWasFull) this.rung()
  }

  stop(): void {
    this.#stopped = true
  }

  /** So many more may be under way. */
  #room(): number {
    return Math.max(0, DELIVERY_WINDOW - (this.#underWay?.size ?? 0))
  }

  /** Only what follows without a gap; the rest is read from the store. */
  #keepAtHand(placed: Placed): boolean {
    const upTo = this.#atHand?.at(-1)?.envelope.position ?? this.#pushedUpTo
    if (placed.previous !== upTo || (this.#atHand?.length ?? 0) >= this.#room()) return false
    this.#atHand ??= []
    this.#atHand.push(placed)
    return true
  }

  /** Unless the store was quicker. */
  #pushAtHand(): void {
    const atHand = this.#atHand
    if (atHand === undefined) return
    this.#atHand = undefined
    const follows = atHand[0]?.previous === this.#pushedUpTo
    if (!this.#stopped && follows && this.#outlet.buffered() <= ENOUGH_BUFFERED)
      this.#push(atHand.map(({ envelope }) => envelope))
    else this.#maybeMore = true
  }

  async #run(): Promise<void> {
    do {
      this.#pump = 'running'
      this.#pushAtHand()
      while (!this.#stopped && this.#maybeMore && (await this.#pushSome()));
    } while (this.#rungAgain())
    this.#pump = 'idle'
  }

  #rungAgain(): boolean {
    return !this.#stopped && this.#pump === 'running, rung again'
  }

  /** Whether there may be more to push now. */
  async #pushSome(): Promise<boolean> {
    const room = Math.min(this.#room(), READ_AT_ONCE)
    this.#waitsForRoom = this.#outlet.buffered() > ENOUGH_BUFFERED
    if (room === 0 || this.#waitsForRoom) return false
    this.#maybeMore = false
    const envelopes = await this.#store.read(this.#mailbox, this.#pushedUpTo, room)
    if (this.#stopped) return false
    this.#push(envelopes)
    const drained = envelopes.length < room
    if (drained) this.#pushedUpTo = Math.max(this.#pushedUpTo, this.#waitingUpTo)
    else this.#maybeMore = true
    this.#tellCaughtUp()
    return !drained
  }

  #push(envelopes: readonly HeldEnvelope[]): void {
    for (const frame of split(envelopes)) this.#outlet.send(writeDeliver(frame))
    const [head] = envelopes
    if (head === undefined) return
    if (this.#pushedUpTo === 0) this.#outlet.began(head.position)
    this.#outlet.pushed(envelopes.length)
    this.#underWay ??= new Set()
    for (const { position } of envelopes) this.#underWay.add(position)
    this.#pushedUpTo = envelopes.at(-1)?.position ?? this.#pushedUpTo
  }

  #tellCaughtUp(): void {
    if (this.#caughtUp || this.#pushedUpTo < this.#waitingUpTo) return
    for (const position of this.#underWay ?? []) if (position <= this.#waitingUpTo) return
    this.#caughtUp = true
    this.#outlet.send(encodeRelayFrame(0, { case: 'caughtUp', value: {} }))
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
