// Changes to keys and sessions that are not committed yet, laid over what is below them.

import type { SenderKeyRecord, SessionRecord } from '@signalapp/libsignal-client'
import type { AccountId, GroupSessionId } from '../../shared/ids.ts'
import type { PinnedIdentity } from '../storage/identities.ts'
import { type Address, addressText } from './address.ts'
import type { BaseKeyUse, KeySource } from './stored-keys.ts'

export class GatheredKeys implements KeySource {
  readonly #below: KeySource
  readonly sessions = new Map<string, { address: Address; record: SessionRecord }>()
  readonly identities = new Map<AccountId, PinnedIdentity>()
  readonly spentOneTime = new Set<number>()
  readonly spentKyber = new Set<number>()
  readonly usedBaseKeys = new Map<string, BaseKeyUse>()
  readonly senderKeys = new Map<GroupSessionId, SenderKeyRecord>()

  constructor(below: KeySource) {
    this.#below = below
  }

  session(address: Address): SessionRecord | undefined {
    return this.sessions.get(addressText(address))?.record ?? this.#below.session(address)
  }

  identity(account: AccountId): PinnedIdentity | undefined {
    return this.identities.get(account) ?? this.#below.identity(account)
  }

  oneTimePreKey(id: number): Uint8Array | undefined {
    return this.spentOneTime.has(id) ? undefined : this.#below.oneTimePreKey(id)
  }

  signedPreKey(id: number): Uint8Array | undefined {
    return this.#below.signedPreKey(id)
  }

  kyberPreKey(id: number): { record: Uint8Array; lastResort: boolean } | undefined {
    return this.spentKyber.has(id) ? undefined : this.#below.kyberPreKey(id)
  }

  wasBaseKeyUsed(use: BaseKeyUse): boolean {
    return this.usedBaseKeys.has(baseKeyText(use)) || this.#below.wasBaseKeyUsed(use)
  }

  senderKey(session: GroupSessionId): SenderKeyRecord | undefined {
    return this.senderKeys.get(session) ?? this.#below.senderKey(session)
  }

  putSession(address: Address, record: SessionRecord): void {
    this.sessions.set(addressText(address), { address, record })
  }

  putIdentity(account: AccountId, pinned: PinnedIdentity): void {
    this.identities.set(account, pinned)
  }

  spendOneTimePreKey(id: number): void {
    this.spentOneTime.add(id)
  }

  spendKyberPreKey(id: number): void {
    this.spentKyber.add(id)
  }

  noteBaseKey(use: BaseKeyUse): void {
    this.usedBaseKeys.set(baseKeyText(use), use)
  }

  putSenderKey(session: GroupSessionId, record: SenderKeyRecord): void {
    this.senderKeys.set(session, record)
  }

  /** Takes over what was gathered on top of this. */
  absorb(above: GatheredKeys): void {
    pour(above.sessions, this.sessions)
    pour(above.identities, this.identities)
    pour(above.usedBaseKeys, this.usedBaseKeys)
    pour(above.senderKeys, this.senderKeys)
    for (const id of above.spentOneTime) this.spentOneTime.add(id)
    for (const id of above.spentKyber) this.spentKyber.add(id)
  }
}

/** Most messages bring a session and nothing else. */
function pour<K, V>(from: ReadonlyMap<K, V>, into: Map<K, V>): void {
  if (from.size > 0) for (const [key, value] of from) into.set(key, value)
}

function baseKeyText({ kyberId, signedId, baseKey }: BaseKeyUse): string {
  return `${kyberId} ${signedId} ${baseKey.join()}`
}
