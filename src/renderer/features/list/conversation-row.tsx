// One line of the list: who, what was last said, when, and how much is unread.

import { ContextMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import type { Conversation } from '../../../shared/model.ts'
import { useMirror } from '../../store/feed.ts'
import { isMuted } from '../../store/muted.ts'
import { shownName } from '../../text/plain.ts'
import { preview } from '../../text/preview.ts'
import { say } from '../../text/say.ts'
import { shortTime } from '../../text/times.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { classes } from '../../ui/classes.ts'
import { MutedIcon, PinIcon } from '../../ui/icons.tsx'
import { conversationName, PersonName } from '../../ui/person-name.tsx'
import { Unseen } from '../../ui/unseen.tsx'
import { VerifiedMark } from '../../ui/verified.tsx'
import { GroupAvatar } from '../group/group-avatar.tsx'
import { PersonAvatar } from '../people/person-avatar.tsx'
import css from './conversation-row.module.css'
import { RowMenu } from './row-menu.tsx'

interface ConversationRowProps {
  readonly conversation: Conversation
  readonly draft: string
  readonly now: number
  readonly chosen: boolean
  /** Whether the Tab key stops here. */
  readonly reachable: boolean
  readonly onOpen: () => void
}

export function ConversationRow({ conversation, draft, now, chosen, reachable, onOpen }: ConversationRowProps) {
  const { unread, last } = conversation
  const name = conversationName(conversation)
  const muted = isMuted(conversation, now)
  return (
    <div className={css.place}>
      <ContextMenu.Root modal={false}>
        <ContextMenu.Trigger asChild>
          <button
            type="button"
            className={classes(css.row, chosen && css.chosen)}
            data-row={conversation.id}
            tabIndex={reachable ? 0 : -1}
            aria-current={chosen ? 'true' : undefined}
            onClick={onOpen}
          >
            <RowPicture conversation={conversation} name={name} />
            <span className={css.words}>
              <span className={css.name}>
                <PersonName name={name} className={css.cut} />
                <VerifiedMark conversation={conversation} />
                {conversation.pinned && <Sign icon={<PinIcon className={css.sign} />} says={say('row.pinned')} />}
                {muted && <Sign icon={<MutedIcon className={css.sign} />} says={say('row.muted')} />}
              </span>
              <span className={css.preview}>
                <bdi dir="auto">
                  <Preview conversation={conversation} draft={draft} />
                </bdi>
              </span>
            </span>
            <span className={css.end}>
              {last && (
                <time className={css.time} dateTime={new Date(last.at).toISOString()}>
                  {shortTime(last.at, now)}
                </time>
              )}
              {unread > 0 && (
                <span className={classes(css.badge, muted && css.quiet)}>
                  <span aria-hidden="true">{unread > 999 ? '999+' : unread}</span>
                  <Unseen>{say('list.unreadCount', { count: unread })}</Unseen>
                </span>
              )}
            </span>
          </button>
        </ContextMenu.Trigger>
        <RowMenu conversation={conversation} muted={muted} />
      </ContextMenu.Root>
    </div>
  )
}

function RowPicture({ conversation, name }: { conversation: Conversation; name: string }) {
  if (conversation.kind === 'person') return <PersonAvatar person={conversation.person} size={40} />
  if (conversation.kind === 'group') return <GroupAvatar conversation={conversation} size={40} />
  return <Avatar account={conversation.person.account} name={name} size={40} notes />
}

function Sign({ icon, says }: { icon: ReactNode; says: string }) {
  return (
    <>
      {icon}
      <Unseen>{says}</Unseen>
    </>
  )
}

function Preview({ conversation, draft }: { conversation: Conversation; draft: string }) {
  const { last } = conversation
  const own = useMirror((mirror) => mirror.profile?.account)
  if (conversation.typing) return <em className={css.strong}>{say('row.typing')}</em>
  if (conversation.person?.blocked) return say('row.blocked')
  if (conversation.state === 'incoming-request') return <em className={css.strong}>{say('row.request')}</em>
  if (draft.trim() !== '') {
    return (
      <>
        <em className={css.strong}>{say('row.draft')}</em> {draft.slice(0, 160)}
      </>
    )
  }
  if (!last) return say(conversation.state === 'outgoing-request' ? 'row.asked' : 'row.nothing')
  const text = preview(last.content, own)
  if (last.content.kind === 'group-event' || conversation.kind === 'notes') return text
  if (last.own) return say('row.you', { text })
  return last.authorName === null ? text : say('row.author', { name: shownName(last.authorName), text })
}
