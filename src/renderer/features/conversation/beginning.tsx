// What stands above the oldest message: that there are none before it, or that earlier ones are coming.

import type { Conversation } from '../../../shared/model.ts'
import { say } from '../../text/say.ts'
import { conversationName } from '../../ui/person-name.tsx'
import css from './beginning.module.css'

export function Beginning({ conversation }: { conversation: Conversation }) {
  const notes = conversation.kind === 'notes'
  const isOpen = conversation.kind === 'group' && conversation.group.encryption !== 'required'
  return (
    <div className={css.beginning}>
      <p className={css.title}>{say('conversation.begin')}</p>
      <p>
        {notes
          ? say('conversation.beginNotes')
          : say(isOpen ? 'group.beginOpen' : 'conversation.beginText', { name: conversationName(conversation) })}
      </p>
    </div>
  )
}

export function EarlierOnTheirWay() {
  return <p className={css.loading}>{say('conversation.loading')}</p>
}
