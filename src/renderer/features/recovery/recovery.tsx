// The recovery code: shown once, written down, and confirmed with two of its groups before anything of value is written.

import { useCallback, useEffect, useState } from 'react'
import type { FailureCode } from '../../../shared/failure.ts'
import { ask } from '../../store/ask.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { CardProblem, CardScreen } from '../../ui/card-screen.tsx'
import { Field } from '../../ui/field.tsx'
import css from './recovery.module.css'

export function Recovery() {
  const [groups, setGroups] = useState<readonly string[]>()
  const [third, setThird] = useState('')
  const [seventh, setSeventh] = useState('')
  const [problem, setProblem] = useState<string>()
  const [asked, setAsked] = useState<'passphrase'>()
  const [copied, setCopied] = useState(false)

  const reveal = useCallback(async (passphrase?: string) => {
    const shown = await ask('revealRecoveryCode', passphrase === undefined ? {} : { passphrase })
    setAsked(shown.ok ? undefined : whatItTakes(shown.failure.code))
    setProblem(shown.ok || shown.failure.code === 'passphrase-needed' ? undefined : failureSentence(shown.failure))
    if (shown.ok) setGroups(shown.value.groups)
  }, [])

  useEffect(() => void reveal(), [reveal])

  async function copy(code: readonly string[]) {
    await navigator.clipboard.writeText(code.join(' '))
    setCopied(true)
  }

  async function confirm() {
    const confirmed = await ask('confirmRecoveryCode', { third, seventh })
    if (!confirmed.ok) setProblem(failureSentence(confirmed.failure))
  }

  if (asked) return <PassphraseFirst problem={problem} onGiven={reveal} />
  return (
    <CardScreen title={say('recovery.title')} text={say('recovery.text')} onSubmit={() => void confirm()}>
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
      <CardProblem>{problem}</CardProblem>
      <Button type="submit" look="primary" wide disabled={!groups}>
        {say('recovery.kept')}
      </Button>
    </CardScreen>
  )
}

/** Where there is a passphrase, the code is a second way past it: only who knows it may see one. */
function whatItTakes(code: FailureCode): 'passphrase' | undefined {
  const about: readonly FailureCode[] = ['passphrase-needed', 'wrong-passphrase', 'too-many-tries', 'bad-input']
  return about.includes(code) ? 'passphrase' : undefined
}

interface PassphraseFirstProps {
  readonly problem: string | undefined
  readonly onGiven: (passphrase: string) => Promise<void>
}

function PassphraseFirst({ problem, onGiven }: PassphraseFirstProps) {
  const [passphrase, setPassphrase] = useState('')
  return (
    <CardScreen title={say('recovery.title')} text={say('lock.forCode')} onSubmit={() => void onGiven(passphrase)}>
      <Field
        label={say('lock.passphrase')}
        type="password"
        problem={problem}
        value={passphrase}
        onChange={(event) => setPassphrase(event.target.value)}
        autoComplete="current-password"
        maxLength={256}
        dir="auto"
        autoFocus
      />
      <Button type="submit" look="primary" wide>
        {say('lock.goOn')}
      </Button>
    </CardScreen>
  )
}
