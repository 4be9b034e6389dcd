// What a person may choose: what they say about themselves, the colours, what others learn of them, and who is blocked.

import type { Settings } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { arrange, closeDialog } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { BackupSettings } from '../backup/backup-settings.tsx'
import { OwnDevices } from '../devices/own-devices.tsx'
import { BlockedPeople } from './blocked-people.tsx'
import { Choice } from './choice.tsx'
import { LockSettings } from './lock-settings.tsx'
import { OwnProfile } from './own-profile.tsx'
import css from './settings-dialog.module.css'
import { Toggle } from './toggle.tsx'

const themes: ReadonlyArray<Settings['theme']> = ['system', 'light', 'dark']

export function SettingsDialog() {
  const settings = useMirror((mirror) => mirror.settings)
  const host = useMirror((mirror) => mirror.host)
  return (
    <Dialog title={say('settings.title')} onClose={closeDialog}>
      <OwnProfile />
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
      <OwnDevices />
      <Button small className={css.link} onClick={() => arrange({ dialog: { kind: 'link-device' } })}>
        {say('linking.open')}
      </Button>
      <h3 className={css.heading}>{say('settings.blocked')}</h3>
      <BlockedPeople />
      <h3 className={css.heading}>{say('lock.setting')}</h3>
      <LockSettings />
      <h3 className={css.heading}>{say('backup.setting')}</h3>
      <BackupSettings />
      <p className={css.about}>{say('settings.about', { version: host.version, profile: host.profile })}</p>
    </Dialog>
  )
}
