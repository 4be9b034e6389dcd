// What a picture says of itself before anything decodes it: its format, its size, and whether it carries words beside the
// pixels, such as where it was taken.

export interface Picture {
  mediaType: 'image/png' | 'image/jpeg' | 'image/webp'
  width: number
  height: number
  /** Pixels and nothing else: no EXIF, no XMP, no text. */
  plain: boolean
}

/** Undefined: none of the three, or not whole as far as its parts say where they end. Never throws. */
export function readPicture(bytes: Uint8Array): Picture | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const read = startsWith(bytes, PNG)
    ? readPng(view)
    : startsWith(bytes, JPEG)
      ? readJpeg(view)
      : ascii(view, 0) === 'RIFF' && ascii(view, 8) === 'WEBP'
        ? readWebp(view)
        : undefined
  return read !== undefined && read.width > 0 && read.height > 0 ? read : undefined
}

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const JPEG = [0xff, 0xd8, 0xff]
const PNG_WORDS = new Set(['eXIf', 'tEXt', 'zTXt', 'iTXt', 'tIME'])
/** Adobe's, which says how colours are meant. */
const JPEG_COLOURS = 0xee

function readPng(view: DataView): Picture | undefined {
  if (view.byteLength < 33 || ascii(view, 12) !== 'IHDR') return undefined
  const picture: Picture = {
    mediaType: 'image/png',
    width: view.getUint32(16),
    height: view.getUint32(20),
    plain: true,
  }
  for (let at = 8; at + 12 <= view.byteLength; at += 12 + view.getUint32(at)) {
    const chunk = ascii(view, at + 4)
    if (PNG_WORDS.has(chunk)) picture.plain = false
    if (chunk === 'IEND') return at + 12 === view.byteLength ? picture : undefined
  }
  return undefined
}

function readJpeg(view: DataView): Picture | undefined {
  let plain = true
  let size: { width: number; height: number } | undefined
  for (let at = 2; at + 9 <= view.byteLength; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1)
    if (view.getUint8(at) !== 0xff || view.getUint16(at + 2) < 2) return undefined
    const isApplication = marker > 0xe0 && marker <= 0xef && marker !== JPEG_COLOURS
    if (isApplication || marker === 0xfe) plain = false
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
    if (marker === 0xda) return size && { mediaType: 'image/jpeg', ...size, plain }
  }
  return undefined
}

function readWebp(view: DataView): Picture | undefined {
  if (view.byteLength < 20 || view.getUint32(4, true) + 8 !== view.byteLength) return undefined
  const picture: Picture = { mediaType: 'image/webp', width: 0, height: 0, plain: true }
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const chunk = ascii(view, at)
    const length = view.getUint32(at + 4, true)
    if (at + 8 + length > view.byteLength) return undefined
    const size = sizeOfWebpChunk(view, chunk, at + 8, length)
    if (size === undefined) return undefined
    // What any part claims counts: a decoder may believe either.
    picture.width = Math.max(picture.width, size.width)
    picture.height = Math.max(picture.height, size.height)
    // Animations are more than a picture.
    if (chunk === 'EXIF' || chunk === 'XMP ' || chunk === 'ANIM' || chunk === 'ANMF') picture.plain = false
    at += 8 + length + (length % 2)
  }
  return picture
}

/** Of chunks without pixels: none. Undefined: too short to say. */
function sizeOfWebpChunk(
  view: DataView,
  chunk: string,
  at: number,
  length: number,
): { width: number; height: number } | undefined {
  if (chunk === 'VP8X') {
    if (length < 10) return undefined
    const [width, height] = [at + 4, at + 7].map((place) => (view.getUint32(place - 1, true) >>> 8) + 1)
    return { width: width ?? 0, height: height ?? 0 }
  }
  if (chunk === 'VP8 ') {
    if (length < 10) return undefined
    return { width: view.getUint16(at + 6, true) & 0x3fff, height: view.getUint16(at + 8, true) & 0x3fff }
  }
  if (chunk === 'VP8L') {
    if (length < 5) return undefined
    const bits = view.getUint32(at + 1, true)
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
  }
  return { width: 0, height: 0 }
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte)
}

function ascii(view: DataView, at: number): string {
  if (at + 4 > view.byteLength) return ''
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3))
}
