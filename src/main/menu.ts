// The application menu: what each platform expects, and zoom.

import type { MenuItemConstructorOptions } from 'electron'

/** @param released a packaged app: without the developer tools and reloading */
export function menuTemplate(platform: NodeJS.Platform, released: boolean): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin'
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const developing: MenuItemConstructorOptions[] = [separator, { role: 'reload' }, { role: 'toggleDevTools' }]
  const template: MenuItemConstructorOptions[] = [
    { label: '&File', submenu: [isMac ? { role: 'close' } : { role: 'quit' }] },
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
