// The dialog that is open, if one is.

import { unreachable } from '../../../shared/answer.ts'
import { useDesk } from '../../store/desk.ts'
import { BlockDialog } from '../details/block-dialog.tsx'
import { SafetyNumberDialog } from '../details/safety-number-dialog.tsx'
import { LinkDeviceDialog } from '../linking/link-device-dialog.tsx'
import { NewChatDialog } from '../new-chat/new-chat-dialog.tsx'
import { Palette } from '../palette/palette.tsx'
import { SettingsDialog } from '../settings/settings-dialog.tsx'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'

export function Dialogs() {
  const dialog = useDesk((desk) => desk.dialog)
  if (!dialog) return null
  switch (dialog.kind) {
    case 'new-chat':
      return <NewChatDialog />
    case 'settings':
      return <SettingsDialog />
    case 'shortcuts':
      return <ShortcutsDialog />
    case 'link-device':
      return <LinkDeviceDialog />
    case 'palette':
      return <Palette />
    case 'safety-number':
      return <SafetyNumberDialog account={dialog.account} />
    case 'block':
      return <BlockDialog account={dialog.account} />
    default:
      return unreachable(dialog)
  }
}
