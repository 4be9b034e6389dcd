// What a group is called, who listens, and whether anybody else could.

import type { GroupConversation, GroupSummary } from '../../../shared/model.ts'
import { arrange, useDesk } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { IconButton } from '../../ui/button.tsx'
import { BackIcon, LockIcon, PanelIcon, UnlockedIcon } from '../../ui/icons.tsx'
import { conversationName, PersonName } from '../../ui/person-name.tsx'
import header from '../conversation/conversation-header.module.css'
import css from './group.module.css'
import { GroupAvatar } from './group-avatar.tsx'

const standings = {
  invited: 'group.standing.invited',
  asked: 'group.standing.asked',
  left: 'group.leftText',
  removed: 'group.removedText',
  banned: 'group.bannedText',
  deleted: 'group.deletedText',
  halted: 'group.haltedFoot',
} as const

export function GroupHeader({ conversation }: { conversation: GroupConversation }) {
  const { group } = conversation
  const details = useDesk((desk) => desk.details)
  const name = conversationName(conversation)
  return (
    <header className={header.header}>
      <IconButton className={header.back} label={say('action.back')} onClick={() => arrange({ open: null })}>
        <BackIcon />
      </IconButton>
      <GroupAvatar conversation={conversation} size={38} />
      <div className={header.words}>
        <h2 className={header.name}>
          <PersonName name={name} />
        </h2>
        <div className={header.facts}>
          <Facts group={group} />
        </div>
      </div>
      <IconButton label={say('conversation.details')} on={details} onClick={() => arrange({ details: !details })}>
        <PanelIcon />
      </IconButton>
    </header>
  )
}

/** Whoever is not in it any more is not told how it is protected now. */
function Facts({ group }: { group: GroupSummary }) {
  const { standing, encryption } = group
  if (standing !== 'member') return <span className={header.fact}>{say(standings[standing])}</span>
  return (
    <>
      {encryption === 'required' ? (
        <span className={header.chip}>
          <LockIcon />
          {say('conversation.encrypted')}
        </span>
      ) : (
        <span className={css.open}>
          <UnlockedIcon />
          {say(encryption === 'off' ? 'group.readable' : 'group.partlyReadable')}
        </span>
      )}
      <span className={header.fact}>{say('group.members', { count: group.members })}</span>
    </>
  )
}
