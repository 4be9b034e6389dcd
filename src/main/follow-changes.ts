// What the desktop does when something changed in the profile: the theme follows, and the person is told of news.

import type { Handlers } from '../shared/api.ts'
import type { ChangeSet, Settings } from '../shared/model.ts'
import { type Attention, type Notice, Notices } from './notices.ts'

export interface Desktop {
  attention(): Attention
  setTheme(theme: Settings['theme']): void
  tell(notices: readonly Notice[]): void
}

/** Answers what to call with each change. */
export function followChanges(handlers: Pick<Handlers, 'getSnapshot'>, desktop: Desktop): (changes: ChangeSet) => void {
  const notices = new Notices()
  const begin = async (): Promise<void> => {
    const snapshot = await handlers.getSnapshot({})
    if (!snapshot.ok || snapshot.value.stage.stage !== 'open') return
    notices.begin(snapshot.value.conversations)
    desktop.setTheme(snapshot.value.settings.theme)
  }
  return (changes) => {
    for (const change of changes.changes) {
      if (change.kind === 'settings') desktop.setTheme(change.settings.theme)
      if (change.kind === 'stage' && change.stage.stage === 'open') void begin()
    }
    desktop.tell(notices.of(changes, desktop.attention()))
  }
}
