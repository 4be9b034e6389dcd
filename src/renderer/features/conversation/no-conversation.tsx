// The middle of the window before a chat is chosen.

import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { Mark } from '../../ui/mark.tsx'
import { keysOf } from '../window/shortcuts.ts'
import css from './no-conversation.module.css'

export function NoConversation() {
  const mac = useMirror((mirror) => mirror.host.platform === 'darwin')
  return (
    <main className={css.nothing}>
      <Mark className={css.mark} />
      <p className={css.words}>{say('conversation.none')}</p>
      <p className={css.hint}>{say('conversation.noneHint', { shortcut: keysOf('palette', mac) })}</p>
    </main>
  )
}
