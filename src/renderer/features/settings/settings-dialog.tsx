// What a person may choose: their name, the colours, and what others learn of them.

import { type FormEvent, useState } from 'react'
import { DisplayName, MAX_NAME_LENGTH, type Settings } from '../../../shared/model.ts'
import { ask, request } from '../../store/ask.ts'
import { arrange, closeDialog } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { Choice } from './choice.tsx'
import css from './settings-dialog.module.css'
import { Toggle } from './toggle.tsx'

const themes: ReadonlyArray<Settings['theme']> = ['system', 'light', 'dark']

export function SettingsDialog() {
  const settings = useMirror((mirror) => mirror.settings)
  const host = useMirror((mirror) => mirror.host)
  return (
    <Dialog title={say('settings.title')} onClose={closeDialog}>
      <OwnName />
      <h3 className={css.heading}>{say('settings.appearance')}</h3>
      <Choice
        label={say('settings.theme')}
        value={settings.theme}
        options={themes.map((theme) => ({ value: theme, label: say(`settings.theme.${theme}`) }))}
        onChoose={(theme) => request('updateSettings', { theme })}
      />
      <h3 className={css.heading}>{say('settings.privacy')}</h3>
      <Toggle
        label={say('settings.receipts')}
        text={say('settings.receiptsText')}
        on={settings.readReceipts}
        onChange={(readReceipts) => request('updateSettings', { readReceipts })}
      />
      <Toggle
        label={say('settings.typing')}
        text={say('settings.typingText')}
        on={settings.typingIndicators}
        onChange={(typingIndicators) => request('updateSettings', { typingIndicators })}
      />
      <h3 className={css.heading}>{say('settings.devices')}</h3>
      <Button onClick={() => arrange({ dialog: { kind: 'link-device' } })}>{say('linking.open')}</Button>
      <p className={css.about}>{say('settings.about', { version: host.version, profile: host.profile })}</p>
    </Dialog>
  )
}

function OwnName() {
  const profile = useMirror((mirror) => mirror.profile)
  const [name, setName] = useState(profile?.name ?? '')
  const [problem, setProblem] = useState<string>()

  async function save(event: FormEvent) {
    event.preventDefault()
    const good = DisplayName.safeParse(name)
    if (!good.success) return setProblem(say('welcome.nameBad'))
    const saved = await ask('updateProfile', { name: good.data })
    setProblem(saved.ok ? undefined : failureSentence(saved.failure))
  }

  return (
    <form className={css.name} onSubmit={(event) => void save(event)} noValidate>
      <Field
        label={say('settings.name')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        problem={problem}
        hint={profile ? `@${profile.username}` : undefined}
        maxLength={MAX_NAME_LENGTH}
        autoComplete="off"
        dir="auto"
      />
      <Button type="submit" disabled={name.trim() === profile?.name}>
        {say('settings.nameSave')}
      </Button>
    </form>
  )
}
