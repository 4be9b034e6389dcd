// A profile brought back from a backup: its folder, chosen in the system's dialog, and the recovery code on paper.

import { useState } from 'react'
import { ask } from '../../store/ask.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { CardProblem, CardScreen } from '../../ui/card-screen.tsx'
import { Field } from '../../ui/field.tsx'
import { DiskIcon } from '../../ui/icons.tsx'
import css from './backup.module.css'
import { Progress } from './progress.tsx'

export function RestoreBackup({ onBack }: { onBack: () => void }) {
  const work = useMirror((mirror) => mirror.backup.work)
  const [place, setPlace] = useState<string>()
  const [code, setCode] = useState('')
  const [problem, setProblem] = useState<{ of: 'code' | 'all'; text: string }>()
  const [busy, setBusy] = useState(false)

  async function choose() {
    setProblem(undefined)
    const chosen = await ask('chooseBackup', {})
    if (chosen.ok) setPlace(chosen.value.place)
    else if (chosen.failure.code !== 'cancelled') setProblem({ of: 'all', text: failureSentence(chosen.failure) })
  }

  async function restore() {
    if (busy || place === undefined) return
    setBusy(true)
    setProblem(undefined)
    const restored = await ask('restoreBackup', { code })
    setBusy(false)
    if (restored.ok) return
    const { failure } = restored
    setProblem({ of: failure.code === 'wrong-code' ? 'code' : 'all', text: failureSentence(failure) })
  }

  return (
    <CardScreen
      icon={<DiskIcon className={css.icon} />}
      title={say('restore.title')}
      text={say('restore.text')}
      busy={busy}
      onSubmit={() => void restore()}
    >
      {place !== undefined && <p className={css.place}>{say('restore.place', { place })}</p>}
      <Button wide autoFocus disabled={busy} onClick={() => void choose()}>
        {say(place === undefined ? 'restore.choose' : 'restore.chooseOther')}
      </Button>
      {place !== undefined && (
        <>
          <Field
            label={say('recovery.typed')}
            hint={say('recovery.typedHint')}
            problem={problem?.of === 'code' ? problem.text : undefined}
            value={code}
            onChange={(event) => setCode(event.target.value)}
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            dir="ltr"
            maxLength={256}
            autoFocus
          />
          <p className={css.text}>{say('restore.once')}</p>
        </>
      )}
      <CardProblem>{problem?.of === 'all' && problem.text}</CardProblem>
      {work ? (
        <Progress work={work} />
      ) : (
        <Button type="submit" look="primary" wide disabled={busy || place === undefined || code.trim() === ''}>
          {say('restore.now')}
        </Button>
      )}
      <Button wide disabled={busy} onClick={onBack}>
        {say('action.back')}
      </Button>
    </CardScreen>
  )
}
