// The frames that go to and fro with every message, read and written by hand: at that rate, generated code takes a fifth of a relay's
// time. test/relay/frequent-frames.test.ts compares each with what the generated code makes of the same.

import { encodeRelayFrame, type RelayBody } from '../protocol/frames.ts'
import {
  AcceptedSchema,
  AcknowledgeSchema,
  type ClientFrame,
  ClientFrameSchema,
  DeliverSchema,
  type EnvelopeType,
  IncomingEnvelopeSchema,
  type OutgoingEnvelope,
  OutgoingEnvelopeSchema,
  RelayFrameSchema,
  type Submit,
  SubmitSchema,
} from '../protocol/generated/relay_pb.ts'
import { MAX_FRAME_BYTES } from '../protocol/limits.ts'
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

type Fields<Message> = Omit<Message, '$typeName' | '$unknown'>

export type SubmitFields = Omit<Fields<Submit>, 'envelopes'> & { envelopes: readonly Fields<OutgoingEnvelope>[] }
export interface AcknowledgeFields {
  positions: readonly (number | bigint)[]
}

export type FrequentBody = { case: 'submit'; value: SubmitFields } | { case: 'acknowledge'; value: AcknowledgeFields }

/** What a frame may be about, whoever read it. */
export type AskedBody = FrequentBody | Exclude<ClientFrame['body'], { case: FrequentBody['case'] }>

export interface FrequentFrame {
  request: number
  body: FrequentBody
}

const asked = {
  request: tag(ClientFrameSchema.field.request, VARINT),
  submit: tag(ClientFrameSchema.field.submit, LENGTH),
  acknowledge: tag(ClientFrameSchema.field.acknowledge, LENGTH),
  positions: tag(AcknowledgeSchema.field.positions, LENGTH),
}
const submitted = {
  submission: tag(SubmitSchema.field.submission, LENGTH),
  recipient: tag(SubmitSchema.field.recipient, LENGTH),
  envelopes: tag(SubmitSchema.field.envelopes, LENGTH),
  ephemeral: tag(SubmitSchema.field.ephemeral, VARINT),
  partial: tag(SubmitSchema.field.partial, VARINT),
}
const outgoing = {
  device: tag(OutgoingEnvelopeSchema.field.device, VARINT),
  registrationId: tag(OutgoingEnvelopeSchema.field.registrationId, VARINT),
  type: tag(OutgoingEnvelopeSchema.field.type, VARINT),
  content: tag(OutgoingEnvelopeSchema.field.content, LENGTH),
}

/**
 * Undefined: another frame, or one whose fields are not each there at most once and in their order, which is for the generated code
 * to read. Never throws, and believes no length.
 */
export function readFrequent(bytes: Uint8Array): FrequentFrame | undefined {
  if (bytes.length > MAX_FRAME_BYTES) return undefined
  const reading: Reading = { bytes, at: 0 }
  const request = readNumber(reading, asked.request)
  const kind = readVarint(reading)
  if (!(request > 0) || request > 0xffffffff || (kind !== asked.submit && kind !== asked.acknowledge)) return undefined
  if (readVarint(reading) !== bytes.length - reading.at) return undefined
  const body = kind === asked.submit ? readSubmit(reading) : readAcknowledge(reading)
  return body && { request, body }
}

function readSubmit(reading: Reading): FrequentBody | undefined {
  const submission = readBytes(reading, submitted.submission)
  const recipient = readBytes(reading, submitted.recipient)
  const envelopes: Fields<OutgoingEnvelope>[] = []
  while (reading.bytes[reading.at] === submitted.envelopes) {
    const envelope = readOutgoing(reading)
    if (envelope === undefined) return undefined
    envelopes.push(envelope)
  }
  const ephemeral = readNumber(reading, submitted.ephemeral)
  const partial = readNumber(reading, submitted.partial)
  if (!isWhole(reading) || !(ephemeral <= 1) || !(partial <= 1) || !submission || !recipient) return undefined
  const flags = { ephemeral: ephemeral === 1, partial: partial === 1 }
  return { case: 'submit', value: { submission, recipient, envelopes, ...flags, deliverAfterMs: 0n } }
}

function readOutgoing(reading: Reading): Fields<OutgoingEnvelope> | undefined {
  reading.at += 1
  const length = readVarint(reading)
  const end = reading.at + length
  const device = readNumber(reading, outgoing.device)
  const registrationId = readNumber(reading, outgoing.registrationId)
  const type = readNumber(reading, outgoing.type)
  const content = readBytes(reading, outgoing.content)
  if (reading.at !== end || !(device <= 0xffffffff) || !(registrationId <= 0xffffffff)) return undefined
  if (!(type <= 0x7fffffff) || content === undefined) return undefined
  return { device, registrationId, type: type as EnvelopeType, content }
}

function readAcknowledge(reading: Reading): FrequentBody | undefined {
  const positions: number[] = []
  if (!isWhole(reading)) {
    if (readVarint(reading) !== asked.positions) return undefined
    if (readVarint(reading) !== reading.bytes.length - reading.at) return undefined
    while (!isWhole(reading)) {
      const position = readVarint(reading)
      if (Number.isNaN(position)) return undefined
      positions.push(position)
    }
  }
  return { case: 'acknowledge', value: { positions } }
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

interface Reading {
  readonly bytes: Uint8Array
  at: number
}

/** Seven bits each: what is longer is no number that JavaScript holds exactly. */
const LONGEST_VARINT = 7

/** NaN: none, or a longer one. */
function readVarint(reading: Reading): number {
  let value = 0
  let scale = 1
  for (let length = 0; length < LONGEST_VARINT; length++) {
    const byte = reading.bytes[reading.at]
    if (byte === undefined) return Number.NaN
    reading.at += 1
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value
    scale *= 0x80
  }
  return Number.NaN
}

/** 0, if the next field is another one. Tags of up to 15 fields are one byte. */
function readNumber(reading: Reading, tag: number): number {
  if (reading.bytes[reading.at] !== tag) return 0
  reading.at += 1
  return readVarint(reading)
}

/** None, if the next field is another one; undefined, if they are not all there. */
function readBytes(reading: Reading, tag: number): Uint8Array | undefined {
  if (reading.bytes[reading.at] !== tag) return NOTHING
  reading.at += 1
  const length = readVarint(reading)
  const end = reading.at + length
  if (!(end <= reading.bytes.length)) return undefined
  const found = reading.bytes.subarray(reading.at, end)
  reading.at = end
  return found
}

function isWhole({ bytes, at }: Reading): boolean {
  return at === bytes.length
}

const NOTHING = new Uint8Array(0)

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
