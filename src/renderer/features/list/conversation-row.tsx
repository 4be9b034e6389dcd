// One line of the list: who, what was last said, when, and how much is unread.

import type { Conversation } from '../../../shared/model.ts'
import { preview } from '../../text/preview.ts'
import { say } from '../../text/say.ts'
import { shortTime } from '../../text/times.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { classes } from '../../ui/classes.ts'
import { CheckIcon } from '../../ui/icons.tsx'
import { conversationName, PersonName } from '../../ui/person-name.tsx'
import { Unseen } from '../../ui/unseen.tsx'
import css from './conversation-row.module.css'

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
  const picture = conversation.kind === 'group' ? conversation.group.id : conversation.person.account
  const name = conversationName(conversation)
  return (
    <div className={css.place}>
      <button
        type="button"
        className={classes(css.row, chosen && css.chosen)}
        data-row={conversation.id}
        tabIndex={reachable ? 0 : -1}
        aria-current={chosen ? 'true' : undefined}
        onClick={onOpen}
      >
        <Avatar account={picture} name={name} size={40} notes={conversation.kind === 'notes'} />
        <span className={css.words}>
          <span className={css.name}>
            <PersonName name={name} className={css.cut} />
            {conversation.kind === 'person' && conversation.person.safety.state === 'verified' && (
              <>
                <CheckIcon className={css.verified} />
                <Unseen>{say('row.verified')}</Unseen>
              </>
            )}
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
            <span className={css.badge}>
              <span aria-hidden="true">{unread > 999 ? '999+' : unread}</span>
              <Unseen>{say('list.unreadCount', { count: unread })}</Unseen>
            </span>
          )}
        </span>
      </button>
    </div>
  )
}

function Preview({ conversation, draft }: { conversation: Conversation; draft: string }) {
  const { last } = conversation
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
  const text = preview(last.content)
  return last.own && conversation.kind === 'person' ? say('row.you', { text }) : text
}
