// Makes the app's icons from resources/mark.svg: PNGs of every size, and the ICO and ICNS files that hold them.
//
// Run by hand when the mark changes; the icons are kept in the repository. Needs a Chromium (CHROMIUM names another).

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024] as const
type Size = (typeof SIZES)[number]

const resources = fileURLToPath(new URL('../resources/', import.meta.url))

/** Sizes whose picture is drawn to the edge; on the larger ones the mark keeps the margin that docks expect. */
const TO_THE_EDGE: Size = 64
const MARGIN = 0.09

async function draw(svg: string): Promise<Map<Size, Buffer>> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  const page = await browser.newPage()
  const pictures = new Map<Size, Buffer>()
  for (const size of SIZES) {
    const margin = size > TO_THE_EDGE ? Math.round(size * MARGIN) : 0
    await page.setViewportSize({ width: size, height: size })
    await page.setContent(
      `<style>html,body{margin:0;background:transparent}svg{display:block;width:${size - 2 * margin}px;margin:${margin}px}</style>${svg}`,
    )
    pictures.set(size, await page.screenshot({ omitBackground: true }))
  }
  await browser.close()
  return pictures
}

function picture(pictures: ReadonlyMap<Size, Buffer>, size: Size): Buffer {
  const found = pictures.get(size)
  if (!found) throw new Error(`no picture of ${size}`)
  return found
}

/** A header of 6 bytes, 16 bytes for each picture, then the PNGs as they are. A size of 256 is written as 0. */
function ico(pictures: ReadonlyMap<Size, Buffer>): Buffer {
  const sizes = SIZES.filter((size) => size <= 256)
  const head = Buffer.alloc(6 + 16 * sizes.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(sizes.length, 4)
  let offset = head.length
  sizes.forEach((size, index) => {
    const { length } = picture(pictures, size)
    const at = 6 + 16 * index
    head.writeUInt8(size % 256, at)
    head.writeUInt8(size % 256, at + 1)
    head.writeUInt16LE(1, at + 4)
    head.writeUInt16LE(32, at + 6)
    head.writeUInt32LE(length, at + 8)
    head.writeUInt32LE(offset, at + 12)
    offset += length
  })
  return Buffer.concat([head, ...sizes.map((size) => picture(pictures, size))])
}

/** Each picture under the four letters that stand for its size; those with @2x are the same pixels at half the size. */
const ICNS_TYPES: ReadonlyArray<readonly [type: string, size: Size]> = [
  ['icp4', 16],
  ['icp5', 32],
  ['ic11', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic08', 256],
  ['ic13', 256],
  ['ic09', 512],
  ['ic14', 512],
  ['ic10', 1024],
]

function icns(pictures: ReadonlyMap<Size, Buffer>): Buffer {
  const body = Buffer.concat(ICNS_TYPES.map(([type, size]) => chunk(type, picture(pictures, size))))
  return chunk('icns', body)
}

function chunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write(type, 'ascii')
  head.writeUInt32BE(8 + content.length, 4)
  return Buffer.concat([head, content])
}

const pictures = await draw(readFileSync(`${resources}mark.svg`, 'utf8'))
mkdirSync(`${resources}icons`, { recursive: true })
for (const [size, png] of pictures) writeFileSync(`${resources}icons/${size}x${size}.png`, png)
writeFileSync(`${resources}icons/icon.ico`, ico(pictures))
writeFileSync(`${resources}icons/icon.icns`, icns(pictures))
