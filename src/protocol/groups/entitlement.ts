// Whose keys of an epoch may be given to whom, and whose are believed, by the log alone [P115].

import type { AccountId } from '../../shared/ids.ts'
import type { HistoryGrant } from './change.ts'
import { type Epoch, epochOf, type GroupState, newestEpoch, type Place } from './state.ts'

/**
 * [D7] Whether a member may be given the keys of an epoch: of those opened since they joined, and of what was before as
 * much as they were granted. Nobody else is given any, whatever they had once.
 */
export function mayRead(state: GroupState, account: AccountId, epoch: number): boolean {
  const member = state.members.get(account)
  const asked = epochOf(state, epoch)
  if (member === undefined || asked === undefined || state.deleted !== undefined) return false
  return isGranted(state, member.joined, member.history, asked)
}

/**
 * Whether somebody may have the keys of an epoch by now: as a member, or because they could be given them while they were
 * one. Who goes keeps what they have.
 */
export function mayHold(state: GroupState, account: AccountId, epoch: number): boolean {
  const asked = epochOf(state, epoch)
  if (asked === undefined) return false
  const member = state.members.get(account)
  if (member !== undefined && isGranted(state, member.joined, member.history, asked)) return true
  const spans = state.former.get(account)?.spans ?? []
  return spans.some(({ from, to, history }) => asked.opened.index < to.index && isGranted(state, from, history, asked))
}

function isGranted(state: GroupState, joined: Place, history: HistoryGrant, { number, opened }: Epoch): boolean {
  if (opened.index > joined.index) return true
  switch (history.kind) {
    case 'none':
      return false
    case 'since': {
      const next = epochOf(state, number + 1)
      return next === undefined || next.opened.at >= history.since
    }
    case 'all':
      return true
  }
}

/**
 * The identity key under which somebody was a member while the epoch was the newest: what they announce for it verifies
 * under this. Undefined: they were none, and nothing of theirs is believed.
 */
export function memberKeyIn(state: GroupState, account: AccountId, epoch: number): Uint8Array | undefined {
  if (epochOf(state, epoch) === undefined) return undefined
  const member = state.members.get(account)
  const since = member?.keyFrom ?? member?.joined.epoch ?? 0
  if (member !== undefined && since <= epoch && epoch <= newestEpoch(state).number) return member.identityKey
  const spans = state.former.get(account)?.spans ?? []
  return spans.find(({ from, to }) => from.epoch <= epoch && epoch <= to.epoch)?.identityKey
}

/** Of something said: the epoch it is under, and where it is in the stream. Null: not known. */
export interface SaidAt {
  readonly epoch: number | null
  readonly position: number | null
  /** Whether it is sealed. */
  readonly sealed: boolean
}

/** [P147] Whether somebody who is a member was one when it was said, so that it was said to them, and they may read it. */
export function isRecipient(state: GroupState, account: AccountId, { epoch, position, sealed }: SaidAt): boolean {
  const member = state.members.get(account)
  if (member === undefined || state.deleted !== undefined) return false
  const wasThere = position === null ? member.joined.epoch <= (epoch ?? 0) : member.joined.position < position
  return wasThere && (!sealed || (epoch !== null && mayRead(state, account, epoch)))
}
