// What may be written down about a mistake of our own: its kind and place, never its words, which may repeat content.

import type { LogFields } from '../engine/ports.ts'

export function describeFault(error: unknown): LogFields {
  if (!(error instanceof Error)) return { kind: typeof error }
  const place = error.stack?.split('\n').find((line) => /^\s+at .*:\d+:\d+\)?$/.test(line))
  const file = place && /([^/\\]+:\d+:\d+)\)?$/.exec(place)?.[1]
  return { kind: error.name, at: file ?? 'unknown' }
}
