// Makes a small square out of a picture somebody chose: its middle, drawn anew, so that nothing but pixels is left of it.

import { toBase64 } from '../../../shared/base64.ts'
import { MAX_AVATAR_BYTES } from '../../../shared/model.ts'
import { readPicture } from '../../../shared/picture.ts'

const SIDE = 256
const MOST_BYTES = 32 * 1024 * 1024
/** Decoding takes four bytes for each. */
const MOST_PIXELS = 64_000_000
const QUALITIES = [0.9, 0.75, 0.5]

/** In base64. Undefined: too large, or none that can be drawn. What it claims is looked at before it is decoded. */
export async function cropPicture(file: Blob): Promise<string | undefined> {
  if (file.size > MOST_BYTES) return undefined
  const bytes = new Uint8Array(await file.arrayBuffer())
  const picture = readPicture(bytes)
  if (!picture || picture.width * picture.height > MOST_PIXELS) return undefined
  const bitmap = await createImageBitmap(new Blob([bytes], { type: picture.mediaType })).catch(() => undefined)
  return bitmap && shrink(bitmap)
}

async function shrink(bitmap: ImageBitmap): Promise<string | undefined> {
  const canvas = new OffscreenCanvas(SIDE, SIDE)
  const context = canvas.getContext('2d')
  if (!context) return undefined
  const side = Math.min(bitmap.width, bitmap.height)
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2]
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, left, top, side, side, 0, 0, SIDE, SIDE)
  bitmap.close()
  for (const quality of QUALITIES) {
    const drawn = await canvas.convertToBlob({ type: 'image/webp', quality })
    if (drawn.size <= MAX_AVATAR_BYTES) return toBase64(new Uint8Array(await drawn.arrayBuffer()))
  }
  return undefined
}
