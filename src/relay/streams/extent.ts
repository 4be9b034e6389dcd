// What of a stream is served to whom: members what was said since they joined and what they were granted of before; whoever
// is on the way in or was turned away, the log; whoever was removed, nothing behind that [P123].

import { createHash } from 'node:crypto'
import { StreamKind } from '../../protocol/generated/relay_pb.ts'
import { isBanned } from '../../protocol/groups/permissions.ts'
import type { GroupState, Member, Span } from '../../protocol/groups/state.ts'
import type { AccountId, Instant } from '../../shared/ids.ts'
import type { HeldItem } from './contract.ts'

export interface Extent {
  /** Nothing behind this position. */
  readonly upTo: number
  /** Positions behind which items other than entries may be served at all. */
  readonly itemsAfter: number
  serves(item: HeldItem): boolean
}

/** Undefined: nothing at all, as if there were no such group. */
export function extentOf(
  state: GroupState,
  account: AccountId,
  linkSecret: Uint8Array,
  now: Instant,
): Extent | undefined {
  const member = state.members.get(account)
  const spans = state.former.get(account)?.spans ?? []
  if (member !== undefined && state.deleted !== undefined) return entriesUpTo(state.deleted.position)
  if (member !== undefined) return ofMember(member, spans)
  const turnedAwayAt = state.turnedAway.get(account)?.position ?? 0
  const goneAt = spans.at(-1)?.to.position ?? 0
  const wentAt = Math.max(turnedAwayAt, goneAt)
  // Its items have gone with it.
  if (state.deleted !== undefined) return wentAt === 0 ? undefined : entriesUpTo(wentAt)
  if (state.invited.has(account) || state.requests.has(account)) return entriesUpTo(Infinity)
  if (opens(state, linkSecret, now) && !isBanned(state, account, now)) return entriesUpTo(Infinity)
  if (wentAt === 0) return undefined
  return {
    upTo: wentAt,
    itemsAfter: spans[0]?.from.position ?? Infinity,
    serves: (item) => item.position <= wentAt && (item.kind === StreamKind.ENTRY || isWithin(spans, item)),
  }
}

function ofMember({ joined, history }: Member, spans: readonly Span[]): Extent {
  const isGranted = ({ takenAt }: HeldItem) =>
    history.kind === 'all' || (history.kind === 'since' && takenAt >= history.since)
  return {
    upTo: Infinity,
    itemsAfter: history.kind === 'none' ? (spans[0]?.from.position ?? joined.position) : 0,
    serves: (item) =>
      item.kind === StreamKind.ENTRY || item.position > joined.position || isWithin(spans, item) || isGranted(item),
  }
}

function entriesUpTo(upTo: number): Extent {
  return {
    upTo,
    itemsAfter: Infinity,
    serves: ({ kind, position }) => kind === StreamKind.ENTRY && position <= upTo,
  }
}

function isWithin(spans: readonly Span[], { position }: HeldItem): boolean {
  return spans.some(({ from, to }) => position > from.position && position <= to.position)
}

/** Whether it is the secret of the link there is now. */
export function opens({ link }: GroupState, linkSecret: Uint8Array, now: Instant): boolean {
  if (link === undefined || linkSecret.length === 0) return false
  if (link.expiresAt !== undefined && now >= link.expiresAt) return false
  return Buffer.compare(createHash('sha256').update(linkSecret).digest(), link.secretHash) === 0
}
