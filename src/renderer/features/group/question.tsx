// A question that stands before what cannot simply be taken back. A refusal is said in it.

import { type ReactNode, useState } from 'react'
import type { Answer } from '../../../shared/answer.ts'
import { closeDialog } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import css from '../details/block-dialog.module.css'
import form from './group.module.css'

interface QuestionProps {
  readonly title: string
  readonly text: string
  /** What the button says that goes ahead. */
  readonly confirm: string
  /** Undefined: what is to be chosen with it is not chosen yet. */
  readonly act: (() => Promise<Answer<unknown>>) | undefined
  readonly children?: ReactNode
}

export function Question({ title, text, confirm, act, children }: QuestionProps) {
  const [problem, setProblem] = useState<string>()

  async function goAhead() {
    if (!act) return
    const done = await act()
    if (done.ok) closeDialog()
    else setProblem(failureSentence(done.failure))
  }

  return (
    <Dialog title={title} text={text} onClose={closeDialog}>
      {children}
      <p className={form.problem} role="alert">
        {problem}
      </p>
      <div className={css.actions}>
        <Button small onClick={closeDialog}>
          {say('action.cancel')}
        </Button>
        <Button look="danger" small disabled={!act} onClick={() => void goAhead()}>
          {confirm}
        </Button>
      </div>
    </Dialog>
  )
}
