// Which screen is shown: opening, welcome, closed, the recovery code once, or the messenger itself.

import { unreachable } from '../shared/answer.ts'
import css from './app.module.css'
import { Closed } from './features/closed/closed.tsx'
import { Restored } from './features/closed/restored.tsx'
import { Locked } from './features/lock/locked.tsx'
import { Recovery } from './features/recovery/recovery.tsx'
import { useRestAhead } from './features/rest/fetch-rest.ts'
import { Welcome } from './features/welcome/welcome.tsx'
import { MainWindow } from './features/window/main-window.tsx'
import { Notices } from './features/window/notices.tsx'
import { Stumbles } from './features/window/stumbles.tsx'
import { useMirrorOrNothing } from './store/feed.ts'
import { say } from './text/say.ts'
import { Mark } from './ui/mark.tsx'
import { useTheme } from './ui/theme.ts'

export function App() {
  useTheme(useMirrorOrNothing((mirror) => mirror?.settings.theme ?? 'system'))
  const shell = useMirrorOrNothing((mirror) => mirror?.host.shell)
  useRestAhead(shell !== undefined)
  return (
    <div className={css.app}>
      {shell === 'stand-in' && <p className={css.host}>{say('app.developmentHost')}</p>}
      <Stumbles>
        <Screen />
      </Stumbles>
      <Notices />
    </div>
  )
}

function Screen() {
  const stage = useMirrorOrNothing((mirror) => mirror?.stage)
  const recovery = useMirrorOrNothing((mirror) => mirror?.recovery)
  const restoredAt = useMirrorOrNothing((mirror) => mirror?.restoredAt)
  if (!stage) return <Opening />
  switch (stage.stage) {
    case 'welcome':
      return <Welcome />
    case 'opening':
      return <Opening />
    case 'locked':
      return <Locked nextTryAt={stage.nextTryAt} />
    case 'closed':
      return <Closed failure={stage.failure} hasCode={recovery === 'confirmed'} />
    case 'open':
      if (recovery === 'unconfirmed') return <Recovery />
      return restoredAt ? <Restored at={restoredAt} /> : <MainWindow />
    default:
      return unreachable(stage)
  }
}

function Opening() {
  return (
    <main className={css.opening} aria-busy="true">
      <Mark className={css.mark} />
      <p role="status">{say('app.opening')}</p>
    </main>
  )
}
