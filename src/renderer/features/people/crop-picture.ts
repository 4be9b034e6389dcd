// Makes a small square out of a picture somebody chose: its middle, drawn anew, so that nothing but pixels is left of it.

import { toBase64 } from '../../../shared/base64.ts'
import { readPicture } from '../../../shared/picture.ts'

/** In pixels; the smaller ones where fewer bytes are allowed than the largest takes. */
const SIDES = [256, 160, 96]
const MOST_BYTES = 32 * 1024 * 1024
/** Decoding takes four bytes for each. */
const MOST_PIXELS = 64_000_000
const QUALITIES = [0.9, 0.75, 0.5]

/**
 * In base64. Undefined: too large, or none that can be drawn. What it claims is looked at before it is decoded.
 * @param most bytes of what comes out.
 */
export async function cropPicture(file: Blob, most: number): Promise<string | undefined> {
  if (file.size > MOST_BYTES) return undefined
  const bytes = new Uint8Array(await file.arrayBuffer())
  const picture = readPicture(bytes)
  if (!picture || picture.width * picture.height > MOST_PIXELS) return undefined
  const bitmap = await createImageBitmap(new Blob([bytes], { type: picture.mediaType })).catch(() => undefined)
  if (!bitmap) return undefined
  try {
    return await shrink(bitmap, most)
  } finally {
    bitmap.close()
  }
}

async function shrink(bitmap: ImageBitmap, most: number): Promise<string | undefined> {
  for (const side of SIDES) {
    const canvas = drawSquare(bitmap, side)
    for (const quality of QUALITIES) {
      const drawn = await canvas?.convertToBlob({ type: 'image/webp', quality })
      if (drawn && drawn.size <= most) return toBase64(new Uint8Array(await drawn.arrayBuffer()))
    }
  }
  return undefined
}

function drawSquare(bitmap: ImageBitmap, side: number): OffscreenCanvas | undefined {
  const canvas = new OffscreenCanvas(side, side)
  const context = canvas.getContext('2d')
  if (!context) return undefined
  const taken = Math.min(bitmap.width, bitmap.height)
  const [left, top] = [(bitmap.width - taken) / 2, (bitmap.height - taken) / 2]
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, left, top, taken, taken, 0, 0, side, side)
  return canvas
}
