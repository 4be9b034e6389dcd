// The application menu: what each platform expects, and zoom.

import type { MenuItemConstructorOptions } from 'electron'

/** The item that locks the app. Disabled until there is a passphrase. */
export const LOCK_ITEM = 'lock'

/** @param released a packaged app: without the developer tools and reloading */
export function menuTemplate(
  platform: NodeJS.Platform,
  released: boolean,
  lock: () => void,
): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin'
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const developing: MenuItemConstructorOptions[] = [separator, { role: 'reload' }, { role: 'toggleDevTools' }]
  const template: MenuItemConstructorOptions[] = [
    {
      label: '&File',
      submenu: [
        { id: LOCK_ITEM, label: '&Lock Sotto', accelerator: 'CommandOrControl+L', enabled: false, click: lock },
        separator,
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'pasteAndMatchStyle', accelerator: 'CommandOrControl+V' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        // The key without Shift, which zoomIn's own accelerator asks for.
        { role: 'zoomIn', accelerator: 'CommandOrControl+=', visible: false, acceleratorWorksWhenHidden: true },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
        ...(released ? [] : developing),
      ],
    },
    { label: '&Window', role: 'windowMenu' },
  ]
  return isMac ? [{ role: 'appMenu' }, ...template] : template
}
