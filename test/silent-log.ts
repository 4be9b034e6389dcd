// A log that says nothing but of our own mistakes: for tests that are about something else. SOTTO_TEST_LOG=1 says it all.

import type { Log, LogFields } from '../src/engine/ports.ts'

const loud = process.env.SOTTO_TEST_LOG === '1'

function say(event: string, fields?: LogFields): void {
  if (loud) console.error(event, fields ?? '')
}

export const silentLog: Log = {
  debug: say,
  info: say,
  warn: say,
  error: (event, fields) => console.error('unexpected:', event, fields),
}
