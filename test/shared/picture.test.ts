// What is known of a picture before it is decoded, and that nothing made to look like one trips the reader.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPicture } from '../../src/shared/picture.ts'
import { jpeg, png, webp, webpExtended } from '../pictures.ts'

describe('[P179] a picture says its format and its size, and whether it says more', () => {
  test.each([
    ['PNG', png(256, 256), { mediaType: 'image/png', width: 256, height: 256, plain: true }],
    ['PNG with text', png(16, 8, 'tEXt'), { mediaType: 'image/png', width: 16, height: 8, plain: false }],
    ['PNG with EXIF', png(16, 8, 'eXIf'), { mediaType: 'image/png', width: 16, height: 8, plain: false }],
    ['JPEG', jpeg(640, 480), { mediaType: 'image/jpeg', width: 640, height: 480, plain: true }],
    ['JPEG with EXIF', jpeg(640, 480, 0xe1), { mediaType: 'image/jpeg', width: 640, height: 480, plain: false }],
    ['JPEG with a comment', jpeg(640, 480, 0xfe), { mediaType: 'image/jpeg', width: 640, height: 480, plain: false }],
    ['WebP', webp(256, 128), { mediaType: 'image/webp', width: 256, height: 128, plain: true }],
    [
      'WebP with EXIF',
      webpExtended([256, 128], [256, 128], 'EXIF'),
      { mediaType: 'image/webp', width: 256, height: 128, plain: false },
    ],
    [
      'WebP that is larger inside than it says',
      webpExtended([16, 16], [16_000, 16_000]),
      { mediaType: 'image/webp', width: 16_000, height: 16_000, plain: true },
    ],
  ])('%s', (_, bytes, expected) => {
    expect(readPicture(bytes)).toEqual(expected)
  })

  test.each([
    ['nothing', new Uint8Array()],
    ['a script', Buffer.from('<svg onload="alert(1)">')],
    ['a GIF', Buffer.from('GIF89a\u0010\u0000\u0010\u0000')],
    ['a PNG without an end', png(16, 16).subarray(0, -12)],
    ['a PNG with something behind its end', Buffer.concat([png(16, 16), Buffer.from('more')])],
    ['a PNG of no size', png(0, 16)],
    ['a JPEG without a picture', jpeg(16, 16).subarray(0, 8)],
    ['a WebP of another length than it says', webp(16, 16).subarray(0, -2)],
  ])('%s is none', (_, bytes) => {
    expect(readPicture(bytes)).toBeUndefined()
  })

  test('whatever the bytes: nothing throws, and it ends', () => {
    const bent = fc
      .tuple(
        fc.constantFrom(png(16, 16, 'tEXt'), jpeg(16, 16, 0xe1), webp(16, 16), webpExtended([16, 16], [16, 16])),
        fc.nat(),
        fc.uint8Array({ maxLength: 8 }),
        fc.nat({ max: 40 }),
      )
      .map(([bytes, at, put, cut]) => {
        const place = at % bytes.length
        return Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + cut)])
      })
    fc.assert(
      fc.property(bent, (bytes) => {
        const picture = readPicture(bytes)
        if (picture) expect(picture.width * picture.height).toBeGreaterThan(0)
      }),
      { numRuns: 20_000 },
    )
  })
})
