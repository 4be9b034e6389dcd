// What happens after a mistake of our own: it is noted, without its words, and the relay stops before it does harm.

import type { Log } from '../../relay/ports.ts'
import { whereThrown } from '../../shared/thrown.ts'

/** What was committed is safe, and the next start reads it; nothing else in memory may be trusted any more. */
export function stopOnFaults(process: NodeJS.Process, log: Pick<Log, 'error'>): void {
  process.on('uncaughtException', (error) => {
    log.error('uncaught', whereThrown(error))
    process.exit(1)
  })
  process.on('unhandledRejection', (error) => log.error('unhandled', whereThrown(error)))
}
