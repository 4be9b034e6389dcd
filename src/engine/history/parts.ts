// Parts: several segments behind each other, as they travel in one blob.

import { joined } from '../attachments/bytes.ts'

/** Each segment behind its length, in 32 bits, big-endian. */
export function writePart(segments: readonly Uint8Array[]): Uint8Array {
  return joined(
    segments.flatMap((segment) => {
      const length = new Uint8Array(4)
      new DataView(length.buffer).setUint32(0, segment.length)
      return [length, segment]
    }),
  )
}

/** Undefined: lengths that do not fit. */
export function readPart(bytes: Uint8Array): Uint8Array[] | undefined {
  const segments: Uint8Array[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined
    const end = at + 4 + view.getUint32(at)
    if (end > bytes.length) return undefined
    segments.push(bytes.subarray(at + 4, end))
    at = end
  }
  return segments
}
