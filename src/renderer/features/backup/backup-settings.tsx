// Backups in the settings: when the last one was made and where, one more, and whether it is whole.

import { useState } from 'react'
import { ask } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { dateOf, timeOfDay } from '../../text/times.ts'
import { Button } from '../../ui/button.tsx'
import css from './backup.module.css'
import { Progress } from './progress.tsx'

export function BackupSettings() {
  const backup = useMirror((mirror) => mirror.backup)
  const [outcome, setOutcome] = useState<{ ok: boolean; text: string }>()

  async function write(elsewhere: boolean) {
    setOutcome(undefined)
    const written = await ask('createBackup', { elsewhere })
    if (written.ok) setOutcome({ ok: true, text: say('backup.done', { count: written.value.added }) })
    else setOutcome({ ok: false, text: failureSentence(written.failure) })
  }

  async function check() {
    setOutcome(undefined)
    const checked = await ask('verifyBackup', {})
    if (checked.ok) setOutcome({ ok: true, text: say('backup.whole', { date: dateOf(checked.value.made) }) })
    else setOutcome({ ok: false, text: failureSentence(checked.failure) })
  }

  return (
    <section className={css.settings} aria-label={say('backup.setting')}>
      <p className={css.text}>{say('backup.text')}</p>
      <p className={css.last}>
        {backup.lastAt === null || backup.place === null
          ? say('backup.never')
          : say('backup.last', { date: dateOf(backup.lastAt), time: timeOfDay(backup.lastAt), place: backup.place })}
      </p>
      {backup.work ? (
        <Progress work={backup.work} />
      ) : (
        <div className={css.actions}>
          <Button small onClick={() => void write(false)}>
            {say('backup.now')}
          </Button>
          {backup.place !== null && (
            <>
              <Button small onClick={() => void check()}>
                {say('backup.check')}
              </Button>
              <Button small look="text" onClick={() => void write(true)}>
                {say('backup.elsewhere')}
              </Button>
            </>
          )}
        </div>
      )}
      <Button
        look="text"
        small
        className={css.export}
        onClick={() => arrange({ dialog: { kind: 'export', conversation: null } })}
      >
        {say('export.all')}
      </Button>
      <p className={outcome?.ok === false ? css.problem : css.good} role="status">
        {outcome?.text}
      </p>
    </section>
  )
}
