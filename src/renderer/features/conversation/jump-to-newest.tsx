// Brings one back to the end of a conversation, and says how much is unread there.

import { say } from '../../text/say.ts'
import { DownIcon } from '../../ui/icons.tsx'
import css from './jump-to-newest.module.css'

export function JumpToNewest({ unread, onJump }: { unread: number; onJump: () => void }) {
  const label = unread > 0 ? say('conversation.toNewestUnread', { count: unread }) : say('conversation.toNewest')
  return (
    <button type="button" className={css.jump} aria-label={label} title={label} onClick={onJump}>
      <DownIcon />
      {unread > 0 && (
        <span className={css.count} aria-hidden="true">
          {unread > 99 ? '99+' : unread}
        </span>
      )}
    </button>
  )
}
