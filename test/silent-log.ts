// A log that says nothing: for tests that are about something else.

import type { Log } from '../src/engine/ports.ts'

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (event, fields) => {
    // Our own mistakes are never quiet.
    console.error('unexpected:', event, fields)
  },
}
