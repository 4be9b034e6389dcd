// The way in when the keychain does not open the profile: the recovery code, typed from paper.

import { type FormEvent, useState } from 'react'
import { ask } from '../../store/ask.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import css from './closed.module.css'

export function WithCode() {
  const [asking, setAsking] = useState(false)
  const [code, setCode] = useState('')
  const [problem, setProblem] = useState<string>()

  if (!asking) {
    return (
      <Button wide onClick={() => setAsking(true)}>
        {say('recovery.use')}
      </Button>
    )
  }

  async function open(event: FormEvent) {
    event.preventDefault()
    const opened = await ask('openWithRecoveryCode', { code })
    if (!opened.ok) setProblem(failureSentence(opened.failure))
  }

  return (
    <form className={css.withCode} onSubmit={(event) => void open(event)} noValidate>
      <Field
        label={say('recovery.typed')}
        hint={say('recovery.typedHint')}
        problem={problem}
        value={code}
        onChange={(event) => setCode(event.target.value)}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        dir="ltr"
        autoFocus
      />
      <Button type="submit" wide>
        {say('recovery.open')}
      </Button>
    </form>
  )
}
