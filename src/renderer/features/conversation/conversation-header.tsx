// Who one talks with, and that nobody else listens.

import type { PersonConversation } from '../../../shared/model.ts'
import { arrange, useDesk } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { IconButton } from '../../ui/button.tsx'
import { BackIcon, CheckIcon, LockIcon, PanelIcon } from '../../ui/icons.tsx'
import { conversationName, PersonName } from '../../ui/person-name.tsx'
import { PersonAvatar } from '../people/person-avatar.tsx'
import css from './conversation-header.module.css'

export function ConversationHeader({ conversation }: { conversation: PersonConversation }) {
  const { person, kind } = conversation
  const details = useDesk((desk) => desk.details)
  const name = conversationName(conversation)
  return (
    <header className={css.header}>
      <IconButton className={css.back} label={say('action.back')} onClick={() => arrange({ open: null })}>
        <BackIcon />
      </IconButton>
      {kind === 'notes' ? (
        <Avatar account={person.account} name={name} size={38} notes />
      ) : (
        <PersonAvatar person={person} size={38} />
      )}
      <div className={css.words}>
        <h2 className={css.name}>
          <PersonName name={name} />
        </h2>
        <div className={css.facts}>
          <span className={css.chip}>
            <LockIcon />
            {say('conversation.encrypted')}
          </span>
          {kind === 'person' && person.safety.state === 'verified' && (
            <span className={css.chip}>
              <CheckIcon />
              {say('conversation.verified')}
            </span>
          )}
          <span className={css.fact}>{kind === 'notes' ? say('conversation.notesHint') : `@${person.username}`}</span>
        </div>
      </div>
      <IconButton label={say('conversation.details')} on={details} onClick={() => arrange({ details: !details })}>
        <PanelIcon />
      </IconButton>
    </header>
  )
}
