// The way in when neither keychain nor passphrase opens the profile: the recovery code, typed from paper.

import { type FormEvent, useState } from 'react'
import { ask } from '../../store/ask.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import type { SentenceKey } from '../../text/sentences.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { NewPassphrase, newPassphraseProblem } from './new-passphrase.tsx'
import css from './with-code.module.css'

export function WithCode({ offer = 'recovery.use' }: { offer?: SentenceKey }) {
  const hadPassphrase = useMirror((mirror) => mirror.lock.passphrase)
  const [asking, setAsking] = useState(false)
  const [code, setCode] = useState('')
  const [next, setNext] = useState({ typed: '', again: '' })
  const [problem, setProblem] = useState<{ field: 'code' | 'passphrase'; text: string }>()
  const [busy, setBusy] = useState(false)

  if (!asking) {
    return (
      <Button wide onClick={() => setAsking(true)}>
        {say(offer)}
      </Button>
    )
  }

  async function open(event: FormEvent) {
    event.preventDefault()
    const bad = hadPassphrase ? newPassphraseProblem(next) : undefined
    if (bad) return setProblem({ field: 'passphrase', text: bad })
    setBusy(true)
    const passphrase = hadPassphrase ? { passphrase: next.typed } : {}
    const opened = await ask('openWithRecoveryCode', { code, ...passphrase })
    setBusy(false)
    if (!opened.ok) setProblem({ field: 'code', text: failureSentence(opened.failure) })
  }

  return (
    <form className={css.form} onSubmit={(event) => void open(event)} noValidate aria-busy={busy}>
      <Field
        label={say('recovery.typed')}
        hint={say('recovery.typedHint')}
        problem={problem?.field === 'code' ? problem.text : undefined}
        value={code}
        onChange={(event) => setCode(event.target.value)}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        dir="ltr"
        autoFocus
      />
      {hadPassphrase && (
        <>
          <p className={css.text}>{say('lock.newForCode')}</p>
          <NewPassphrase
            value={next}
            onChange={setNext}
            problem={problem?.field === 'passphrase' ? problem.text : undefined}
          />
        </>
      )}
      <Button type="submit" wide disabled={busy}>
        {say(busy ? 'lock.busy' : 'recovery.open')}
      </Button>
    </form>
  )
}
