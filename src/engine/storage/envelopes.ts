// The envelopes of one submission as they lie in its row: one after the other, each behind a head of eight bytes.

import type { EnvelopeType } from '../../protocol/generated/relay_pb.ts'
import type { DeviceId } from '../../shared/ids.ts'

export interface Envelope {
  device: DeviceId
  /** That the device was sealed for as. */
  registrationId: number
  type: EnvelopeType
  bytes: Uint8Array
}

/** Device (1 byte), registration id (2), type (1), length of what follows (4). */
const HEAD = 8

export function packEnvelopes(envelopes: readonly Envelope[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(envelopes.reduce((size, { bytes }) => size + HEAD + bytes.length, 0))
  const head = new DataView(packed.buffer)
  let at = 0
  for (const { device, registrationId, type, bytes } of envelopes) {
    head.setUint8(at, device)
    head.setUint16(at + 1, registrationId)
    head.setUint8(at + 3, type)
    head.setUint32(at + 4, bytes.length)
    packed.set(bytes, at + HEAD)
    at += HEAD + bytes.length
  }
  return packed
}

/** Of what packEnvelopes made. */
export function unpackEnvelopes(packed: Uint8Array): Envelope[] {
  const head = new DataView(packed.buffer, packed.byteOffset, packed.length)
  const envelopes: Envelope[] = []
  for (let at = 0; at < packed.length; ) {
    const end = at + HEAD + head.getUint32(at + 4)
    envelopes.push({
      device: head.getUint8(at) as DeviceId,
      registrationId: head.getUint16(at + 1),
      type: head.getUint8(at + 3) as EnvelopeType,
      bytes: packed.slice(at + HEAD, end),
    })
    at = end
  }
  return envelopes
}
