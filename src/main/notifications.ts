// Shows notices on the desktop, at most one for a conversation at a time.

import { Notification } from 'electron'
import type { ConversationId } from '../shared/ids.ts'
import type { Notice } from './notices.ts'

/** @param open is called when the person clicks one */
export function showNotices(open: () => void): { show(notices: readonly Notice[]): void; clear(): void } {
  const shown = new Map<ConversationId, Notification>()
  return {
    show(notices) {
      if (!Notification.isSupported()) return
      for (const { conversation, body } of notices) {
        shown.get(conversation)?.close()
        const notification = new Notification({ title: 'Sotto', body })
        notification.on('click', open)
        shown.set(conversation, notification)
        notification.show()
      }
    },
    clear() {
      for (const notification of shown.values()) notification.close()
      shown.clear()
    },
  }
}
