// A unit of work: where libsignal's asynchronous stores and SQLite's synchronous transactions meet.
//
// Reads fall through to what is committed; writes and removals are gathered. Whoever commits calls flush() inside their
// transaction, beside their own rows, then settled() once it is on the disk [P80][P81], or abandon() if it is not.

import type { SenderKeyRecord, SessionRecord } from '@signalapp/libsignal-client'
import type { AccountId, GroupSessionId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Clock } from '../ports.ts'
import { type PinnedIdentity, writeIdentity } from '../storage/identities.ts'
import { noteBaseKeyUsed, removeKyberPreKey, removeOneTimePreKey } from '../storage/prekeys.ts'
import { writeSenderKey } from '../storage/sender-keys.ts'
import { sessionsOf, writeSession } from '../storage/sessions.ts'
import { type Address, addressText } from './address.ts'
import { GatheredKeys } from './gathered-keys.ts'
import type { BaseKeyUse, KeySource, StoredKeys } from './stored-keys.ts'

/** Why a store refused libsignal: what a peer or the relay can bring about, and no fault of ours. */
export type StoreRefusal = 'no-prekey' | 'replayed'

/** One call of libsignal: kept as a whole, or not at all. */
export class SignalStep {
  readonly keys: GatheredKeys
  refusal: StoreRefusal | undefined
  /** What the peer's identity key was. previous: that of a session from before it changed; nothing is seen by it. */
  identity: 'known' | 'new' | 'changed' | 'previous' = 'known'
  /** libsignal finds no session, and begins with an empty record [P73]. */
  forgetsSession = false
  readonly #unit: SignalUnit

  constructor(unit: SignalUnit, keys: GatheredKeys) {
    this.#unit = unit
    this.keys = keys
  }

  /** A store could not read or write: not the message's fault. libsignal would hide it. */
  failed(error: unknown): void {
    this.#unit.fail(error)
  }
}

export class SignalUnit {
  readonly #sql: Sql
  readonly #clock: Clock
  readonly #stored: StoredKeys
  readonly #gathered: GatheredKeys
  /** The revisions of the sessions this unit began from. */
  readonly #begunFrom = new Map<string, { address: Address; revision: number }>()
  readonly #senderKeysBegunFrom = new Map<GroupSessionId, number>()
  /** What flush() wrote: others see it once it is settled. */
  #written: { address: Address; record: SessionRecord; size: number }[] = []
  #state: 'open' | 'flushed' | 'over' = 'open'
  #failure: { error: unknown } | undefined

  constructor(deps: { sql: Sql; clock: Clock }, stored: StoredKeys) {
    this.#sql = deps.sql
    this.#clock = deps.clock
    this.#stored = stored
    this.#gathered = new GatheredKeys(this.#committed())
  }

  /** The first failure of a store, if there was one. The unit is then good for nothing but abandon(). */
  get failure(): unknown {
    return this.#failure?.error
  }

  /** What this unit makes of the keys so far. */
  get keys(): KeySource {
    return this.#gathered
  }

  step(): SignalStep {
    this.#expectOpen()
    return new SignalStep(this, new GatheredKeys(this.#gathered))
  }

  keep(step: SignalStep): void {
    this.#expectOpen()
    this.#gathered.absorb(step.keys)
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** Rethrows the first failure of a store, so that a full disk is never taken for a bad message [P72]. */
  rethrowFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  putSession(address: Address, record: SessionRecord): void {
    this.#expectOpen()
    this.#gathered.putSession(address, record)
  }

  putSenderKey(session: GroupSessionId, record: SenderKeyRecord): void {
    this.#expectOpen()
    this.#gathered.putSenderKey(session, record)
  }

  /** The devices of an account that there are sessions with: committed or gathered. */
  sessionAddresses(account: AccountId): Address[] {
    const addresses = new Map<string, Address>()
    for (const address of sessionsOf(this.#sql, account)) addresses.set(addressText(address), address)
    for (const [key, { address }] of this.#gathered.sessions) {
      if (address.account === account) addresses.set(key, address)
    }
    return [...addresses.values()]
  }

  /** Bytes of a session record; 0 without one. */
  sessionSize(address: Address): number {
    const gathered = this.#gathered.sessions.get(addressText(address))
    return gathered?.record.serialize().length ?? this.#stored.sessionSize(address)
  }

  /**
   * Writes what was gathered. Call it inside Sql.transaction. Throws the unit's failure; and, before anything could
   * leave this device, if another unit has moved one of the sessions meanwhile: two ciphertexts would share a key [P41].
   */
  flush(): void {
    if (this.#state === 'over') throw new Error('the unit of work is over')
    this.rethrowFailure()
    // A transaction that was rolled back may be tried again.
    this.#written = []
    const now = this.#clock.now()
    for (const key of this.#gathered.sessions.keys()) {
      const begun = this.#begunFrom.get(key)
      if (begun !== undefined && this.#stored.revision(begun.address) !== begun.revision) {
        throw new Error('two units of work moved the same session at once')
      }
    }
    for (const session of this.#gathered.senderKeys.keys()) {
      const begun = this.#senderKeysBegunFrom.get(session)
      if (begun !== undefined && this.#stored.senderKeyRevision(session) !== begun) {
        throw new Error('two units of work moved the same sender key at once')
      }
    }
    for (const { address, record } of this.#gathered.sessions.values()) {
      const bytes = record.serialize()
      writeSession(this.#sql, address.account, address.device, bytes, now)
      this.#written.push({ address, record, size: bytes.length })
    }
    for (const [account, pinned] of this.#gathered.identities) writeIdentity(this.#sql, account, pinned)
    for (const id of this.#gathered.spentOneTime) removeOneTimePreKey(this.#sql, id)
    for (const id of this.#gathered.spentKyber) removeKyberPreKey(this.#sql, id)
    for (const { kyberId, signedId, baseKey } of this.#gathered.usedBaseKeys.values()) {
      noteBaseKeyUsed(this.#sql, kyberId, signedId, baseKey)
    }
    for (const [session, record] of this.#gathered.senderKeys) writeSenderKey(this.#sql, session, record.serialize())
    this.#state = 'flushed'
  }

  /** The transaction is on the disk: others may see what it wrote. */
  settled(): void {
    if (this.#state !== 'flushed') throw new Error('nothing was flushed')
    for (const { address, record, size } of this.#written) this.#stored.publish(address, record, size)
    for (const session of this.#gathered.senderKeys.keys()) this.#stored.senderKeyMoved(session)
    this.#state = 'over'
  }

  /** Nothing of it happened. Harmless when the unit is over. */
  abandon(): void {
    this.#state = 'over'
  }

  #expectOpen(): void {
    if (this.#state !== 'open') throw new Error(`the unit of work is ${this.#state}`)
    this.rethrowFailure()
  }

  /** The committed keys, noting from which revision of a session this unit goes on. */
  #committed(): KeySource {
    const stored = this.#stored
    // One unit opens many messages of the same person.
    const identities = new Map<AccountId, PinnedIdentity>()
    return {
      session: (address) => {
        const key = addressText(address)
        if (!this.#begunFrom.has(key)) this.#begunFrom.set(key, { address, revision: stored.revision(address) })
        return stored.session(address)
      },
      identity: (account) => {
        const before = identities.get(account)
        if (before !== undefined) return before
        const pinned = stored.identity(account)
        if (pinned !== undefined) identities.set(account, pinned)
        return pinned
      },
      oneTimePreKey: (id) => stored.oneTimePreKey(id),
      signedPreKey: (id) => stored.signedPreKey(id),
      kyberPreKey: (id) => stored.kyberPreKey(id),
      wasBaseKeyUsed: (use: BaseKeyUse) => stored.wasBaseKeyUsed(use),
      senderKey: (session) => {
        if (!this.#senderKeysBegunFrom.has(session))
          this.#senderKeysBegunFrom.set(session, stored.senderKeyRevision(session))
        return stored.senderKey(session)
      },
    }
  }
}
