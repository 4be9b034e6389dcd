// The mark of somebody whose safety number was compared: wherever their name stands.

import type { Conversation } from '../../shared/model.ts'
import { say } from '../text/say.ts'
import { CheckIcon } from './icons.tsx'
import { Unseen } from './unseen.tsx'
import css from './verified.module.css'

export function isVerified(conversation: Conversation): boolean {
  return conversation.kind === 'person' && conversation.person.safety.state === 'verified'
}

export function VerifiedMark({ conversation }: { conversation: Conversation }) {
  if (!isVerified(conversation)) return null
  return (
    <>
      <CheckIcon className={css.verified} />
      <Unseen>{say('row.verified')}</Unseen>
    </>
  )
}
