// A note in the middle of a conversation: something about it, written by nobody.

import { unreachable } from '../../../shared/answer.ts'
import type { Message, Person } from '../../../shared/model.ts'
import { useMirror } from '../../store/feed.ts'
import { eventWords } from '../../text/event-words.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { GapIcon, RenewIcon, ShieldIcon } from '../../ui/icons.tsx'
import css from './middle-note.module.css'

interface MiddleNoteProps {
  readonly message: Message
  /** Null in a group. */
  readonly person: Person | null
  readonly reachable: boolean
}

export function MiddleNote({ message, person, reachable }: MiddleNoteProps) {
  return (
    <p className={css.note} data-message={message.id} data-kind={message.content.kind} tabIndex={reachable ? 0 : -1}>
      <Words message={message} person={person} />
    </p>
  )
}

function Words({ message, person }: { message: Message; person: Person | null }) {
  const own = useMirror((mirror) => mirror.profile?.account)
  const name = shownName(person?.name ?? message.authorName ?? '')
  switch (message.content.kind) {
    case 'gap':
      return (
        <>
          <GapIcon className={css.quiet} />
          {say('message.gap', { count: message.content.missing })}
        </>
      )
    case 'new-safety-number':
      return (
        <>
          <ShieldIcon className={css.warn} />
          {say('message.newSafetyNumber', { name })}
        </>
      )
    case 'restored':
      return (
        <>
          <RenewIcon className={css.ok} />
          {say('message.restored')}
        </>
      )
    case 'group-event':
      return eventWords(message.content, own)
    case 'unlisted-device':
      return (
        <>
          <ShieldIcon className={css.warn} />
          {say('message.unlistedDevice', { name })}
        </>
      )
    case 'keys-replaced':
      return (
        <>
          <ShieldIcon className={css.ok} />
          {say('message.keysReplaced', { name })}
        </>
      )
    case 'text':
    case 'deleted':
    case 'undecryptable':
    case 'key-missing':
      return null
    default:
      return unreachable(message.content)
  }
}
