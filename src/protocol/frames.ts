// Frames to bytes and back. What cannot be read is told apart from what a newer version may have meant.

import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { type ClientFrame, ClientFrameSchema, type RelayFrame, RelayFrameSchema } from './generated/relay_pb.ts'
import { MAX_FRAME_BYTES } from './limits.ts'

export type ClientBody = NonNullable<MessageInitShape<typeof ClientFrameSchema>['body']>
export type RelayBody = NonNullable<MessageInitShape<typeof RelayFrameSchema>['body']>

export function encodeClientFrame(request: number, body: ClientBody): Uint8Array<ArrayBuffer> {
  return toBinary(ClientFrameSchema, create(ClientFrameSchema, { request, body }))
}

export function encodeRelayFrame(request: number, body: RelayBody): Uint8Array<ArrayBuffer> {
  return toBinary(RelayFrameSchema, create(RelayFrameSchema, { request, body }))
}

/** Undefined: not a frame at all. A frame without a body is of a type this version does not know. */
export function decodeClientFrame(bytes: Uint8Array): ClientFrame | undefined {
  const frame = decode(() => fromBinary(ClientFrameSchema, bytes), bytes)
  return frame === undefined || frame.request === 0 ? undefined : frame
}

export function decodeRelayFrame(bytes: Uint8Array): RelayFrame | undefined {
  return decode(() => fromBinary(RelayFrameSchema, bytes), bytes)
}

function decode<Frame>(read: () => Frame, bytes: Uint8Array): Frame | undefined {
  if (bytes.length === 0 || bytes.length > MAX_FRAME_BYTES) return undefined
  try {
    return read()
  } catch {
    return undefined
  }
}
