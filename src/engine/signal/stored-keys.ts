// What is committed: the database's keys and sessions, and a bounded number of sessions kept as objects.

import { SenderKeyRecord, SessionRecord } from '@signalapp/libsignal-client'
import type { AccountId, GroupSessionId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { type PinnedIdentity, readIdentity } from '../storage/identities.ts'
import { readKyberPreKey, readOneTimePreKey, readSignedPreKey, wasBaseKeyUsed } from '../storage/prekeys.ts'
import { readSenderKey } from '../storage/sender-keys.ts'
import { readSession, sessionSize } from '../storage/sessions.ts'
import { type Address, addressText } from './address.ts'
import { owned } from './bytes.ts'

export interface BaseKeyUse {
  kyberId: number
  signedId: number
  baseKey: Uint8Array
}

/** Keys as somebody reads them: what is committed, or what a unit of work makes of it. */
export interface KeySource {
  /** Never change the record that comes out: it may be shared. */
  session(address: Address): SessionRecord | undefined
  identity(account: AccountId): PinnedIdentity | undefined
  oneTimePreKey(id: number): Uint8Array | undefined
  signedPreKey(id: number): Uint8Array | undefined
  kyberPreKey(id: number): { record: Uint8Array; lastResort: boolean } | undefined
  wasBaseKeyUsed(use: BaseKeyUse): boolean
  /** Of one's own, or of somebody else's where the group keeps no more than where its chain stands. */
  senderKey(session: GroupSessionId): SenderKeyRecord | undefined
}

/** Some 6 KB each. More than the largest group has members: each new epoch goes to all of them. */
const SESSIONS_KEPT = 1_200

interface KeptSession {
  record: SessionRecord
  /** Bytes of it on the disk. */
  size: number
}

export class StoredKeys implements KeySource {
  readonly #sql: Sql
  /** Oldest use first: a Map keeps the order of insertion. */
  readonly #sessions = new Map<string, KeptSession>()
  /** How often each session was committed since the start. */
  readonly #revisions = new Map<string, number>()

  constructor(sql: Sql) {
    this.#sql = sql
  }

  session(address: Address): SessionRecord | undefined {
    const key = addressText(address)
    const kept = this.#sessions.get(key)
    if (kept !== undefined) {
      this.#keep(key, kept)
      return kept.record
    }
    const bytes = readSession(this.#sql, address.account, address.device)
    if (bytes === undefined) return undefined
    if (bytes.length === 0) throw new Error('an empty session record reads as no session [E5]')
    const record = SessionRecord.deserialize(owned(bytes))
    this.#keep(key, { record, size: bytes.length })
    return record
  }

  /** Bytes of the stored record; 0 without one. */
  sessionSize(address: Address): number {
    return this.#sessions.get(addressText(address))?.size ?? sessionSize(this.#sql, address.account, address.device)
  }

  identity(account: AccountId): PinnedIdentity | undefined {
    return readIdentity(this.#sql, account)
  }

  oneTimePreKey(id: number): Uint8Array | undefined {
    return readOneTimePreKey(this.#sql, id)
  }

  signedPreKey(id: number): Uint8Array | undefined {
    return readSignedPreKey(this.#sql, id)
  }

  kyberPreKey(id: number): { record: Uint8Array; lastResort: boolean } | undefined {
    return readKyberPreKey(this.#sql, id)
  }

  wasBaseKeyUsed(use: BaseKeyUse): boolean {
    return wasBaseKeyUsed(this.#sql, use.kyberId, use.signedId, use.baseKey)
  }

  senderKey(session: GroupSessionId): SenderKeyRecord | undefined {
    const record = readSenderKey(this.#sql, session)
    return record === undefined ? undefined : SenderKeyRecord.deserialize(owned(record))
  }

  revision(address: Address): number {
    return this.#revisions.get(addressText(address)) ?? 0
  }

  senderKeyRevision(session: GroupSessionId): number {
    return this.#revisions.get(session) ?? 0
  }

  senderKeyMoved(session: GroupSessionId): void {
    this.#revisions.set(session, this.senderKeyRevision(session) + 1)
  }

  /** After the commit that wrote the record, in so many bytes. */
  publish(address: Address, record: SessionRecord, size: number): void {
    const key = addressText(address)
    this.#revisions.set(key, (this.#revisions.get(key) ?? 0) + 1)
    this.#keep(key, { record, size })
  }

  #keep(key: string, session: KeptSession): void {
    this.#sessions.delete(key)
    this.#sessions.set(key, session)
    if (this.#sessions.size <= SESSIONS_KEPT) return
    const oldest = this.#sessions.keys().next()
    if (!oldest.done) this.#sessions.delete(oldest.value)
  }
}
