// Whether one may say something in a group as it stands now [G8][G12].

import { isMuted, mayDo, takesReadable, takesSealed } from '../../protocol/groups/permissions.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import type { Failure } from '../../shared/failure.ts'
import type { AccountId, Instant } from '../../shared/ids.ts'
import type { GroupRow } from '../storage/groups.ts'
import { isReadableUnseen } from './states.ts'

/** Undefined: one may, open or sealed as it is. */
export function whyNotSay(
  where: GroupRow,
  state: GroupState,
  own: AccountId,
  isReadable: boolean,
  now: Instant,
): Failure | undefined {
  if (isMuted(state, own, now)) return { code: 'muted' }
  if (!mayDo(state, own, 'send', now)) return { code: 'not-permitted', detail: 'by role' }
  if (isReadable && !takesReadable(state)) return { code: 'not-permitted', detail: 'everything is encrypted here' }
  if (!isReadable && !takesSealed(state)) return { code: 'not-permitted', detail: 'nothing is encrypted here' }
  if (isReadable && isReadableUnseen(where, state)) return { code: 'look-first', detail: 'the relay can read along' }
  return undefined
}
