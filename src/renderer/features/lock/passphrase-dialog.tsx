// Sets, changes or removes the passphrase; the last two ask for the one there is.

import { type FormEvent, useState } from 'react'
import type { Answer } from '../../../shared/answer.ts'
import { isPassphrase } from '../../../shared/typed.ts'
import { ask } from '../../store/ask.ts'
import { closeDialog, showNotice } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { NewPassphrase, newPassphraseProblem } from './new-passphrase.tsx'
import css from './passphrase-dialog.module.css'

export type PassphraseAct = 'set' | 'change' | 'remove'

const words = {
  set: { title: 'lock.setTitle', text: 'lock.setText', confirm: 'lock.set', done: 'lock.wasSet' },
  change: { title: 'lock.changeTitle', text: 'lock.setText', confirm: 'lock.change', done: 'lock.wasChanged' },
  remove: { title: 'lock.removeTitle', text: 'lock.removeText', confirm: 'lock.remove', done: 'lock.wasRemoved' },
} as const

export function PassphraseDialog({ act }: { act: PassphraseAct }) {
  const [old, setOld] = useState('')
  const [next, setNext] = useState({ typed: '', again: '' })
  const [problem, setProblem] = useState<{ field: 'old' | 'new'; text: string }>()
  const [busy, setBusy] = useState(false)
  const { title, text, confirm, done } = words[act]

  async function go(event: FormEvent) {
    event.preventDefault()
    const bad = act === 'remove' ? undefined : newPassphraseProblem(next)
    if (bad) return setProblem({ field: 'new', text: bad })
    if (act !== 'set' && !isPassphrase(old))
      return setProblem({ field: 'old', text: failureSentence({ code: 'wrong-passphrase' }) })
    setBusy(true)
    setProblem(undefined)
    const outcome = await deed(act, old, next.typed)
    setBusy(false)
    if (!outcome.ok) return setProblem({ field: act === 'set' ? 'new' : 'old', text: failureSentence(outcome.failure) })
    showNotice(say(done))
    closeDialog()
  }

  return (
    <Dialog title={say(title)} text={say(text)} onClose={closeDialog}>
      <form className={css.form} onSubmit={(event) => void go(event)} noValidate aria-busy={busy}>
        {act !== 'set' && (
          <Field
            label={say('lock.old')}
            problem={problem?.field === 'old' ? problem.text : undefined}
            type="password"
            value={old}
            onChange={(event) => setOld(event.target.value)}
            autoComplete="current-password"
            maxLength={256}
            dir="auto"
            data-begins-here
          />
        )}
        {act !== 'remove' && (
          <NewPassphrase
            value={next}
            onChange={setNext}
            problem={problem?.field === 'new' ? problem.text : undefined}
            first={act === 'set'}
          />
        )}
        <div className={css.actions}>
          <Button onClick={closeDialog}>{say('action.cancel')}</Button>
          <Button type="submit" look={act === 'remove' ? 'danger' : 'primary'} disabled={busy}>
            {say(busy ? 'lock.busy' : confirm)}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function deed(act: PassphraseAct, old: string, passphrase: string): Promise<Answer<null>> {
  if (act === 'set') return ask('setPassphrase', { passphrase })
  if (act === 'change') return ask('changePassphrase', { old, passphrase })
  return ask('removePassphrase', { passphrase: old })
}
