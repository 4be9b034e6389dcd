// Bytes as libsignal takes them, and their comparison.

/** The same bytes in memory of their own: libsignal takes nothing that may be shared. */
export function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

/** For public values only: it takes longer the more is alike. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}
