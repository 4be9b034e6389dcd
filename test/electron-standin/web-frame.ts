// The main frame of a window, as IPC handlers see it in `event.senderFrame`.

import { originOf } from './page-address.ts'
import { asWhole, strict } from './strict.ts'

/** @param currentUrl answers the address the window shows now, in the app's own scheme */
export function makeMainFrame(id: number, currentUrl: () => string): Electron.WebFrameMain {
  const frame: Electron.WebFrameMain = strict(
    'webFrameMain',
    asWhole<Electron.WebFrameMain>({
      get url() {
        return currentUrl()
      },
      get origin() {
        return originOf(currentUrl())
      },
      get top() {
        return frame
      },
      parent: null,
      name: '',
      detached: false,
      frameTreeNodeId: id,
      frameToken: String(id),
      processId: id,
      routingId: id,
      isDestroyed: () => false,
    }),
  )
  return frame
}
