// libsignal's store of sender keys: one over a unit of work, and one that forgets everything.

import { type ProtocolAddress, type SenderKeyRecord, SenderKeyStore } from '@signalapp/libsignal-client'
import type { GroupSessionId } from '../../shared/ids.ts'
import type { SignalStep } from './unit.ts'

/** For the one session that a call of libsignal is about: what the ciphertext names besides is not looked for. */
export class SenderKeysOfStep extends SenderKeyStore {
  readonly #step: SignalStep
  readonly #session: GroupSessionId

  constructor(step: SignalStep, session: GroupSessionId) {
    super()
    this.#step = step
    this.#session = session
  }

  async saveSenderKey(_owner: ProtocolAddress, session: string, record: SenderKeyRecord): Promise<void> {
    if (session === this.#session) this.#step.keys.putSenderKey(this.#session, record)
  }

  async getSenderKey(_owner: ProtocolAddress, session: string): Promise<SenderKeyRecord | null> {
    if (session !== this.#session) return null
    try {
      return this.#step.keys.senderKey(this.#session) ?? null
    } catch (error) {
      // libsignal would hide it.
      this.#step.failed(error)
      throw error
    }
  }
}

/** A chain read along, and thrown away: it can be begun again from its distribution message at any time. */
export class PassingSenderKey extends SenderKeyStore {
  #record: SenderKeyRecord | null = null

  async saveSenderKey(_owner: ProtocolAddress, _session: string, record: SenderKeyRecord): Promise<void> {
    this.#record = record
  }

  async getSenderKey(): Promise<SenderKeyRecord | null> {
    return this.#record
  }
}
