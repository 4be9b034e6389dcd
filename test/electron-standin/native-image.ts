// nativeImage: a PNG carried around unchanged, measured by its header.

import { existsSync, readFileSync } from 'node:fs'
import { asWhole, strict } from './strict.ts'

export type NativeImage = Electron.NativeImage

const pngSignature = 0x89504e47

function makeImage(bytes: Buffer = Buffer.alloc(0)): NativeImage {
  const isPng = bytes.length > 24 && bytes.readUInt32BE(0) === pngSignature
  const size = isPng ? { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) } : { width: 0, height: 0 }
  return strict(
    'NativeImage',
    asWhole<NativeImage>({
      isEmpty: () => bytes.length === 0,
      toPNG: () => bytes,
      toDataURL: () => `data:image/png;base64,${bytes.toString('base64')}`,
      getSize: () => size,
      resize: () => makeImage(bytes),
      crop: () => makeImage(bytes),
      addRepresentation() {},
      setTemplateImage() {},
      isTemplateImage: () => false,
      getScaleFactors: () => [1],
    }),
  )
}

export const nativeImage = strict('nativeImage', {
  createEmpty: () => makeImage(),
  createFromPath: (path: string) => makeImage(existsSync(path) ? readFileSync(path) : undefined),
  createFromBuffer: (bytes: Buffer) => makeImage(bytes),
  createFromDataURL: (url: string) => makeImage(Buffer.from(url.split(',')[1] ?? '', 'base64')),
})
