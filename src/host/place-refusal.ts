// What a disk says that a person pointed to, as a refusal.

import type { Log } from '../engine/ports.ts'
import { refuse } from '../shared/answer.ts'
import { whereThrown } from '../shared/thrown.ts'

/** Mistakes of ours are noted, without their words. */
export function placeRefusal(error: unknown, log: Log): ReturnType<typeof refuse> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return refuse('disk-full')
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return refuse('place-refused', code)
  log.error('place.broken', whereThrown(error))
  return refuse('internal')
}
