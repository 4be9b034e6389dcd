// The frames that the relay writes by hand are, byte for byte, those of the generated code.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeRelayFrame } from '../../src/protocol/frames.ts'
import {
  AcceptedSchema,
  AcknowledgedSchema,
  DeliverSchema,
  EnvelopeType,
  IncomingEnvelopeSchema,
} from '../../src/protocol/generated/relay_pb.ts'
import { writeAnswer, writeDeliver } from '../../src/relay/frequent-frames.ts'
import { AccountId, bytesToUuid, uuidToBytes } from '../../src/shared/ids.ts'

const request = fc.oneof(fc.nat(300), fc.nat(0xffffffff))
const whole = fc.oneof(fc.constant(0), fc.nat(300), fc.maxSafeNat())
const bytes = (most: number) => fc.uint8Array({ minLength: 1, maxLength: most })

test('an acceptance, and what answers an acknowledgement', () => {
  fc.assert(
    fc.property(request, whole, fc.boolean(), (request, time, duplicate) => {
      const accepted = { case: 'accepted', value: { timeMs: BigInt(time), duplicate } } as const
      expect(Buffer.from(writeAnswer(request, accepted))).toEqual(Buffer.from(encodeRelayFrame(request, accepted)))
      const acknowledged = { case: 'acknowledged', value: {} } as const
      expect(Buffer.from(writeAnswer(request, acknowledged))).toEqual(
        Buffer.from(encodeRelayFrame(request, acknowledged)),
      )
    }),
  )
})

test('what is pushed', () => {
  const envelope = fc.record({
    position: whole,
    submission: bytes(16),
    sender: bytes(16),
    senderDevice: fc.nat(127),
    type: fc.constantFrom(EnvelopeType.MESSAGE, EnvelopeType.PREKEY, EnvelopeType.RETRY),
    content: fc.oneof(bytes(200), bytes(20_000)),
    takenAt: whole,
  })
  fc.assert(
    fc.property(fc.array(envelope, { maxLength: 5 }), (held) => {
      const envelopes = held.map(({ position, takenAt, ...same }) => ({
        ...same,
        position: BigInt(position),
        timeMs: BigInt(takenAt),
      }))
      expect(Buffer.from(writeDeliver(held))).toEqual(
        Buffer.from(encodeRelayFrame(0, { case: 'deliver', value: { envelopes } })),
      )
    }),
  )
})

test('no field of them is left out: one that is new has to be written too', () => {
  const fields = [AcceptedSchema, AcknowledgedSchema, DeliverSchema, IncomingEnvelopeSchema].map((schema) =>
    schema.fields.map(({ localName }) => localName),
  )
  expect(fields).toEqual([
    ['timeMs', 'duplicate'],
    [],
    ['envelopes'],
    ['position', 'submission', 'sender', 'senderDevice', 'type', 'content', 'timeMs'],
  ])
})

test('an account id is the same after it went over the wire', () => {
  fc.assert(
    fc.property(fc.uuid({ version: 4 }), (id) => {
      expect(bytesToUuid(uuidToBytes(AccountId.parse(id)))).toBe(id)
    }),
  )
})
