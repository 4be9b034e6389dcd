// Which keys do what.

import { closeDialog } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Keys } from '../../ui/keys.tsx'
import { keysText, shortcuts } from './shortcuts.ts'
import css from './shortcuts-dialog.module.css'

export function ShortcutsDialog() {
  const mac = useMirror((mirror) => mirror.host.platform === 'darwin')
  return (
    <Dialog title={say('shortcuts.title')} onClose={closeDialog}>
      <ul className={css.list}>
        {shortcuts.map((shortcut) => (
          <li key={shortcut.name} className={css.line}>
            {say(shortcut.says)} <Keys>{keysText(shortcut, mac)}</Keys>
          </li>
        ))}
        <li className={css.line}>
          {say('shortcuts.send')} <Keys>Enter</Keys>
        </li>
        <li className={css.line}>
          {say('shortcuts.newLine')} <Keys>{mac ? '⇧ Enter' : 'Shift Enter'}</Keys>
        </li>
        <li className={css.line}>
          {say('shortcuts.escape')} <Keys>Esc</Keys>
        </li>
      </ul>
    </Dialog>
  )
}
