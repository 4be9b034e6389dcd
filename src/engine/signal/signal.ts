// Sessions with the devices of others: begun, sealed to, opened and set aside [P40].

import {
  CiphertextMessageType,
  ErrorCode,
  LibSignalErrorBase,
  PreKeySignalMessage,
  type ProtocolAddress,
  processPreKeyBundle,
  SessionRecord,
  SignalMessage,
  signalDecrypt,
  signalDecryptPreKey,
  signalEncrypt,
} from '@signalapp/libsignal-client'
import { EnvelopeType, type KeyBundle } from '../../protocol/generated/relay_pb.ts'
import { pad, unpad } from '../../protocol/padding.ts'
import type { AccountId, DeviceId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Clock } from '../ports.ts'
import { type Address, addressText, protocolAddress } from './address.ts'
import { parseBundle } from './bundle.ts'
import { owned, sameBytes } from './bytes.ts'
import { observeIdentity } from './observe-identity.ts'
import type { OwnAccount } from './own-identity.ts'
import { isAboutSession, retryRequest } from './retry.ts'
import { StoredKeys } from './stored-keys.ts'
import { prekeyStoresFor, storesFor } from './stores.ts'
import { type SignalStep, SignalUnit, type StoreRefusal } from './unit.ts'

export interface Sealed {
  type: EnvelopeType
  bytes: Uint8Array<ArrayBuffer>
  /** Of the device the session was begun with. */
  registrationId: number
}

/**
 * malformed: not a message of its type · no-session: a later message of a session this device has not · no-prekey: a
 * first message for a prekey this device has not, or not any more · replayed: a first message that was opened before ·
 * identity: under a key that was never the account's, or long ago · padding: opened, but not padded as it should be ·
 * failed: libsignal could not open it.
 */
export type WhyUndecryptable = 'malformed' | 'no-session' | StoreRefusal | 'identity' | 'padding' | 'failed'

export type Opened =
  | { is: 'content'; plaintext: Uint8Array; sessionBegan: boolean; identity: 'known' | 'new' | 'changed' }
  | { is: 'duplicate' }
  | { is: 'undecryptable'; why: WhyUndecryptable }

export type Begun = 'begun' | 'signature-invalid' | 'identity-changed' | 'malformed'

/** One step at a time per peer device [P41]: the caller queues. Whatever a unit gathers counts once it is committed. */
export interface Signal {
  unit(): SignalUnit
  /**
   * Whether seal() can: there is one, it can send, it is not older than 30 days without an answer, and its record has not
   * grown beyond what a step should cost [P73]. Without one, begin().
   */
  hasSession(unit: SignalUnit, peer: Address): boolean
  /** Whether sending may go on. changed: not before the person has looked [P20]. */
  trust(unit: SignalUnit, account: AccountId): 'unknown' | 'trusted' | 'changed'
  /**
   * A new session out of a bundle. The caller has checked the device against the signed list. After identity-changed the
   * unit holds that change: commit it.
   */
  begin(unit: SignalUnit, peer: Address, bundle: KeyBundle, identityKey: Uint8Array): Promise<Begun>
  /** Pads and encrypts. Throws without a session, or if the identity has changed and nobody has looked. */
  seal(unit: SignalUnit, peer: Address, content: Uint8Array): Promise<Sealed>
  /** Decrypts and unpads. Throws only what a store failed with; then nothing of the unit may be committed [P72]. */
  open(unit: SignalUnit, from: Address, type: EnvelopeType, bytes: Uint8Array): Promise<Opened>
  /** The bytes of a RetryRequest for an envelope that could not be opened [P70]. */
  retryRequest(submission: Uint8Array, from: Address, type: EnvelopeType, bytes: Uint8Array): Uint8Array<ArrayBuffer>
  /** Sets the session aside if the peer's decryption error is about it [P71]. The caller limits how often. */
  archiveIfAbout(unit: SignalUnit, peer: Address, decryptionError: Uint8Array): 'archived' | 'other' | 'malformed'
  /** Sets the session aside: it opens what is under way, and is sealed with no more. */
  archive(unit: SignalUnit, peer: Address): void
  /** Bytes of the session record, 0 without one: above MAX_SESSION_BYTES it is time for a new session [P73]. */
  recordSize(unit: SignalUnit, peer: Address): number
  /** With the identity key: challenges [P11]. */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer>
}

/** [P73] Skipped message keys make a record large, and every step with a large one slow. */
export const MAX_SESSION_BYTES = 64 * 1024

/** Of peers, as objects of libsignal. */
const ADDRESSES_KEPT = 1_000

export function createSignal(deps: { sql: Sql; clock: Clock }, own: OwnAccount): Signal {
  const { clock } = deps
  const stored = new StoredKeys(deps.sql)
  const here = protocolAddress(own)
  const addresses = new Map<string, ProtocolAddress>()

  /** libsignal's objects cost more to make and to free than to keep. */
  function addressOf(peer: Address): ProtocolAddress {
    const name = addressText(peer)
    const before = addresses.get(name)
    if (before !== undefined) return before
    const fresh = protocolAddress(peer)
    if (addresses.size >= ADDRESSES_KEPT) addresses.clear()
    addresses.set(name, fresh)
    return fresh
  }

  function archive(unit: SignalUnit, peer: Address): void {
    const record = unit.keys.session(peer)
    if (record === undefined) return
    // A record read is shared with whoever reads it next: archive a copy.
    const copy = SessionRecord.deserialize(record.serialize())
    copy.archiveCurrentState()
    unit.putSession(peer, copy)
  }

  /** Under its new identity key an account has no session but one begun under it. */
  function archiveAccount(unit: SignalUnit, account: AccountId, except?: DeviceId): void {
    for (const address of unit.sessionAddresses(account)) if (address.device !== except) archive(unit, address)
  }

  function trust(unit: SignalUnit, account: AccountId): 'unknown' | 'trusted' | 'changed' {
    if (account === own.account) return 'trusted'
    const pinned = unit.keys.identity(account)
    if (pinned === undefined) return 'unknown'
    return pinned.changedAt === null ? 'trusted' : 'changed'
  }

  async function begin(unit: SignalUnit, peer: Address, bundle: KeyBundle, identityKey: Uint8Array): Promise<Begun> {
    const parsed = parseBundle(bundle, identityKey)
    if (parsed === 'malformed' || parsed === 'signature-invalid') return parsed
    if (bundle.device !== peer.device) return 'malformed'
    const now = clock.now()
    const step = unit.step()
    if (peer.account === own.account) {
      if (!sameBytes(identityKey, own.identity.publicKey)) return 'identity-changed'
    } else {
      const pinned = unit.keys.identity(peer.account)
      if (observeIdentity(step.keys, peer.account, pinned, owned(identityKey), now) === 'changed') {
        unit.keep(step)
        archiveAccount(unit, peer.account)
      }
      if (trust(unit, peer.account) === 'changed') return 'identity-changed'
    }
    // Set aside, a large record would stay large. What it could still have opened is asked for again.
    if (unit.sessionSize(peer) > MAX_SESSION_BYTES) step.forgetsSession = true
    const { sessions, identities } = storesFor(step, own, peer, now, false)
    try {
      await processPreKeyBundle(parsed, protocolAddress(peer), here, sessions, identities, new Date(now))
    } catch (error) {
      rethrowUnlessLibsignals(unit, error)
      return 'malformed'
    }
    unit.keep(step)
    return 'begun'
  }

  async function seal(unit: SignalUnit, peer: Address, content: Uint8Array): Promise<Sealed> {
    const now = clock.now()
    const step = unit.step()
    const { sessions, identities } = storesFor(step, own, peer, now, false)
    try {
      const to = addressOf(peer)
      const sealed = await signalEncrypt(pad(content), to, here, sessions, identities, new Date(now))
      const session = step.keys.session(peer)
      if (session === undefined) throw new Error('libsignal sealed without a session')
      unit.keep(step)
      const type = sealed.type() === CiphertextMessageType.PreKey ? EnvelopeType.PREKEY : EnvelopeType.MESSAGE
      return { type, bytes: sealed.serialize(), registrationId: session.remoteRegistrationId() }
    } catch (error) {
      throw rethrowUnlessLibsignals(unit, error)
    }
  }

  async function open(unit: SignalUnit, from: Address, type: EnvelopeType, bytes: Uint8Array): Promise<Opened> {
    const message = parseMessage(type, bytes)
    if (message === undefined) return { is: 'undecryptable', why: 'malformed' }
    const step = unit.step()
    try {
      const first = message instanceof PreKeySignalMessage
      if (!first && unit.keys.session(from) === undefined) return { is: 'undecryptable', why: 'no-session' }
      const padded = await decrypt(step, from, message)
      unit.keep(step)
      if (step.identity === 'changed') archiveAccount(unit, from.account, from.device)
      // libsignal has made the old session the current one: nothing is to be sealed with it.
      if (step.identity === 'previous') archive(unit, from)
      const plaintext = unpad(padded)
      if (plaintext === undefined) return { is: 'undecryptable', why: 'padding' }
      const sessionBegan = step.keys.spentKyber.size > 0 || step.keys.usedBaseKeys.size > 0
      return {
        is: 'content',
        plaintext,
        sessionBegan,
        identity: step.identity === 'previous' ? 'known' : step.identity,
      }
    } catch (error) {
      return unopened(rethrowUnlessLibsignals(unit, error), step)
    }
  }

  function decrypt(step: SignalStep, from: Address, message: PreKeySignalMessage | SignalMessage) {
    const first = message instanceof PreKeySignalMessage
    const { sessions, identities } = storesFor(step, own, from, clock.now(), first)
    const there = addressOf(from)
    if (!first) return signalDecrypt(message, there, here, sessions, identities)
    const { oneTime, signed, kyber } = prekeyStoresFor(step)
    return signalDecryptPreKey(message, there, here, sessions, identities, oneTime, signed, kyber)
  }

  return {
    unit: () => new SignalUnit(deps, stored),
    hasSession: (unit, peer) =>
      (unit.keys.session(peer)?.hasCurrentState(new Date(clock.now())) ?? false) &&
      unit.sessionSize(peer) <= MAX_SESSION_BYTES,
    trust,
    begin,
    seal,
    open,
    retryRequest: (submission, from, type, bytes) => retryRequest(submission, from, type, bytes, clock.now()),
    archiveIfAbout: (unit, peer, decryptionError) => {
      const about = isAboutSession(unit.keys.session(peer), own.device, decryptionError)
      if (about !== 'this') return about
      archive(unit, peer)
      return 'archived'
    },
    archive,
    recordSize: (unit, peer) => unit.sessionSize(peer),
    sign: (message) => own.identity.sign(message),
  }
}

function parseMessage(type: EnvelopeType, bytes: Uint8Array): PreKeySignalMessage | SignalMessage | undefined {
  try {
    if (type === EnvelopeType.PREKEY) return PreKeySignalMessage.deserialize(owned(bytes))
    if (type === EnvelopeType.MESSAGE) return SignalMessage.deserialize(owned(bytes))
    return undefined
  } catch (error) {
    if (error instanceof LibSignalErrorBase) return undefined
    throw error
  }
}

/** A store's failure ends the unit, also where libsignal has wrapped it; what remains is libsignal's own. */
function rethrowUnlessLibsignals(unit: SignalUnit, error: unknown): LibSignalErrorBase {
  if (!(error instanceof LibSignalErrorBase)) unit.fail(error)
  unit.rethrowFailure()
  if (error instanceof LibSignalErrorBase) return error
  throw error
}

/** Codes only: an error's name and text may be the sender's words. */
function unopened(error: LibSignalErrorBase, step: SignalStep): Opened {
  if (error.code === ErrorCode.DuplicatedMessage) return { is: 'duplicate' }
  if (error.code === ErrorCode.UntrustedIdentity) return { is: 'undecryptable', why: 'identity' }
  return { is: 'undecryptable', why: step.refusal ?? 'failed' }
}
