// When the next who speaks opens an epoch first [P113]. What only devices know, a member's device that is gone or an
// identity that was replaced, comes on top.

import type { Instant } from '../../shared/ids.ts'
import { type GroupState, type MarkReason, newestEpoch } from './state.ts'

export type RotationReason = MarkReason | 'time' | 'messages'

/** messages: how many were said in the newest epoch. Empty: none is due. */
export function rotationReasons(state: GroupState, now: Instant, messages: number): RotationReason[] {
  const { rotationTime, rotationMessages } = state.policies
  const reasons = new Set<RotationReason>(state.marks.map(({ why }) => why))
  if (now - newestEpoch(state).opened.at >= rotationTime) reasons.add('time')
  if (messages >= rotationMessages) reasons.add('messages')
  return [...reasons]
}
