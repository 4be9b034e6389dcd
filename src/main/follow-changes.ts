// What the desktop does when something changed in the profile: theme and lock follow, and the person is told of news.

import type { AppLock, ChangeSet, Settings, Stage } from '../shared/model.ts'
import { type Attention, type Notice, Notices } from './notices.ts'

export interface Desktop {
  attention(): Attention
  /** By the clock on the wall. */
  now(): number
  setTheme(theme: Settings['theme']): void
  tell(notices: readonly Notice[]): void
  /** Under which lock the app is, as often as it changes. */
  setLock(lock: AppLock): void
  setStage(stage: Stage): void
}

/** Answers what to call with each change. */
export function followChanges(desktop: Desktop): (set: ChangeSet) => void {
  const notices = new Notices()
  return (set) => {
    for (const change of set.changes) {
      if (change.kind === 'settings') desktop.setTheme(change.settings.theme)
      if (change.kind === 'lock') desktop.setLock(change.lock)
      if (change.kind === 'stage') desktop.setStage(change.stage)
    }
    const news = notices.of(set, desktop.attention(), desktop.now())
    if (news.length > 0) desktop.tell(news)
  }
}
