// libsignal's stores over one step of a unit of work.
//
// libsignal reports whatever a store throws as a Generic error. So each store says on the step why it threw: a refusal,
// which is about the message, or a failure, which is about this device.

import {
  Direction,
  IdentityChange,
  type IdentityKeyPair,
  IdentityKeyStore,
  KyberPreKeyRecord,
  KyberPreKeyStore,
  PreKeyRecord,
  PreKeyStore,
  type PrivateKey,
  type ProtocolAddress,
  PublicKey,
  type SessionRecord,
  SessionStore,
  SignedPreKeyRecord,
  SignedPreKeyStore,
} from '@signalapp/libsignal-client'
import type { Instant } from '../../shared/ids.ts'
import type { PinnedIdentity } from '../storage/identities.ts'
import type { Address } from './address.ts'
import { owned, sameBytes } from './bytes.ts'
import { observeIdentity } from './observe-identity.ts'
import type { OwnAccount } from './own-identity.ts'
import type { SignalStep, StoreRefusal } from './unit.ts'

export interface Stores {
  sessions: SessionStore
  identities: IdentityKeyStore
}

export interface PrekeyStores {
  oneTime: PreKeyStore
  signed: SignedPreKeyStore
  kyber: KyberPreKeyStore
}

/**
 * Stores for one call of libsignal about one peer.
 * @param mayBringNewIdentity only first messages may. A later one under the key before the pinned one was sent, or is
 *   still sent, by who had that key: it opens, and changes nothing about who is known now.
 */
export function storesFor(
  step: SignalStep,
  own: OwnAccount,
  peer: Address,
  now: Instant,
  mayBringNewIdentity: boolean,
): Stores {
  return {
    sessions: new Sessions(step, peer),
    identities: new Identities(step, own, peer, now, mayBringNewIdentity),
  }
}

/** What only a first message asks for. */
export function prekeyStoresFor(step: SignalStep): PrekeyStores {
  return { oneTime: new OneTimePreKeys(step), signed: new SignedPreKeys(step), kyber: new KyberPreKeys(step) }
}

class Refused extends Error {
  readonly why: StoreRefusal
  constructor(why: StoreRefusal) {
    super(why)
    this.why = why
  }
}

async function noting<T>(step: SignalStep, work: () => T): Promise<T> {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refused) step.refusal ??= error.why
    else step.failed(error)
    throw error
  }
}

function notMadeHere(): never {
  throw new Error('libsignal makes no prekeys')
}

class Sessions extends SessionStore {
  readonly #step: SignalStep
  readonly #peer: Address

  constructor(step: SignalStep, peer: Address) {
    super()
    this.#step = step
    this.#peer = peer
  }

  async saveSession(_peer: ProtocolAddress, record: SessionRecord): Promise<void> {
    this.#step.keys.putSession(this.#peer, record)
  }

  async getSession(): Promise<SessionRecord | null> {
    if (this.#step.forgetsSession) return null
    return noting(this.#step, () => this.#step.keys.session(this.#peer) ?? null)
  }

  async getExistingSessions(): Promise<SessionRecord[]> {
    throw new Error('only multi-recipient messages ask for several sessions')
  }
}

class Identities extends IdentityKeyStore {
  readonly #step: SignalStep
  readonly #own: OwnAccount
  readonly #peer: Address
  readonly #now: Instant
  readonly #mayBringNew: boolean
  #pinned: { before: PinnedIdentity | undefined } | undefined

  constructor(step: SignalStep, own: OwnAccount, peer: Address, now: Instant, mayBringNew: boolean) {
    super()
    this.#step = step
    this.#own = own
    this.#peer = peer
    this.#now = now
    this.#mayBringNew = mayBringNew
  }

  async getIdentityKey(): Promise<PrivateKey> {
    return this.#own.identity.keyPair().privateKey
  }

  override async getIdentityKeyPair(): Promise<IdentityKeyPair> {
    return this.#own.identity.keyPair()
  }

  async getLocalRegistrationId(): Promise<number> {
    return this.#own.registrationId
  }

  /** [P20] What comes is believed and recorded; what goes out waits until the person has looked. */
  async isTrustedIdentity(_peer: ProtocolAddress, key: PublicKey, direction: Direction): Promise<boolean> {
    return noting(this.#step, () => {
      const bytes = key.serialize()
      if (this.#peer.account === this.#own.account) return sameBytes(bytes, this.#own.identity.publicKey)
      const pinned = this.#pinnedBefore()
      if (pinned === undefined) return true
      if (direction === Direction.Sending) return pinned.changedAt === null && sameBytes(bytes, pinned.key)
      if (this.#mayBringNew || sameBytes(bytes, pinned.key)) return true
      return pinned.previousKey !== null && sameBytes(bytes, pinned.previousKey)
    })
  }

  async saveIdentity(_peer: ProtocolAddress, key: PublicKey): Promise<IdentityChange> {
    return noting(this.#step, () => {
      if (this.#peer.account === this.#own.account) return IdentityChange.NewOrUnchanged
      const bytes = key.serialize()
      const pinned = this.#pinnedBefore()
      if (pinned !== undefined && !this.#mayBringNew && !sameBytes(bytes, pinned.key)) {
        this.#step.identity = 'previous'
        return IdentityChange.NewOrUnchanged
      }
      this.#step.identity = observeIdentity(this.#step.keys, this.#peer.account, pinned, bytes, this.#now)
      return this.#step.identity === 'changed' ? IdentityChange.ReplacedExisting : IdentityChange.NewOrUnchanged
    })
  }

  async getIdentity(): Promise<PublicKey | null> {
    return noting(this.#step, () => {
      const pinned = this.#step.keys.identity(this.#peer.account)
      return pinned === undefined ? null : PublicKey.deserialize(owned(pinned.key))
    })
  }

  /** Read once for a call of libsignal, which asks about it several times. */
  #pinnedBefore(): PinnedIdentity | undefined {
    this.#pinned ??= { before: this.#step.keys.identity(this.#peer.account) }
    return this.#pinned.before
  }
}

class OneTimePreKeys extends PreKeyStore {
  readonly #step: SignalStep

  constructor(step: SignalStep) {
    super()
    this.#step = step
  }

  async savePreKey(): Promise<void> {
    notMadeHere()
  }

  async getPreKey(id: number): Promise<PreKeyRecord> {
    return noting(this.#step, () => PreKeyRecord.deserialize(owned(found(this.#step.keys.oneTimePreKey(id)))))
  }

  async removePreKey(id: number): Promise<void> {
    this.#step.keys.spendOneTimePreKey(id)
  }
}

class SignedPreKeys extends SignedPreKeyStore {
  readonly #step: SignalStep

  constructor(step: SignalStep) {
    super()
    this.#step = step
  }

  async saveSignedPreKey(): Promise<void> {
    notMadeHere()
  }

  async getSignedPreKey(id: number): Promise<SignedPreKeyRecord> {
    return noting(this.#step, () => SignedPreKeyRecord.deserialize(owned(found(this.#step.keys.signedPreKey(id)))))
  }
}

class KyberPreKeys extends KyberPreKeyStore {
  readonly #step: SignalStep

  constructor(step: SignalStep) {
    super()
    this.#step = step
  }

  async saveKyberPreKey(): Promise<void> {
    notMadeHere()
  }

  async getKyberPreKey(id: number): Promise<KyberPreKeyRecord> {
    return noting(this.#step, () => KyberPreKeyRecord.deserialize(owned(found(this.#step.keys.kyberPreKey(id)).record)))
  }

  /** [P38] A one-time prekey goes; of a last-resort one, the base key is remembered, and the same again refused. */
  async markKyberPreKeyUsed(kyberId: number, signedId: number, baseKey: PublicKey): Promise<void> {
    return noting(this.#step, () => {
      if (!found(this.#step.keys.kyberPreKey(kyberId)).lastResort) {
        this.#step.keys.spendKyberPreKey(kyberId)
        return
      }
      const use = { kyberId, signedId, baseKey: baseKey.serialize() }
      if (this.#step.keys.wasBaseKeyUsed(use)) throw new Refused('replayed')
      this.#step.keys.noteBaseKey(use)
    })
  }
}

function found<T>(prekey: T | undefined): T {
  if (prekey === undefined) throw new Refused('no-prekey')
  return prekey
}
