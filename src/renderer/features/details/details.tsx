// The fourth column: who it is, how safe it is, what one can do about them.

import type { PersonConversation } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { shownName, shownText } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { CloseIcon } from '../../ui/icons.tsx'
import { conversationName, PersonName } from '../../ui/person-name.tsx'
import { VerifiedMark } from '../../ui/verified.tsx'
import { placeName } from '../list/connection-footer.tsx'
import { PersonAvatar } from '../people/person-avatar.tsx'
import { Card, Fact } from './card.tsx'
import { ChatCard } from './chat-card.tsx'
import css from './details.module.css'
import { OwnWords } from './own-words.tsx'
import { SecurityCard } from './security-card.tsx'

export function Details({ conversation }: { conversation: PersonConversation }) {
  const { person, kind } = conversation
  const name = conversationName(conversation)
  const relay = useMirror((mirror) => mirror.profile?.relay)
  return (
    <aside className={css.details} aria-label={say('details.label')}>
      <IconButton className={css.close} label={say('action.close')} onClick={() => arrange({ details: false })}>
        <CloseIcon />
      </IconButton>
      <div className={css.head}>
        {kind === 'notes' ? (
          <Avatar account={person.account} name={name} size={72} notes />
        ) : (
          <PersonAvatar person={person} size={72} />
        )}
        <h2 className={css.name}>
          <PersonName name={name} />
          <VerifiedMark conversation={conversation} />
        </h2>
        <p className={css.username}>{kind === 'notes' ? say('details.notesText') : `@${person.username}`}</p>
        {person.nickname !== null && (
          <p className={css.username}>{say('details.callsThemselves', { name: shownName(person.profileName) })}</p>
        )}
        {kind === 'person' && person.about !== '' && (
          <p className={css.about} dir="auto">
            {shownText(person.about)}
          </p>
        )}
      </div>
      <SecurityCard conversation={conversation} />
      <ChatCard conversation={conversation} />
      {kind === 'person' && <OwnWords key={person.account} person={person} />}
      <Card
        title={say('details.relay')}
        action={
          <button type="button" className={css.link} onClick={() => arrange({ relayView: true })}>
            {say('details.relaySees')}
          </button>
        }
      >
        {relay && <Fact name={say('details.relayPlace')}>{placeName(relay)}</Fact>}
      </Card>
      <div className={css.buttons}>
        <Button wide small onClick={() => arrange({ dialog: { kind: 'export', conversation: conversation.id } })}>
          {say('export.one')}
        </Button>
        {kind === 'person' &&
          (person.blocked ? (
            <Button wide small onClick={() => request('unblockPerson', { account: person.account })}>
              {say('details.unblock', { name })}
            </Button>
          ) : (
            <Button
              look="danger"
              wide
              small
              onClick={() => arrange({ dialog: { kind: 'block', account: person.account } })}
            >
              {say('details.block', { name })}
            </Button>
          ))}
      </div>
    </aside>
  )
}
