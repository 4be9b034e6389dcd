// What a group's log says, taken together: who belongs to it, who may do what, what holds. A value, which no entry changes
// but `applyEntry`, by making the next one.

import type { AccountId, GroupId, Instant } from '../../shared/ids.ts'
import type { Encryption, HistoryGrant, Link, Permissions, Policies, Role, Sealed, Until } from './change.ts'

/** Where in the log and in the stream. */
export interface Place {
  /** Of the entry. */
  readonly index: number
  /** Of the entry in the stream; 0 where it is not known. */
  readonly position: number
  /** By its actor's clock. */
  readonly at: Instant
  /** That was the newest then. */
  readonly epoch: number
}

export interface Member {
  readonly role: Role
  readonly identityKey: Uint8Array
  /** The first epoch whose sessions are announced under it, if it took the place of another. */
  readonly keyFrom?: number
  readonly joined: Place
  /** As far as the policy went when they joined. */
  readonly history: HistoryGrant
  /** By whom they were invited or approved; absent for whoever created the group. */
  readonly by: AccountId | undefined
  readonly muted: { readonly until: Until } | undefined
  /** What they call themselves, for those who have its key. */
  readonly profile: SealedAt | undefined
}

/** What is sealed for members, and where in the log. */
export interface SealedAt {
  readonly sealed: Sealed
  readonly place: Place
}

/** A time somebody was a member, from joining to going. */
export interface Span {
  readonly from: Place
  readonly to: Place
  readonly identityKey: Uint8Array
  /** How much of what was before it they were granted. */
  readonly history: HistoryGrant
}

export interface Former {
  /** Ascending. */
  readonly spans: readonly Span[]
  readonly how: 'left' | 'removed' | 'banned'
}

export interface Invited {
  readonly identityKey: Uint8Array
  readonly role: Role
  readonly history: HistoryGrant
  readonly by: AccountId
  readonly place: Place
  readonly expiresAt: Instant
  readonly profile: SealedAt | undefined
}

export interface JoinRequest {
  readonly identityKey: Uint8Array
  readonly note: Sealed | undefined
  readonly place: Place
}

export interface Ban {
  readonly until: Until
  readonly by: AccountId
  readonly at: Instant
}

export interface Epoch {
  readonly number: number
  /** `epoch` of the place is the number itself. */
  readonly opened: Place
  readonly by: AccountId
}

/** Why the next who speaks opens an epoch first [P113]. */
export type MarkReason =
  | 'left'
  | 'removed'
  | 'banned'
  | 'asked'
  | 'encryption-on'
  | 'joined-without-history'
  | 'identity-replaced'

export interface Mark {
  readonly why: MarkReason
  readonly place: Place
}

/** What may be said in the open, and from where on. */
export interface Mode {
  readonly mode: Encryption
  readonly since: Place
}

export interface GroupState {
  readonly group: GroupId
  /** The newest entry. */
  readonly head: { readonly index: number; readonly hash: Uint8Array; readonly at: Instant; readonly position: number }
  readonly created: { readonly by: AccountId; readonly at: Instant }
  readonly members: ReadonlyMap<AccountId, Member>
  /** Who was a member before; who has come back is among the members too. */
  readonly former: ReadonlyMap<AccountId, Former>
  readonly invited: ReadonlyMap<AccountId, Invited>
  readonly requests: ReadonlyMap<AccountId, JoinRequest>
  /** Whose request or invitation came to nothing, and where. */
  readonly turnedAway: ReadonlyMap<AccountId, Place>
  readonly bans: ReadonlyMap<AccountId, Ban>
  /** All below this role are muted. */
  readonly mutedBelow: { readonly role: Role; readonly until: Until } | undefined
  readonly link: Link | undefined
  readonly permissions: Permissions
  readonly policies: Policies
  /** earlier: ascending, each until the next. */
  readonly encryption: Mode & { readonly earlier: readonly Mode[] }
  readonly details: SealedAt | undefined
  /** Ascending and without holes from 1. */
  readonly epochs: readonly Epoch[]
  /** Since the newest epoch was opened. */
  readonly marks: readonly Mark[]
  readonly deleted: Place | undefined
}

export function newestEpoch({ epochs }: GroupState): Epoch {
  const newest = epochs.at(-1)
  if (newest === undefined) throw new Error('a group without an epoch')
  return newest
}

export function epochOf({ epochs }: GroupState, number: number): Epoch | undefined {
  return epochs[number - 1]
}

/** The newest epoch as it was at a position of the stream. */
export function epochAt({ epochs }: GroupState, position: number): number {
  return epochs.findLast(({ opened }) => opened.position < position)?.number ?? 1
}

/** A copy with these in it. */
export function withAll<Key, Value>(
  map: ReadonlyMap<Key, Value>,
  entries: Iterable<readonly [Key, Value]>,
): ReadonlyMap<Key, Value> {
  const copy = new Map(map)
  for (const [key, value] of entries) copy.set(key, value)
  return copy
}

/** A copy without these; the map itself if none of them is in it. */
export function without<Key, Value>(map: ReadonlyMap<Key, Value>, keys: Iterable<Key>): ReadonlyMap<Key, Value> {
  const gone = [...keys].filter((key) => map.has(key))
  if (gone.length === 0) return map
  const copy = new Map(map)
  for (const key of gone) copy.delete(key)
  return copy
}
