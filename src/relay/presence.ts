// A device that is here: it has proven who it is, is rung for, is pushed what comes for it, and watches groups, until it leaves.

import { encodeRelayFrame, type RelayBody } from '../protocol/frames.ts'
import { GoodbyeReason, type WatchStreams } from '../protocol/generated/relay_pb.ts'
import { unreachable } from '../shared/answer.ts'
import type { AccountId } from '../shared/ids.ts'
import { whereThrown } from '../shared/thrown.ts'
import { admissionOf } from './admission.ts'
import type { Caller } from './authentication.ts'
import type { Bell, Ring } from './bell.ts'
import { Delivery } from './delivery.ts'
import type { RelayMetrics } from './metrics.ts'
import { type HeadWatch, type MailboxHead, POISON_AFTER } from './poison.ts'
import type { Clock, Log } from './ports.ts'
import { type RelayStore, StoreUnavailable } from './store.ts'
import { Watching, type WatchingParts } from './streams/watch.ts'

export interface PresenceParts {
  store: RelayStore
  bell: Bell
  clock: Clock
  log: Log
  metrics: RelayMetrics
  heads: HeadWatch
  watching: WatchingParts
}

/** Its connection. */
export interface Line {
  /** For the log. */
  readonly id: number
  send(frame: Uint8Array): void
  /** One frame for very many: by itself. */
  push(frame: Uint8Array): void
  /** Bytes the socket has not taken yet. */
  buffered(): number
  /** Says goodbye and closes. */
  end(reason: GoodbyeReason): void
  close(code: number): void
}

/** One for each connected device: small, and what most devices do without is made when it is needed. */
export class Presence {
  readonly caller: Caller
  readonly #parts: PresenceParts
  readonly #line: Line
  /** What it entered as. */
  readonly #nonce: Uint8Array
  readonly #stopListening: () => void
  #rungOnTheWay = false
  /** Once it is admitted. */
  #delivery: Delivery | undefined
  #watching: Watching | undefined
  #head: MailboxHead | undefined
  #hasLeft = false

  /** Listens from now on. */
  constructor(parts: PresenceParts, line: Line, caller: Caller, nonce: Uint8Array) {
    this.#parts = parts
    this.#line = line
    this.caller = { ...caller, identityKey: byItself(caller.identityKey) }
    this.#nonce = byItself(nonce)
    this.#stopListening = parts.bell.listen(this.caller, (ring) => this.#hear(ring))
  }

  /** It may stay. lastPosition: the newest one in its mailbox. */
  begin(lastPosition: number): void {
    this.#delivery = new Delivery(this.#parts.store, this.caller, lastPosition, this)
    this.#delivery.rung()
    if (this.#rungOnTheWay) this.#look()
  }

  leave(): void {
    this.#hasLeft = true
    const { store, clock, log } = this.#parts
    this.#stopListening()
    if (this.#delivery === undefined) return
    this.#delivery.stop()
    this.#watching?.stop()
    store.seen(this.caller, clock.now()).catch(() => log.warn('seen time not stored', { connection: this.#line.id }))
  }

  /** Mail that came just now was told to this connection, and at no other relay. */
  replaced(): void {
    this.#line.end(GoodbyeReason.REPLACED)
    this.#parts.bell.ring(this.caller, { kind: 'mail' })
  }

  // --- What it asks ---

  watch(request: WatchStreams): Promise<RelayBody> {
    this.#watching ??= new Watching(this.#parts.watching, this.caller.account, this.#line)
    return this.#watching.watch(request)
  }

  /** [P36] Whether both are members of a group that it watches. */
  sharesGroupWith(other: AccountId): boolean {
    return this.#watching?.sharesGroupWith(other) ?? false
  }

  /** After the store has forgotten them. */
  acknowledged(positions: readonly number[]): void {
    this.#parts.metrics.acknowledged(positions.length)
    this.#headOfMailbox().acknowledged(positions)
    this.#delivery?.acknowledged(positions)
  }

  /** The socket has taken something, whatever it was. */
  written(): void {
    this.#delivery?.written()
    this.#watching?.written()
  }

  // --- What happens ---

  #hear(ring: Ring): void {
    const delivery = this.#delivery
    if (delivery === undefined) {
      this.#rungOnTheWay = true
      return
    }
    switch (ring.kind) {
      case 'mail':
        delivery.rung(ring.placed)
        break
      case 'ephemeral':
        delivery.pushEphemeral(ring.envelope)
        break
      case 'keys-depleted':
        this.#line.send(encodeRelayFrame(0, { case: 'keysDepleted', value: ring.left }))
        break
      case 'replaced':
        if (ring.by === undefined) this.replaced()
        else this.#look()
        break
      case 'erased':
        this.#line.end(GoodbyeReason.ERASED)
        break
      case 'unlisted':
        this.#line.close(1008)
        break
      case 'missed':
        delivery.rung()
        this.#look()
        break
      default:
        unreachable(ring)
    }
  }

  /** Whether it may still be here. If that cannot be told now, it is asked again at the next ring. */
  #look(): void {
    admissionOf(this.#parts.store, this.caller, this.#nonce).then(
      ({ verdict }) => {
        if (this.#hasLeft) return
        if (verdict === 'replaced') this.replaced()
        else if (verdict === 'erased') this.#line.end(GoodbyeReason.ERASED)
        else if (verdict !== 'admitted') this.#line.close(1008)
      },
      (error: unknown) => {
        if (!(error instanceof StoreUnavailable)) this.failed(error)
      },
    )
  }

  // --- What its delivery tells ---

  send(frame: Uint8Array): void {
    this.#line.send(frame)
  }

  buffered(): number {
    return this.#line.buffered()
  }

  failed(error: unknown): void {
    // Nobody is there any more to whom it could have been delivered.
    if (this.#hasLeft) return
    this.#parts.log.error('delivery failed', { connection: this.#line.id, ...whereThrown(error) })
    this.#line.close(1011)
  }

  began(position: number): void {
    if (!this.#headOfMailbox().began(position)) return
    this.#parts.metrics.poisonFound()
    this.#parts.log.warn('poison', { connection: this.#line.id, deliveries: POISON_AFTER })
  }

  pushed(count: number): void {
    this.#parts.metrics.pushed(count)
  }

  #headOfMailbox(): MailboxHead {
    this.#head ??= this.#parts.heads.of(this.caller)
    return this.#head
  }
}

/** A copy that keeps nothing else in memory, where the bytes may be a piece of a frame or of a pool. */
function byItself(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
