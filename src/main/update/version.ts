// Versions of the app: three numbers, and which of two is newer.

import { z } from 'zod'

export const Version = z.string().regex(/^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$/)

/** Both are versions as above. The same one is not newer. */
export function isNewer(version: string, than: string): boolean {
  const [one, other] = [numbers(version), numbers(than)]
  const different = one.findIndex((number, place) => number !== other[place])
  return different >= 0 && (one[different] ?? 0) > (other[different] ?? 0)
}

function numbers(version: string): number[] {
  return version.split('.').map(Number)
}
