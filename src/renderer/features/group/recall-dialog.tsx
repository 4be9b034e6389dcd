// Asks once before somebody takes back what somebody else said, for everyone.

import type { MessageId } from '../../../shared/ids.ts'
import { ask } from '../../store/ask.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Question } from './question.tsx'

export function RecallDialog({ message, name }: { message: MessageId; name: string }) {
  return (
    <Question
      title={say('group.recallTitle', { name: shownName(name) })}
      text={say('group.recallText')}
      confirm={say('group.recallNow')}
      act={() => ask('recallMessages', { messages: [message] })}
    />
  )
}
