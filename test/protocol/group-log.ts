// A group's log as its members write it: real keys, real signatures, a time that each entry moves on by a second.

import { randomUUID } from 'node:crypto'
import { IdentityKeyPair } from '@signalapp/libsignal-client'
import { verifySignature } from '../../src/engine/signal/verify.ts'
import { type Applied, applyEntry, type Judging } from '../../src/protocol/groups/apply.ts'
import { buildEntry, buildFirstEntry, sealEntry, type UnsignedEntry } from '../../src/protocol/groups/build.ts'
import type { Change, HistoryGrant, Role } from '../../src/protocol/groups/change.ts'
import { DEFAULT_POLICIES } from '../../src/protocol/groups/permissions.ts'
import { readEntry } from '../../src/protocol/groups/read.ts'
import type { GroupState } from '../../src/protocol/groups/state.ts'
import { AccountId, type DeviceId, GroupId, type Instant } from '../../src/shared/ids.ts'

export const NOON = 1_800_000_000_000 as Instant
export const later = (milliseconds: number) => (NOON + milliseconds) as Instant
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

export interface Member {
  account: AccountId
  device: DeviceId
  identity: IdentityKeyPair
  identityKey: Uint8Array<ArrayBuffer>
}

export function makeMember(): Member {
  const identity = IdentityKeyPair.generate()
  const identityKey = identity.publicKey.serialize()
  return { account: AccountId.parse(randomUUID()), device: 1 as DeviceId, identity, identityKey }
}

type Create = Extract<Change, { kind: 'create' }>

export function creation(by: Pick<Member, 'identityKey'>, more: Partial<Create> = {}): Create {
  const { identityKey } = by
  const usual = { policies: DEFAULT_POLICIES, permissions: {}, encryption: 'required', details: undefined } as const
  return { kind: 'create', identityKey, ...usual, ...more }
}

export function invitation(who: Member, role: Role = 'member', history: HistoryGrant = { kind: 'none' }) {
  return { account: who.account, identityKey: who.identityKey, role, history }
}

export function signedBy({ identity }: Pick<Member, 'identity'>, unsigned: UnsignedEntry): Uint8Array<ArrayBuffer> {
  return sealEntry(unsigned, identity.privateKey.sign(unsigned.toSign))
}

export interface Log {
  readonly group: GroupId
  readonly state: GroupState
  /** Serialised, in order. */
  readonly entries: readonly Uint8Array[]
  /** By the time of the entry that comes next. */
  readonly now: Instant
  /** What would come of it. Nothing changes. */
  tries(who: Member, change: Change, at?: Instant, judging?: Partial<Judging>): Applied
  /** Throws where the log does not take it. */
  does(who: Member, change: Change, at?: Instant): GroupState
  /** Invites them and lets them accept. */
  takesIn(by: Member, who: Member, role?: Role, history?: HistoryGrant): GroupState
  /** The bytes of what somebody would append. */
  entry(who: Member, change: Change, at?: Instant): Uint8Array<ArrayBuffer>
}

export function foundGroup(owner: Member, more: Partial<Create> = {}): Log {
  const group = GroupId.parse(randomUUID())
  const entries: Uint8Array[] = []
  let now = NOON
  let state: GroupState | undefined

  const entry = (who: Member, change: Change, at: Instant = now) => {
    const by = { actor: who.account, device: who.device, at }
    const isFirst = change.kind === 'create' && state === undefined
    return signedBy(who, isFirst ? buildFirstEntry(group, by, change) : buildEntry(held(), by, change))
  }
  const judge = (bytes: Uint8Array, judging: Partial<Judging> = {}): Applied => {
    const read = readEntry(bytes)
    if (!read.ok) throw new Error(`not an entry: ${read.why}`)
    return applyEntry(state, read.entry, { verify: verifySignature, position: entries.length + 1, ...judging })
  }
  const does = (who: Member, change: Change, at: Instant = now) => {
    const bytes = entry(who, change, at)
    const applied = judge(bytes)
    if (!applied.ok) throw new Error(`${change.kind}: ${applied.why}`)
    entries.push(bytes)
    state = applied.state
    now = Math.max(now, at + 1000) as Instant
    return applied.state
  }
  const held = (): GroupState => {
    if (state === undefined) throw new Error('a group without an entry')
    return state
  }

  does(owner, creation(owner, more))
  return {
    group,
    get state() {
      return held()
    },
    entries,
    get now() {
      return now
    },
    tries: (who, change, at = now, judging = {}) => judge(entry(who, change, at), judging),
    does,
    takesIn: (by, who, role, history) => {
      does(by, { kind: 'invite', people: [invitation(who, role, history)], expiresAt: undefined })
      return does(who, { kind: 'accept-invitation' })
    },
    entry,
  }
}
