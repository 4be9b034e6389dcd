// libsignal alone: a session out of a database, in memory, for the floors of the benches.

import {
  type CiphertextMessage,
  IdentityChange,
  IdentityKeyPair,
  IdentityKeyStore,
  ProtocolAddress,
  type PublicKey,
  SessionRecord,
  SessionStore,
  SignalMessage,
  signalDecrypt,
  signalEncrypt,
} from '@signalapp/libsignal-client'
import { openSqlite } from '../../src/host/sqlite.ts'
import type { AccountId } from '../../src/shared/ids.ts'
import { KEY } from './acquaintances.ts'

export class BareSession {
  readonly #sessions: OneSession
  readonly #identities: OneIdentity
  readonly #here: ProtocolAddress
  readonly #there: ProtocolAddress

  /** The one that the owner of the file has with the other's only device. */
  constructor(file: string, owner: AccountId, other: AccountId) {
    const sql = openSqlite({ file, key: KEY })
    const session = sql.get<{ record: Uint8Array }>('SELECT record FROM sessions WHERE account = ?', [other])
    const own = sql.get<{ identity: Uint8Array; registration: number }>(
      'SELECT identity, registration_id AS registration FROM own_account',
    )
    sql.close()
    if (session === undefined || own === undefined) throw new Error('there is no session to bench with')
    this.#sessions = new OneSession(SessionRecord.deserialize(new Uint8Array(session.record)))
    this.#identities = new OneIdentity(IdentityKeyPair.deserialize(new Uint8Array(own.identity)), own.registration)
    this.#here = ProtocolAddress.new(owner, 1)
    this.#there = ProtocolAddress.new(other, 1)
  }

  encrypt(plaintext: Uint8Array<ArrayBuffer>): Promise<CiphertextMessage> {
    return signalEncrypt(plaintext, this.#there, this.#here, this.#sessions, this.#identities)
  }

  decrypt(ciphertext: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const message = SignalMessage.deserialize(ciphertext)
    return signalDecrypt(message, this.#there, this.#here, this.#sessions, this.#identities)
  }

  record(): Uint8Array<ArrayBuffer> {
    return this.#sessions.record.serialize()
  }
}

class OneSession extends SessionStore {
  record: SessionRecord

  constructor(record: SessionRecord) {
    super()
    this.record = record
  }

  async saveSession(_: ProtocolAddress, record: SessionRecord): Promise<void> {
    this.record = record
  }

  async getSession(): Promise<SessionRecord> {
    return this.record
  }

  async getExistingSessions(): Promise<SessionRecord[]> {
    return [this.record]
  }
}

/** Trusts whoever it is asked about, without looking. */
class OneIdentity extends IdentityKeyStore {
  readonly #pair: IdentityKeyPair
  readonly #registration: number

  constructor(pair: IdentityKeyPair, registration: number) {
    super()
    this.#pair = pair
    this.#registration = registration
  }

  async getIdentityKey() {
    return this.#pair.privateKey
  }

  override async getIdentityKeyPair() {
    return this.#pair
  }

  async getLocalRegistrationId(): Promise<number> {
    return this.#registration
  }

  async saveIdentity(): Promise<IdentityChange> {
    return IdentityChange.NewOrUnchanged
  }

  async isTrustedIdentity(): Promise<boolean> {
    return true
  }

  async getIdentity(): Promise<PublicKey | null> {
    return null
  }
}
