// The frames that the relay reads and writes by hand are, byte for byte, those of the generated code.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeClientFrame, encodeClientFrame, encodeRelayFrame } from '../../src/protocol/frames.ts'
import {
  AcceptedSchema,
  AcknowledgedSchema,
  AcknowledgeSchema,
  DeliverSchema,
  EnvelopeType,
  IncomingEnvelopeSchema,
  OutgoingEnvelopeSchema,
  SubmitSchema,
} from '../../src/protocol/generated/relay_pb.ts'
import { readFrequent, type SubmitFields, writeAnswer, writeDeliver } from '../../src/relay/frequent-frames.ts'
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

const envelopes = fc.array(
  fc.record({
    device: fc.nat(200),
    registrationId: fc.oneof(fc.nat(0x3fff), fc.nat(0xffffffff)),
    type: fc.constantFrom(EnvelopeType.UNSPECIFIED, EnvelopeType.MESSAGE, EnvelopeType.PREKEY, EnvelopeType.RETRY),
    content: fc.oneof(fc.uint8Array({ maxLength: 40 }), bytes(20_000)),
  }),
  { maxLength: 4 },
)
const positions = fc.array(fc.oneof(fc.nat(300), fc.maxSafeNat()), { maxLength: 20 })
const asked = fc.oneof(
  fc
    .record({
      submission: fc.uint8Array({ maxLength: 17 }),
      recipient: fc.uint8Array({ maxLength: 17 }),
      envelopes,
      ephemeral: fc.boolean(),
      partial: fc.boolean(),
      deliverAfterMs: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    })
    .map((value) => ({ case: 'submit' as const, value })),
  positions.map((positions) => ({ case: 'acknowledge' as const, value: { positions: positions.map(BigInt) } })),
  fc.constant({ case: 'lookUp' as const, value: { username: 'alice' } }),
)

/** What the generated code reads in it, without what only that code needs. */
function generated(frame: Uint8Array): unknown {
  const read = decodeClientFrame(frame)
  if (read === undefined) return undefined
  const { request, body } = read
  if (body.case === 'acknowledge') return { request, case: body.case, positions: body.value.positions.map(Number) }
  if (body.case !== 'submit') return { request, case: body.case }
  return { request, case: body.case, ...comparable(body.value) }
}

function byHand(frame: Uint8Array): unknown {
  const read = readFrequent(frame)
  if (read === undefined) return undefined
  const { request, body } = read
  if (body.case === 'acknowledge') return { request, case: body.case, positions: body.value.positions.map(Number) }
  return { request, case: body.case, ...comparable(body.value) }
}

function comparable({ submission, recipient, envelopes, ephemeral, partial, deliverAfterMs }: SubmitFields) {
  return {
    submission: Buffer.from(submission),
    recipient: Buffer.from(recipient),
    envelopes: envelopes.map(({ device, registrationId, type, content }) => ({
      device,
      registrationId,
      type,
      content: Buffer.from(content),
    })),
    ephemeral,
    partial,
    deliverAfterMs,
  }
}

test('a submission and an acknowledgement, as devices write them', () => {
  fc.assert(
    fc.property(request, asked, (request, body) => {
      const frame = encodeClientFrame(request, body)
      const isFrequent =
        request > 0 &&
        ((body.case === 'submit' && body.value.deliverAfterMs === 0n) ||
          (body.case === 'acknowledge' && body.value.positions.every((position) => position < 2n ** 49n)))
      const read = byHand(frame)
      expect(read !== undefined).toBe(isFrequent)
      if (read !== undefined) expect(read).toEqual(generated(frame))
    }),
    { numRuns: 500 },
  )
})

test('what is read by hand in a frame that somebody spoilt is what the generated code reads', () => {
  const spoil = fc.array(fc.record({ at: fc.nat(60), byte: fc.nat(255) }), { minLength: 1, maxLength: 2 })
  let read = 0
  fc.assert(
    fc.property(request, asked, spoil, fc.constantFrom(0, 0, 0, 0, 1), (request, body, spoil, cut) => {
      const frame = encodeClientFrame(request, body)
      for (const { at, byte } of spoil) frame[at % frame.length] = byte
      const spoilt = frame.subarray(0, frame.length - cut)
      const found = byHand(spoilt)
      if (found === undefined) return
      read += 1
      expect(found).toEqual(generated(spoilt))
    }),
    { numRuns: 3000 },
  )
  expect(read).toBeGreaterThan(100)
})

test('each field twice, out of order or of another kind is left to the generated code', () => {
  const value = { submission: Buffer.alloc(16, 1), recipient: Buffer.alloc(16, 2), envelopes: [] }
  const usual = Buffer.from(encodeClientFrame(7, { case: 'submit', value }))
  expect(readFrequent(usual)?.body.case).toBe('submit')
  const body = usual.subarray(4)
  const [submission, recipient] = [body.subarray(0, 18), body.subarray(18)]
  const framed = (...parts: Buffer[]) => {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    return Buffer.concat([usual.subarray(0, 3), Buffer.of(length), ...parts])
  }
  expect(framed(submission, recipient)).toEqual(usual)
  for (const odd of [
    framed(recipient, submission),
    framed(submission, submission, recipient),
    framed(submission, recipient, Buffer.of(0x20, 1, 0x20, 0)),
    framed(submission, recipient, Buffer.of(0x7a, 1, 0)),
    Buffer.concat([usual, Buffer.of(0x08, 9)]),
  ]) {
    expect(readFrequent(odd)).toBeUndefined()
    expect(decodeClientFrame(odd)?.body.case).toBe('submit')
  }
})

test('no field of them is left out: one that is new has to be written and read too', () => {
  const fields = [
    SubmitSchema,
    OutgoingEnvelopeSchema,
    AcknowledgeSchema,
    AcceptedSchema,
    AcknowledgedSchema,
    DeliverSchema,
    IncomingEnvelopeSchema,
  ].map((schema) => schema.fields.map(({ localName }) => localName))
  expect(fields).toEqual([
    ['submission', 'recipient', 'envelopes', 'ephemeral', 'partial', 'deliverAfterMs'],
    ['device', 'registrationId', 'type', 'content'],
    ['positions'],
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
