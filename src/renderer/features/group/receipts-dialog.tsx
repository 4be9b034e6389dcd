// Who has read what one said in a group, and when; and who has not, or does not tell.

import { useEffect, useState } from 'react'
import type { Answer } from '../../../shared/answer.ts'
import type { CallOutput } from '../../../shared/api.ts'
import type { ConversationId, Instant, MessageId } from '../../../shared/ids.ts'
import type { Person } from '../../../shared/model.ts'
import { ask } from '../../store/ask.ts'
import { closeDialog } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { readTime } from '../../text/times.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { MINUTE, useNow } from '../../ui/now.ts'
import { PersonAvatar } from '../people/person-avatar.tsx'
import css from './group.module.css'

interface OfMessage {
  readonly conversation: ConversationId
  readonly message: MessageId
}

export function ReceiptsDialog(of: OfMessage) {
  const asked = useReceipts(of)
  const now = useNow(MINUTE)
  const receipts = asked?.ok ? asked.value : undefined
  return (
    <Dialog title={say('group.receipts')} onClose={closeDialog}>
      {asked?.ok === false && <p role="alert">{failureSentence(asked.failure)}</p>}
      {receipts?.told === 'off' && <p className={css.fact}>{say('group.receiptsOff')}</p>}
      {receipts?.told === 'too-many' && <p className={css.fact}>{say('group.receiptsTooMany')}</p>}
      {receipts && receipts.read.length > 0 && (
        <section className={css.group} aria-label={say('group.receiptsRead')}>
          <h3 className={css.title}>{say('group.receiptsRead')}</h3>
          <ul className={css.rows}>
            {receipts.read.map(({ person, at }) => (
              <Reader key={person.account} person={person} at={at} now={now} />
            ))}
          </ul>
        </section>
      )}
      {receipts?.told === 'told' && receipts.others.length > 0 && (
        <section className={css.group} aria-label={say('group.receiptsOthers')}>
          <h3 className={css.title}>{say('group.receiptsOthers')}</h3>
          <ul className={css.rows}>
            {receipts.others.map((person) => (
              <Reader key={person.account} person={person} now={now} />
            ))}
          </ul>
        </section>
      )}
    </Dialog>
  )
}

function Reader({ person, at, now }: { person: Person; at?: Instant; now: number }) {
  return (
    <li className={css.row}>
      <PersonAvatar person={person} size={28} />
      <bdi className={css.grow}>{shownName(person.name)}</bdi>
      {at !== undefined && <time className={css.fact}>{readTime(at, now)}</time>}
    </li>
  )
}

/** Asked for again when somebody else has read it. */
function useReceipts({ conversation, message }: OfMessage): Answer<CallOutput<'getReceipts'>> | undefined {
  const [asked, setAsked] = useState<Answer<CallOutput<'getReceipts'>>>()
  const count = useMirror(
    ({ pages }) => pages.get(conversation)?.messages.find(({ id }) => id === message)?.readBy?.count,
  )
  // biome-ignore lint/correctness/useExhaustiveDependencies: a count that changed is why it is asked again
  useEffect(() => {
    let gone = false
    void ask('getReceipts', { message }).then((answer) => {
      if (!gone) setAsked(answer)
    })
    return () => {
      gone = true
    }
  }, [message, count])
  return asked
}
