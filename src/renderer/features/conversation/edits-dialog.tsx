// What a message said before it was changed.

import { useEffect, useState } from 'react'
import type { MessageId } from '../../../shared/ids.ts'
import type { MessageVersion } from '../../../shared/model.ts'
import { ask } from '../../store/ask.ts'
import { closeDialog } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { shownText } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { dateOf, timeOfDay } from '../../text/times.ts'
import { Dialog } from '../../ui/dialog.tsx'
import css from './edits-dialog.module.css'

export function EditsDialog({ message }: { message: MessageId }) {
  const [versions, setVersions] = useState<MessageVersion[]>()
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    void ask('listEdits', { message }).then((answer) => {
      if (answer.ok) setVersions(answer.value.versions)
      else setProblem(failureSentence(answer.failure))
    })
  }, [message])
  return (
    <Dialog title={say('edits.title')} text={say('edits.text')} onClose={closeDialog}>
      {problem && <p role="alert">{problem}</p>}
      <ol className={css.versions}>
        {versions?.toReversed().map((version) => (
          <li key={version.at} className={css.version}>
            <time className={css.time} dateTime={new Date(version.at).toISOString()}>
              {`${dateOf(version.at)}, ${timeOfDay(version.at)}`}
            </time>
            <span className={css.text} dir="auto">
              {shownText(version.text)}
            </span>
          </li>
        ))}
      </ol>
    </Dialog>
  )
}
