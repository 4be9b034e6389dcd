// The recovery code: shown once, written down, and confirmed with two of its groups before anything of value is written.

import { type FormEvent, useEffect, useState } from 'react'
import { ask } from '../../store/ask.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import css from './recovery.module.css'

export function Recovery() {
  const [groups, setGroups] = useState<readonly string[]>()
  const [third, setThird] = useState('')
  const [seventh, setSeventh] = useState('')
  const [problem, setProblem] = useState<string>()
  const [copied, setCopied] = useState(false)

  useEffect(() => {
    void ask('revealRecoveryCode', {}).then((shown) => {
      if (shown.ok) setGroups(shown.value.groups)
      else setProblem(failureSentence(shown.failure))
    })
  }, [])

  async function copy(code: readonly string[]) {
    await navigator.clipboard.writeText(code.join(' '))
    setCopied(true)
  }

  async function confirm(event: FormEvent) {
    event.preventDefault()
    const confirmed = await ask('confirmRecoveryCode', { third, seventh })
    if (!confirmed.ok) setProblem(failureSentence(confirmed.failure))
  }

  return (
    <main className={css.screen}>
      <form className={css.card} onSubmit={(event) => void confirm(event)} noValidate>
        <h1 className={css.title}>{say('recovery.title')}</h1>
        <p className={css.text}>{say('recovery.text')}</p>
        <ol className={css.code} aria-label={say('recovery.code')} aria-busy={groups === undefined}>
          {(groups ?? Array.from({ length: 8 }, () => '····')).map((group, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a group is its place; two may be alike
            <li key={at}>{group}</li>
          ))}
        </ol>
        <Button small disabled={!groups} onClick={() => groups && void copy(groups)} onBlur={() => setCopied(false)}>
          {say(copied ? 'action.copied' : 'action.copy')}
        </Button>
        <p className={css.text}>{say('recovery.ask')}</p>
        <div className={css.pair}>
          <Field
            label={say('recovery.third')}
            value={third}
            onChange={(event) => setThird(event.target.value)}
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            dir="ltr"
            maxLength={8}
            autoFocus
          />
          <Field
            label={say('recovery.seventh')}
            value={seventh}
            onChange={(event) => setSeventh(event.target.value)}
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            dir="ltr"
            maxLength={8}
          />
        </div>
        <p className={css.problem} role="alert">
          {problem}
        </p>
        <Button type="submit" look="primary" wide disabled={!groups}>
          {say('recovery.kept')}
        </Button>
      </form>
    </main>
  )
}
