// The frames a relay writes for every message, written by hand: at that rate, generated code takes a fifth of its time.
// test/relay/frequent-frames.test.ts compares each with what the generated code makes of the same.

import { encodeRelayFrame, type RelayBody } from '../protocol/frames.ts'
import {
  AcceptedSchema,
  DeliverSchema,
  IncomingEnvelopeSchema,
  RelayFrameSchema,
} from '../protocol/generated/relay_pb.ts'
import type { HeldEnvelope } from './store.ts'

const VARINT = 0
const LENGTH = 2

const frame = {
  request: tag(RelayFrameSchema.field.request, VARINT),
  accepted: tag(RelayFrameSchema.field.accepted, LENGTH),
  acknowledged: tag(RelayFrameSchema.field.acknowledged, LENGTH),
  deliver: tag(RelayFrameSchema.field.deliver, LENGTH),
}
const accepted = {
  time: tag(AcceptedSchema.field.timeMs, VARINT),
  duplicate: tag(AcceptedSchema.field.duplicate, VARINT),
}
const envelopes = tag(DeliverSchema.field.envelopes, LENGTH)
const envelope = {
  position: tag(IncomingEnvelopeSchema.field.position, VARINT),
  submission: tag(IncomingEnvelopeSchema.field.submission, LENGTH),
  sender: tag(IncomingEnvelopeSchema.field.sender, LENGTH),
  senderDevice: tag(IncomingEnvelopeSchema.field.senderDevice, VARINT),
  type: tag(IncomingEnvelopeSchema.field.type, VARINT),
  content: tag(IncomingEnvelopeSchema.field.content, LENGTH),
  time: tag(IncomingEnvelopeSchema.field.timeMs, VARINT),
}

export function writeAnswer(request: number, body: RelayBody): Uint8Array {
  if (body.case === 'accepted') return writeAccepted(request, Number(body.value.timeMs), body.value.duplicate === true)
  if (body.case === 'acknowledged') {
    const writing = begin(numberSize(frame.request, request) + bytesSize(frame.acknowledged, 0))
    writeNumber(writing, frame.request, request)
    writeHead(writing, frame.acknowledged, 0)
    return writing.out
  }
  return encodeRelayFrame(request, body)
}

function writeAccepted(request: number, time: number, duplicate: boolean): Uint8Array {
  const size = numberSize(accepted.time, time) + numberSize(accepted.duplicate, Number(duplicate))
  const writing = begin(numberSize(frame.request, request) + bytesSize(frame.accepted, size))
  writeNumber(writing, frame.request, request)
  writeHead(writing, frame.accepted, size)
  writeNumber(writing, accepted.time, time)
  writeNumber(writing, accepted.duplicate, Number(duplicate))
  return writing.out
}

export function writeDeliver(held: readonly HeldEnvelope[]): Uint8Array {
  const sizes = held.map(envelopeSize)
  const size = sizes.reduce((sum, each) => sum + bytesSize(envelopes, each), 0)
  const writing = begin(bytesSize(frame.deliver, size))
  writeHead(writing, frame.deliver, size)
  for (const [index, each] of held.entries()) {
    writeHead(writing, envelopes, sizes[index] ?? 0)
    writeNumber(writing, envelope.position, each.position)
    writeBytes(writing, envelope.submission, each.submission)
    writeBytes(writing, envelope.sender, each.sender)
    writeNumber(writing, envelope.senderDevice, each.senderDevice)
    writeNumber(writing, envelope.type, each.type)
    writeBytes(writing, envelope.content, each.content)
    writeNumber(writing, envelope.time, each.takenAt)
  }
  return writing.out
}

function envelopeSize({ position, submission, sender, senderDevice, type, content, takenAt }: HeldEnvelope): number {
  return (
    numberSize(envelope.position, position) +
    bytesSize(envelope.submission, submission.length) +
    bytesSize(envelope.sender, sender.length) +
    numberSize(envelope.senderDevice, senderDevice) +
    numberSize(envelope.type, type) +
    bytesSize(envelope.content, content.length) +
    numberSize(envelope.time, takenAt)
  )
}

// --- The encoding: https://protobuf.dev/programming-guides/encoding/ ---

interface Writing {
  readonly out: Buffer
  at: number
}

function begin(size: number): Writing {
  return { out: Buffer.allocUnsafe(size), at: 0 }
}

function tag({ number }: { number: number }, wireType: number): number {
  return (number << 3) | wireType
}

/** A number that is 0 is not written. */
function numberSize(tag: number, value: number): number {
  return value === 0 ? 0 : varintSize(tag) + varintSize(value)
}

function bytesSize(tag: number, length: number): number {
  return varintSize(tag) + varintSize(length) + length
}

function varintSize(value: number): number {
  let size = 1
  for (let left = value; left >= 0x80; left = Math.floor(left / 0x80)) size += 1
  return size
}

function writeNumber(writing: Writing, tag: number, value: number): void {
  if (value === 0) return
  writeVarint(writing, tag)
  writeVarint(writing, value)
}

function writeBytes(writing: Writing, tag: number, bytes: Uint8Array): void {
  writeHead(writing, tag, bytes.length)
  writing.out.set(bytes, writing.at)
  writing.at += bytes.length
}

function writeHead(writing: Writing, tag: number, length: number): void {
  writeVarint(writing, tag)
  writeVarint(writing, length)
}

function writeVarint(writing: Writing, value: number): void {
  let left = value
  for (; left >= 0x80; left = Math.floor(left / 0x80)) writing.out[writing.at++] = (left % 0x80) | 0x80
  writing.out[writing.at++] = left
}
