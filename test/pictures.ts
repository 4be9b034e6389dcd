// The smallest pictures that say what a test wants them to say: whole as containers, with no pixels to speak of.

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function pngChunk(type: string, data: Buffer): Buffer {
  // The reader does not look at checksums; what decodes it does.
  return Buffer.concat([uint32(data.length), Buffer.from(type), data, uint32(0)])
}

export function png(width: number, height: number, also?: string): Buffer {
  const header = Buffer.concat([uint32(width), uint32(height), Buffer.from([8, 6, 0, 0, 0])])
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    ...(also === undefined ? [] : [pngChunk(also, Buffer.from('where it was taken'))]),
    pngChunk('IDAT', Buffer.alloc(10)),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

function segment(marker: number, data: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(data.length + 2)
  return Buffer.concat([Buffer.from([0xff, marker]), length, data])
}

export function jpeg(width: number, height: number, also?: number): Buffer {
  const frame = Buffer.alloc(15)
  frame.writeUInt8(8)
  frame.writeUInt16BE(height, 1)
  frame.writeUInt16BE(width, 3)
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('JFIF\0\u0001\u0001\0\0\u0001\0\u0001\0\0', 'latin1')),
    ...(also === undefined ? [] : [segment(also, Buffer.from('where it was taken'))]),
    segment(0xc0, frame),
    segment(0xda, Buffer.alloc(10)),
    Buffer.from([0xff, 0xd9]),
  ])
}

function webpChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(data.length)
  return Buffer.concat([Buffer.from(type), length, data, Buffer.alloc(data.length % 2)])
}

function riff(...chunks: Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([Buffer.from('RIFF'), length, body])
}

function lossless(width: number, height: number): Buffer {
  const data = Buffer.alloc(6)
  data.writeUInt8(0x2f)
  data.writeUInt32LE((((height - 1) << 14) | (width - 1)) >>> 0, 1)
  return webpChunk('VP8L', data)
}

export function webp(width: number, height: number): Buffer {
  return riff(lossless(width, height))
}

/** With a canvas that need not be as large as what lies on it. */
export function webpExtended(canvas: [number, number], inside: [number, number], also?: string): Buffer {
  const data = Buffer.alloc(10)
  data.writeUIntLE(canvas[0] - 1, 4, 3)
  data.writeUIntLE(canvas[1] - 1, 7, 3)
  const words = also === undefined ? [] : [webpChunk(also, Buffer.from('where it was taken'))]
  return riff(webpChunk('VP8X', data), lossless(...inside), ...words)
}
