// The fourth column of a group: who is in it, what holds there, and what one may do about it.

import type { GroupConversation } from '../../../shared/model.ts'
import { arrange } from '../../store/desk.ts'
import { shownText } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { CloseIcon } from '../../ui/icons.tsx'
import { conversationName, PersonName } from '../../ui/person-name.tsx'
import { ChatCard } from '../details/chat-card.tsx'
import details from '../details/details.module.css'
import { askFirst } from './ask-first.ts'
import { EncryptionCard } from './encryption-card.tsx'
import css from './group.module.css'
import { GroupAvatar } from './group-avatar.tsx'
import { HaltedCard } from './halted-card.tsx'
import { LinkCard } from './link-card.tsx'
import { MembersCard } from './members-card.tsx'
import { PoliciesCard } from './policies-card.tsx'
import { useGroup } from './use-group.ts'
import { WaitingCard } from './waiting-card.tsx'

export function GroupDetails({ conversation }: { conversation: GroupConversation }) {
  const group = useGroup(conversation.id)
  const name = conversationName(conversation)
  const { standing, role } = conversation.group
  const isMember = standing === 'member'
  return (
    <aside className={details.details} aria-label={say('group.detailsLabel')}>
      <IconButton className={details.close} label={say('action.close')} onClick={() => arrange({ details: false })}>
        <CloseIcon />
      </IconButton>
      <div className={details.head}>
        <GroupAvatar conversation={conversation} size={72} />
        <h2 className={details.name}>
          <PersonName name={name} />
        </h2>
        <p className={details.username}>{say('group.members', { count: conversation.group.members })}</p>
        {group && group.description !== '' && (
          <p className={details.about} dir="auto">
            {shownText(group.description)}
          </p>
        )}
        {isMember && group?.may.includes('details') && (
          <Button look="text" small onClick={() => arrange({ dialog: { kind: 'group-details', id: conversation.id } })}>
            {say('group.edit')}
          </Button>
        )}
      </div>
      {group && <HaltedCard group={group} />}
      {group && isMember && (
        <>
          <WaitingCard group={group} />
          <MembersCard group={group} />
          <EncryptionCard group={group} />
          <LinkCard group={group} />
          <PoliciesCard group={group} />
        </>
      )}
      <ChatCard conversation={conversation} />
      {isMember && (
        <div className={css.buttons}>
          <Button look="danger" small onClick={() => askFirst(conversation.id, { what: 'leave' })}>
            {say('group.leave')}
          </Button>
          {role === 'owner' && (
            <Button look="danger" small onClick={() => askFirst(conversation.id, { what: 'delete' })}>
              {say('group.delete')}
            </Button>
          )}
        </div>
      )}
    </aside>
  )
}
