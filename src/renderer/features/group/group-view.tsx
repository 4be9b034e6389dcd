// A group: what was said, what happened, and what to say next.

import { useEffect } from 'react'
import type { GroupConversation } from '../../../shared/model.ts'
import { client } from '../../bridge.ts'
import { request } from '../../store/ask.ts'
import { loadNewest, useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { PersonAddIcon, UnlockedIcon, WarningIcon } from '../../ui/icons.tsx'
import { conversationName } from '../../ui/person-name.tsx'
import view from '../conversation/conversation-view.module.css'
import bars from '../conversation/standing.module.css'
import { Timeline } from '../conversation/timeline.tsx'
import { Writing } from '../conversation/writing.tsx'
import { GroupHeader } from './group-header.tsx'

interface GroupProps {
  readonly conversation: GroupConversation
}

export function GroupView({ conversation }: GroupProps) {
  const page = useMirror((mirror) => mirror.pages.get(conversation.id))
  const missing = page === undefined
  useEffect(() => {
    if (missing) void loadNewest(client, conversation.id)
  }, [missing, conversation.id])
  const { group } = conversation
  return (
    <main
      className={view.conversation}
      aria-label={say('conversation.label', { name: conversationName(conversation) })}
    >
      <GroupHeader conversation={conversation} />
      {group.standing === 'halted' && (
        <Banner
          tone="danger"
          className={bars.top}
          icon={<WarningIcon />}
          title={say('group.halted')}
          text={say('group.haltedText')}
        />
      )}
      {group.standing === 'member' && group.encryptionUnseen && <ReadableBanner conversation={conversation} />}
      {page && !page.loading ? <Timeline conversation={conversation} page={page} /> : <div className={view.loading} />}
      <Foot conversation={conversation} />
    </main>
  )
}

/** [G7] Nobody sends readable text before they have seen that it is. */
function ReadableBanner({ conversation }: GroupProps) {
  const { group, id } = conversation
  return (
    <Banner
      tone="warn"
      className={bars.top}
      icon={<UnlockedIcon />}
      title={say(group.encryption === 'off' ? 'group.readableTitle' : 'group.partlyReadableTitle')}
      text={say('group.readableText')}
      actions={
        <Button small onClick={() => request('acceptReadable', { conversation: id })}>
          {say('group.readableSeen')}
        </Button>
      }
    />
  )
}

function Foot({ conversation }: GroupProps) {
  const { group, id } = conversation
  switch (group.standing) {
    case 'member':
      if (!group.maySend) return <p className={view.closed}>{say('group.mayNotSend')}</p>
      // [G7] All that could be said now is readable: the notice above comes first.
      if (group.encryption === 'off' && group.encryptionUnseen)
        return <p className={view.closed}>{say('group.lookFirst')}</p>
      return <Writing conversation={conversation} />
    case 'invited':
      return (
        <Banner
          tone="neutral"
          className={bars.bar}
          icon={<PersonAddIcon />}
          title={say('group.invitedTitle', { name: conversationName(conversation) })}
          text={say('group.invitedText')}
          actions={
            <>
              <Button
                look="primary"
                small
                onClick={() => request('answerInvitation', { conversation: id, accept: true })}
              >
                {say('group.join')}
              </Button>
              <Button small onClick={() => request('answerInvitation', { conversation: id, accept: false })}>
                {say('request.refuse')}
              </Button>
            </>
          }
        />
      )
    case 'asked':
      return <p className={view.closed}>{say('group.askedText')}</p>
    case 'left':
      return <p className={view.closed}>{say('group.leftText')}</p>
    case 'removed':
      return <p className={view.closed}>{say('group.removedText')}</p>
    case 'banned':
      return <p className={view.closed}>{say('group.bannedText')}</p>
    case 'deleted':
      return <p className={view.closed}>{say('group.deletedText')}</p>
    case 'halted':
      return <p className={view.closed}>{say('group.haltedFoot')}</p>
  }
}
