// Below a message that did not go out: why, and what one can do.

import type { Failure } from '../../../shared/failure.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import css from './not-sent.module.css'

interface NotSentProps {
  readonly failure: Failure
  readonly onRetry: () => void
  readonly onDelete: () => void
}

export function NotSent({ failure, onRetry, onDelete }: NotSentProps) {
  return (
    <p className={css.problem} role="alert">
      {say('message.notSent', { why: failureSentence(failure) })}{' '}
      <button type="button" className={css.action} onClick={onRetry}>
        {say('message.retry')}
      </button>
      {' · '}
      <button type="button" className={css.action} onClick={onDelete}>
        {say('message.delete')}
      </button>
    </p>
  )
}
