// Says that the other one is typing. It keeps its place, so that nothing jumps when they begin.

import type { Conversation } from '../../../shared/model.ts'
import { say } from '../../text/say.ts'
import { conversationName } from '../../ui/person-name.tsx'
import css from './typing-line.module.css'

export function TypingLine({ conversation }: { conversation: Conversation }) {
  return (
    <p className={css.typing} role="status">
      {conversation.typing && say('conversation.typing', { name: conversationName(conversation) })}
    </p>
  )
}
