// The app is locked: a passphrase opens it, or the recovery code. Nothing else is seen or kept here.

import { useEffect, useState } from 'react'
import type { Instant } from '../../../shared/ids.ts'
import { ask } from '../../store/ask.ts'
import { clearDesk } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { CardProblem, CardScreen } from '../../ui/card-screen.tsx'
import { Field } from '../../ui/field.tsx'
import { LockIcon } from '../../ui/icons.tsx'
import { SECOND, useNow } from '../../ui/now.ts'
import { forgetPictures } from '../people/pictures.ts'
import css from './locked.module.css'
import { WithCode } from './with-code.tsx'

export function Locked({ nextTryAt }: { nextTryAt: Instant | null }) {
  const hasCode = useMirror((mirror) => mirror.recovery === 'confirmed')
  const now = useNow(SECOND)
  const [passphrase, setPassphrase] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const seconds = Math.max(0, Math.ceil(((nextTryAt ?? 0) - now) / SECOND))

  // The composer has saved its draft by now; what else the desk holds would tell who was talked to.
  useEffect(() => {
    clearDesk()
    forgetPictures()
    document.title = say('app.name')
  }, [])

  async function unlock() {
    if (busy || seconds > 0 || passphrase === '') return
    setBusy(true)
    setProblem(undefined)
    const opened = await ask('unlock', { passphrase })
    setBusy(false)
    setPassphrase('')
    if (!opened.ok) setProblem(failureSentence(opened.failure))
  }

  return (
    <CardScreen icon={<LockIcon className={css.icon} />} title={say('lock.title')} text={say('lock.text')} busy={busy}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault()
          void unlock()
        }}
        noValidate
      >
        <Field
          label={say('lock.passphrase')}
          type="password"
          value={passphrase}
          onChange={(event) => setPassphrase(event.target.value)}
          autoComplete="current-password"
          maxLength={256}
          dir="auto"
          autoFocus
        />
        <CardProblem>{problem}</CardProblem>
        <Button type="submit" look="primary" wide disabled={busy || seconds > 0}>
          {busy ? say('lock.unlocking') : seconds > 0 ? say('lock.wait', { seconds }) : say('lock.unlock')}
        </Button>
      </form>
      {hasCode && <WithCode offer="lock.forgotten" />}
    </CardScreen>
  )
}
