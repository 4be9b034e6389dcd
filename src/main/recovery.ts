// When the page of the window crashes: once it is loaded again by itself, after that the person decides.

import type { App, BrowserWindow, Dialog } from 'electron'
import type { Log } from '../engine/ports.ts'

/** Milliseconds. Two crashes further apart than this have nothing to do with each other. */
const SOON = 60_000

export interface RecoveryParts {
  app: Pick<App, 'quit'>
  dialog: Dialog
  log: Log
  monotonic(): number
}

export function recoverFromCrashes(window: BrowserWindow, { app, dialog, log, monotonic }: RecoveryParts): void {
  let last = Number.NEGATIVE_INFINITY
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit') return
    log.error('window-crashed', { reason, exitCode })
    const again = monotonic() - last < SOON
    last = monotonic()
    if (!again) return window.webContents.reload()
    const question = {
      type: 'warning' as const,
      message: 'The window stopped working twice.',
      detail: 'Your messages are safe. Sotto goes on receiving while you decide.',
      buttons: ['Quit', 'Try again'],
      defaultId: 1,
      cancelId: 0,
    }
    dialog
      .showMessageBox(window, question)
      .then(({ response }) => (response === 1 ? window.webContents.reload() : app.quit()))
      .catch(() => app.quit())
  })
}
