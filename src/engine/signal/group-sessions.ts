// Sessions of groups on libsignal's sender keys: begun and announced, sealed with, learned, and read in any order.

import {
  ErrorCode,
  groupDecrypt,
  groupEncrypt,
  LibSignalErrorBase,
  processSenderKeyDistributionMessage,
  SenderKeyDistributionMessage,
  SenderKeyMessage,
} from '@signalapp/libsignal-client'
import { MAX_SESSION_MESSAGES } from '../../protocol/limits.ts'
import { pad, unpad } from '../../protocol/padding.ts'
import { type Announced, announcementBytes, SESSION_SALT_BYTES, sessionIdOf } from '../../protocol/signed.ts'
import type { GroupId, GroupSessionId } from '../../shared/ids.ts'
import { type Address, protocolAddress } from './address.ts'
import { owned } from './bytes.ts'
import type { OwnAccount } from './own-identity.ts'
import { PassingSenderKey, SenderKeysOfStep } from './sender-key-store.ts'
import type { SignalUnit } from './unit.ts'
import { verifySignature } from './verify.ts'

/** What a device tells of a session, so that others can read it and know whose it is [P128]. */
export interface AnnouncedSession extends Announced {
  announcement: Uint8Array
}

/**
 * distribution: at iteration 0, of a vault: any message opens, any number of times. Without one, the chain stands in the
 * database and only moves on.
 */
export interface ReadableSession {
  session: GroupSessionId
  owner: Address
  distribution: Uint8Array | null
}

/**
 * malformed: not a sender key message · another-session: than the one it came as · no-session: the chain is not there ·
 * used: opened before, where the chain only moves on · too-far: beyond what one session may hold · failed: forged, or sealed otherwise.
 */
export type WhyUnreadable = 'malformed' | 'another-session' | 'no-session' | 'used' | 'too-far' | 'padding' | 'failed'

export type Read = { is: 'plaintext'; plaintext: Uint8Array } | { is: 'unreadable'; why: WhyUnreadable }

export interface GroupSessions {
  /**
   * A fresh sender key of this device, in the unit; and what others need to read along.
   * @param salt SESSION_SALT_BYTES at random.
   */
  begin(unit: SignalUnit, group: GroupId, epoch: number, salt: Uint8Array): Promise<AnnouncedSession>
  /** Pads and encrypts once for everybody. Throws without the session. One at a time per session: the caller queues. */
  seal(unit: SignalUnit, session: GroupSessionId, content: Uint8Array): Promise<Uint8Array<ArrayBuffer>>
  /** Whether its owner, under this identity key, announced exactly this. */
  isGenuine(announced: AnnouncedSession, identityKey: Uint8Array): boolean
  /** For a group that keeps no history: the chain goes into the unit, and the distribution message can be forgotten. */
  follow(unit: SignalUnit, announced: AnnouncedSession): Promise<void>
  /** Decrypts and unpads. Moves the chain in the unit only where there is no distribution message. */
  read(unit: SignalUnit, session: ReadableSession, ciphertext: Uint8Array): Promise<Read>
}

/** Some 2 KB each, more where messages were skipped. */
const CHAINS_KEPT = 200

export function createGroupSessions(own: OwnAccount): GroupSessions {
  const here = protocolAddress(own)
  /** Chains read along; the oldest use first. They are only ever rebuilt from the vault. */
  const chains = new Map<GroupSessionId, PassingSenderKey>()

  async function begin(unit: SignalUnit, group: GroupId, epoch: number, salt: Uint8Array) {
    const origin = { group, epoch, owner: own.account, device: own.device, salt }
    const session = sessionIdOf(origin)
    const step = unit.step()
    try {
      const store = new SenderKeysOfStep(step, session)
      const distribution = (await SenderKeyDistributionMessage.create(here, session, store)).serialize()
      const announced = { ...origin, session, distribution }
      unit.keep(step)
      return { ...announced, announcement: own.identity.sign(announcementBytes(announced)) }
    } catch (error) {
      unit.rethrowFailure()
      throw error
    }
  }

  async function seal(unit: SignalUnit, session: GroupSessionId, content: Uint8Array) {
    const step = unit.step()
    try {
      const sealed = await groupEncrypt(here, session, new SenderKeysOfStep(step, session), pad(content))
      unit.keep(step)
      return sealed.serialize()
    } catch (error) {
      unit.rethrowFailure()
      throw error
    }
  }

  async function follow(unit: SignalUnit, announced: AnnouncedSession): Promise<void> {
    const step = unit.step()
    const message = SenderKeyDistributionMessage.deserialize(owned(announced.distribution))
    const owner = protocolAddress({ account: announced.owner, device: announced.device })
    await processSenderKeyDistributionMessage(owner, message, new SenderKeysOfStep(step, announced.session))
    unit.rethrowFailure()
    unit.keep(step)
  }

  async function read(unit: SignalUnit, session: ReadableSession, ciphertext: Uint8Array): Promise<Read> {
    const named = parse(ciphertext)
    if (named === undefined) return unreadable('malformed')
    if (named.distributionId() !== session.session) return unreadable('another-session')
    if (named.iteration() >= MAX_SESSION_MESSAGES) return unreadable('too-far')
    if (session.distribution === null) return readOn(unit, session, ciphertext)
    const along = await readAlong(session, session.distribution, ciphertext)
    // Behind where the chain was read to: begun anew from its first message.
    if (along.is === 'plaintext' || along.why !== 'used') return along
    chains.delete(session.session)
    return readAlong(session, session.distribution, ciphertext)
  }

  async function readOn(unit: SignalUnit, { session, owner }: ReadableSession, ciphertext: Uint8Array): Promise<Read> {
    if (unit.keys.senderKey(session) === undefined) return unreadable('no-session')
    const step = unit.step()
    try {
      const padded = await groupDecrypt(protocolAddress(owner), new SenderKeysOfStep(step, session), owned(ciphertext))
      unit.keep(step)
      return opened(padded)
    } catch (error) {
      unit.rethrowFailure()
      return unreadable(whyNot(error))
    }
  }

  async function readAlong(
    { session, owner }: ReadableSession,
    distribution: Uint8Array,
    ciphertext: Uint8Array,
  ): Promise<Read> {
    const there = protocolAddress(owner)
    try {
      const chain = chains.get(session) ?? new PassingSenderKey()
      if (!chains.has(session)) {
        const message = SenderKeyDistributionMessage.deserialize(owned(distribution))
        await processSenderKeyDistributionMessage(there, message, chain)
      }
      keep(session, chain)
      return opened(await groupDecrypt(there, chain, owned(ciphertext)))
    } catch (error) {
      return unreadable(whyNot(error))
    }
  }

  function keep(session: GroupSessionId, chain: PassingSenderKey): void {
    chains.delete(session)
    chains.set(session, chain)
    if (chains.size <= CHAINS_KEPT) return
    const oldest = chains.keys().next()
    if (!oldest.done) chains.delete(oldest.value)
  }

  return { begin, seal, isGenuine, follow, read }
}

/** [P128] [P129] Its id is its owner's; signed by the owner's identity key, for this session, from its first message on. */
function isGenuine(announced: AnnouncedSession, identityKey: Uint8Array): boolean {
  if (announced.salt.length !== SESSION_SALT_BYTES || sessionIdOf(announced) !== announced.session) return false
  try {
    const message = SenderKeyDistributionMessage.deserialize(owned(announced.distribution))
    if (message.distributionId() !== announced.session || message.iteration() !== 0) return false
  } catch {
    return false
  }
  return verifySignature(identityKey, announcementBytes(announced), announced.announcement)
}

function parse(ciphertext: Uint8Array): SenderKeyMessage | undefined {
  try {
    return SenderKeyMessage.deserialize(owned(ciphertext))
  } catch (error) {
    if (error instanceof LibSignalErrorBase) return undefined
    throw error
  }
}

function opened(padded: Uint8Array): Read {
  const plaintext = unpad(padded)
  return plaintext === undefined ? unreadable('padding') : { is: 'plaintext', plaintext }
}

function unreadable(why: WhyUnreadable): Read {
  return { is: 'unreadable', why }
}

/** By code only: the text may be the sender's words. */
function whyNot(error: unknown): WhyUnreadable {
  if (!(error instanceof LibSignalErrorBase)) throw error
  if (error.code === ErrorCode.DuplicatedMessage) return 'used'
  if (error.code === ErrorCode.InvalidSenderKeySession) return 'no-session'
  return 'failed'
}
