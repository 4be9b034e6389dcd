// The lock in the settings: a passphrase or none, and when the app locks by itself.

import { lockNow, request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Choice } from './choice.tsx'
import css from './lock-settings.module.css'

/** Minutes; what bots set beside these is kept and shown as one more. */
const OFFERED: ReadonlyArray<number | null> = [1, 5, 15, 60, null]

export function LockSettings() {
  const lock = useMirror((mirror) => mirror.lock)
  const dialog = (act: 'set' | 'change' | 'remove') => arrange({ dialog: { kind: 'passphrase', act } })
  if (!lock.passphrase) {
    return (
      <>
        <p className={css.text}>{say('lock.settingOff')}</p>
        <div className={css.actions}>
          <Button small onClick={() => dialog('set')}>
            {say('lock.set')}
          </Button>
        </div>
      </>
    )
  }
  const offered = OFFERED.includes(lock.idleMinutes) ? OFFERED : [lock.idleMinutes, ...OFFERED]
  return (
    <>
      <p className={css.text}>{say('lock.settingOn')}</p>
      <div className={css.actions}>
        <Button small onClick={lockNow}>
          {say('palette.lock')}
        </Button>
        <Button small onClick={() => dialog('change')}>
          {say('lock.change')}
        </Button>
        <Button small look="danger" onClick={() => dialog('remove')}>
          {say('lock.remove')}
        </Button>
      </div>
      <p className={css.label}>{say('lock.idle')}</p>
      <Choice
        label={say('lock.idle')}
        value={String(lock.idleMinutes)}
        options={offered.map((minutes) => ({ value: String(minutes), label: span(minutes) }))}
        onChoose={(value) => request('setIdleLock', { minutes: value === 'null' ? null : Number(value) })}
      />
      <p className={css.text}>{say('lock.idleText')}</p>
    </>
  )
}

function span(minutes: number | null): string {
  if (minutes === null) return say('lock.idle.never')
  return minutes % 60 === 0
    ? say('lock.idleHours', { count: minutes / 60 })
    : say('lock.idleMinutes', { count: minutes })
}
