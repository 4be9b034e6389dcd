// What happens after a mistake of our own: it is noted, without its words, and the app stops before it does harm.

import type { App, Dialog } from 'electron'
import type { Log } from '../engine/ports.ts'
import { whereThrown } from '../shared/thrown.ts'

export interface FaultParts {
  app: Pick<App, 'exit'>
  dialog: Pick<Dialog, 'showErrorBox'>
  log: Log
}

/** What was committed is safe, and the next start reads it; nothing else in memory may be trusted any more. */
export function stopOnFaults(process: NodeJS.Process, { app, dialog, log }: FaultParts): void {
  process.on('uncaughtException', (error) => {
    log.error('uncaught', whereThrown(error))
    dialog.showErrorBox(
      'Sotto has to close',
      'Something went wrong inside Sotto. Your messages are safe: start it again.',
    )
    app.exit(1)
  })
  process.on('unhandledRejection', (error) => log.error('unhandled', whereThrown(error)))
}
