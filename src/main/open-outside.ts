// Opens a link in the system's browser, after the person has seen where it really leads.

import type { BrowserWindow, Dialog, Shell } from 'electron'
import type { Log } from '../engine/ports.ts'
import { outsideLink } from './links.ts'

/** Asking is what keeps a page gone bad from telling the world something in an address. */
export async function openOutside(
  address: string,
  window: BrowserWindow | undefined,
  { dialog, shell, log }: { dialog: Dialog; shell: Shell; log: Log },
): Promise<void> {
  const link = outsideLink(address)
  if (link === undefined || window === undefined) return log.warn('link-refused')
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: 'Open this link outside Sotto?',
    detail: link,
    buttons: ['Cancel', 'Open'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  if (response === 1) await shell.openExternal(link)
}
