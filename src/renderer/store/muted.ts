// Whether somebody is told of what comes in, by the clock of now.

import type { Conversation } from '../../shared/model.ts'

export function isMuted({ muted }: Pick<Conversation, 'muted'>, now: number): boolean {
  return muted === 'for-good' || (muted !== null && now < muted)
}
