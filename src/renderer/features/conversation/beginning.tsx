// What stands above the oldest message: that there are none before it, or that earlier ones are coming.

import type { Conversation } from '../../../shared/model.ts'
import { say } from '../../text/say.ts'
import type { SentenceKey } from '../../text/sentences.ts'
import { conversationName } from '../../ui/person-name.tsx'
import css from './beginning.module.css'

export function Beginning({ conversation }: { conversation: Conversation }) {
  const notes = conversation.kind === 'notes'
  return (
    <div className={css.beginning}>
      <p className={css.title}>{say('conversation.begin')}</p>
      <p>
        {notes
          ? say('conversation.beginNotes')
          : say(beginningOf(conversation), { name: conversationName(conversation) })}
      </p>
    </div>
  )
}

function beginningOf(conversation: Conversation): SentenceKey {
  if (conversation.kind !== 'group') return 'conversation.beginText'
  return conversation.group.encryption === 'required' ? 'group.begin' : 'group.beginOpen'
}

export function EarlierOnTheirWay() {
  return <p className={css.loading}>{say('conversation.loading')}</p>
}
