// Bytes as text, where only text gets through: base64 as in RFC 4648, with padding.

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3)
    const bits = (first << 16) | (second << 8) | third
    const left = bytes.length - at
    text += LETTERS.charAt(bits >> 18) + LETTERS.charAt((bits >> 12) & 63)
    text += left > 1 ? LETTERS.charAt((bits >> 6) & 63) : '='
    text += left > 2 ? LETTERS.charAt(bits & 63) : '='
  }
  return text
}

/** Undefined: not base64, or not the one way to write these bytes. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  for (let at = 0, to = 0; at < text.length; at += 4) {
    let bits = 0
    for (const letter of text.slice(at, at + 4)) bits = (bits << 6) | Math.max(0, LETTERS.indexOf(letter))
    for (const shift of [16, 8, 0]) if (to < bytes.length) bytes[to++] = (bits >> shift) & 255
  }
  return toBase64(bytes) === text ? bytes : undefined
}
