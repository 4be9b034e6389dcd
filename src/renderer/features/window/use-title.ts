// The title of the window: the app, and how much is unread. Never a name: titles are seen over shoulders.

import { useEffect } from 'react'
import { useMirror } from '../../store/feed.ts'
import { unreadCount } from '../../store/mirror.ts'
import { say } from '../../text/say.ts'

export function useTitle(): void {
  const unread = useMirror((mirror) => unreadCount(mirror))
  useEffect(() => {
    document.title = unread > 0 ? say('app.titleUnread', { count: unread }) : say('app.name')
  }, [unread])
}
