// Asks once before somebody takes back what somebody else said, for everyone.

import { useState } from 'react'
import type { MessageId } from '../../../shared/ids.ts'
import { ask } from '../../store/ask.ts'
import { closeDialog } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import css from './group.module.css'

export function RecallDialog({ message, name }: { message: MessageId; name: string }) {
  const [problem, setProblem] = useState<string>()
  async function recall() {
    const recalled = await ask('recallMessages', { messages: [message] })
    if (recalled.ok) closeDialog()
    else setProblem(failureSentence(recalled.failure))
  }
  return (
    <Dialog
      title={say('group.recallTitle', { name: shownName(name) })}
      text={say('group.recallText')}
      onClose={closeDialog}
    >
      <div className={css.form}>
        <p className={css.problem} role="alert">
          {problem}
        </p>
        <Button look="danger" wide onClick={() => void recall()}>
          {say('group.recallNow')}
        </Button>
        <Button wide onClick={closeDialog}>
          {say('action.cancel')}
        </Button>
      </div>
    </Dialog>
  )
}
