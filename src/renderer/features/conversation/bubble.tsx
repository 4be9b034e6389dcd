// What somebody wrote, in its bubble, with its time and how far it got.

import { ContextMenu } from 'radix-ui'
import type { Message, Person } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { shownName, shownText } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { timeOfDay } from '../../text/times.ts'
import { Avatar, personColour } from '../../ui/avatar.tsx'
import { classes } from '../../ui/classes.ts'
import { PersonName } from '../../ui/person-name.tsx'
import { Unseen } from '../../ui/unseen.tsx'
import { KeyMissing, Readable } from '../group/in-bubble.tsx'
import { PersonAvatar } from '../people/person-avatar.tsx'
import css from './bubble.module.css'
import { DeliverySign } from './delivery-sign.tsx'
import { MessageMenu } from './message-menu.tsx'
import { NotSent } from './not-sent.tsx'
import type { TimelineRow } from './timeline-rows.ts'
import { Undecryptable } from './undecryptable.tsx'

interface BubbleProps {
  readonly row: TimelineRow
  /** Null in a group: each message says whose it is. */
  readonly person: Person | null
  readonly reachable: boolean
}

export function Bubble({ row, person, reachable }: BubbleProps) {
  const { message, startsGroup, endsGroup } = row
  const { own, content, delivery } = message
  return (
    <div className={classes(css.line, own && css.own, startsGroup && css.first)}>
      {!own && (
        <span className={classes(css.picture, !endsGroup && css.hidden)}>
          <AuthorPicture message={message} person={person} />
        </span>
      )}
      <div className={css.column}>
        <ContextMenu.Root modal={false}>
          <ContextMenu.Trigger asChild>
            <article
              className={classes(
                css.bubble,
                ['undecryptable', 'deleted', 'key-missing'].includes(content.kind) && css.sealed,
                isLarge(message) && css.large,
              )}
              data-message={message.id}
              data-kind={content.kind}
              data-starts-group={startsGroup}
              tabIndex={reachable ? 0 : -1}
            >
              <Author message={message} person={person} shown={startsGroup} />
              {content.kind === 'text' && (
                <span className={css.text} dir="auto">
                  {shownText(content.text)}
                </span>
              )}
              {content.kind === 'deleted' && <em className={css.deleted}>{say('message.deleted')}</em>}
              {content.kind === 'undecryptable' && person && (
                <Undecryptable askedAt={content.askedAt} person={person} />
              )}
              {content.kind === 'key-missing' && <KeyMissing message={message.id} />}
              <span className={css.meta}>
                {message.readable && <Readable />}
                {message.editedAt !== null && (
                  <button
                    type="button"
                    className={css.edited}
                    onClick={() => arrange({ dialog: { kind: 'edits', message: message.id } })}
                  >
                    {say('message.edited')}
                  </button>
                )}
                {message.imported && <span title={say('import.markText')}>{say('import.mark')}</span>}
                <time dateTime={new Date(message.sentAt).toISOString()}>{timeOfDay(message.sentAt)}</time>
                {delivery && <DeliverySign delivery={delivery} readBy={message.readBy} />}
              </span>
            </article>
          </ContextMenu.Trigger>
          <MessageMenu message={message} />
        </ContextMenu.Root>
        {delivery?.state === 'failed' && (
          <NotSent
            failure={delivery.failure}
            onRetry={() => request('retryMessage', { message: message.id })}
            onDelete={() => request('deleteMessage', { message: message.id })}
          />
        )}
      </div>
    </div>
  )
}

function AuthorPicture({ message, person }: { message: Message; person: Person | null }) {
  if (person) return <PersonAvatar person={person} size={28} />
  return <Avatar account={message.author} name={message.authorName ?? ''} size={28} />
}

function Author({ message, person, shown }: { message: Message; person: Person | null; shown: boolean }) {
  const ownName = useMirror((mirror) => mirror.profile?.name ?? '')
  const name = person?.name ?? message.authorName ?? ''
  if (!message.own && shown) {
    return <PersonName name={name} className={classes(css.who, css[`who${personColour(message.author)}`])} />
  }
  return <Unseen>{shownName(message.own ? ownName : name)}: </Unseen>
}

/** One to three emoji and nothing else. */
const FEW_EMOJI = /^\p{RGI_Emoji}{1,3}$/v

function isLarge({ content }: Message): boolean {
  return content.kind === 'text' && content.text.length <= 48 && FEW_EMOJI.test(content.text.trim())
}
