// Tells Chromium's windows apart: ours are set up, those a page opens are asked about and closed.

import type { BrowserWindow } from './browser-window.ts'
import type { CdpPipe } from './cdp-pipe.ts'
import { openWindows } from './open-windows.ts'
import { windowIdOf } from './page.ts'
import { fromChromium } from './page-address.ts'

interface TargetDescription {
  readonly targetId: string
  readonly type: string
  readonly url: string
  readonly title: string
  readonly openerId?: string
}

export async function watchTargets(pipe: CdpPipe): Promise<void> {
  pipe.on<{ sessionId: string; targetInfo: TargetDescription }>('Target.attachedToTarget', (event) => {
    attached(pipe, event.sessionId, event.targetInfo).catch(() => undefined) // it closed before it was set up
  })
  pipe.on<{ targetId: string }>('Target.targetDestroyed', ({ targetId }) => showing(targetId)?.gone())
  pipe.on<{ targetInfo: TargetDescription }>('Target.targetInfoChanged', ({ targetInfo }) => {
    // Until a page says its title, Chromium calls it by its address.
    const hasTitle = windowIdOf(targetInfo.url) === undefined && !targetInfo.url.endsWith(targetInfo.title)
    if (hasTitle) showing(targetInfo.targetId)?.webContents.titleChanged(targetInfo.title)
  })
  await pipe.send('Target.setDiscoverTargets', { discover: true })
  await pipe.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true })
}

function showing(targetId: string | undefined): BrowserWindow | undefined {
  return [...openWindows.values()].find((window) => window.targetId === targetId)
}

async function attached(pipe: CdpPipe, session: string, target: TargetDescription): Promise<void> {
  const ours = target.type === 'page' ? openWindows.get(windowIdOf(target.url) ?? 0) : undefined
  if (ours && ours.targetId === '') {
    await ours.attach(session, target.targetId)
    return
  }
  const opener = target.type === 'page' ? showing(target.openerId) : undefined
  if (opener) {
    opener.webContents.askToOpen(fromChromium(opener.nextWantedWindow() ?? target.url))
    // A page that is held back holds its opener back too where they share a process, and is not closed: it runs first.
    await pipe.send('Runtime.runIfWaitingForDebugger', {}, session)
    await pipe.send('Target.closeTarget', { targetId: target.targetId })
    return
  }
  await pipe.send('Runtime.runIfWaitingForDebugger', {}, session)
}
