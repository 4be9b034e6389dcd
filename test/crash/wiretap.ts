// A wiretap between devices and relay: passes every frame on, and takes note of what must never be seen twice.

import { createHash } from 'node:crypto'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import { fromBinary } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { PreKeySignalMessage, SenderKeyMessage, SignalMessage } from '@signalapp/libsignal-client'
import { WebSocket, WebSocketServer } from 'ws'
import { decodeClientFrame, decodeRelayFrame } from '../../src/protocol/frames.ts'
import { GroupEnvelopeSchema } from '../../src/protocol/generated/group_pb.ts'
import { EnvelopeType, StreamKind } from '../../src/protocol/generated/relay_pb.ts'

export interface Wiretap {
  url: string
  /** Ciphertexts that were handed in, each counted once. */
  ciphertexts(): number
  /** One-time prekeys that were handed out. */
  prekeys(): number
  /** What was seen twice and never should be, in words. */
  violations: string[]
  close(): Promise<void>
}

/** `relay` answers where the relay is now; undefined while it is down. */
export async function openWiretap(relay: () => string | undefined): Promise<Wiretap> {
  const violations: string[] = []
  /** The ciphertext under each message key, which the ratchet key and the counter name. */
  const underKey = new Map<string, string>()
  const handedOut = new Set<string>()

  function hearDevice(bytes: Uint8Array): void {
    const body = decodeClientFrame(bytes)?.body
    if (body?.case === 'publish' && body.value.kind === StreamKind.SEALED)
      note(groupKey(body.value.content), body.value.content)
    if (body?.case !== 'submit') return
    for (const { type, content } of body.value.envelopes) {
      if (type !== EnvelopeType.MESSAGE && type !== EnvelopeType.PREKEY) continue
      note(messageKey(type, content), content)
    }
  }

  function note(key: string, content: Uint8Array): void {
    const ciphertext = digest(content)
    if ((underKey.get(key) ?? ciphertext) !== ciphertext) violations.push(`message key ${key} was used twice`)
    underKey.set(key, ciphertext)
  }

  function hearRelay(bytes: Uint8Array): void {
    const body = decodeRelayFrame(bytes)?.body
    if (body?.case !== 'keyBundles') return
    const owner = digest(body.value.identityKey)
    for (const { device, oneTimeEc } of body.value.bundles) {
      if (oneTimeEc === undefined) continue
      const prekey = `${owner}.${device}.${oneTimeEc.id}`
      if (handedOut.has(prekey)) violations.push(`one-time prekey ${prekey} was handed out twice`)
      handedOut.add(prekey)
    }
  }

  /** Blobs, which are nobody's secret: as they are, and broken where the relay breaks them. */
  const http = createServer((asked, answer) => {
    const url = relay()
    if (url === undefined) return void asked.socket.destroy()
    const there = new URL(asked.url ?? '/', url.replace(/^ws/, 'http'))
    const headers = { ...asked.headers, host: there.host }
    const passed = request(there, { method: asked.method, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers)
      pipeline(answered, answer, () => undefined)
    })
    pipeline(asked, passed, (error) => {
      if (error) asked.socket.destroy()
    })
  })
  const server = new WebSocketServer({ server: http, perMessageDeflate: false })
  await new Promise<void>((resolve) => http.listen({ host: '127.0.0.1', port: 0 }, resolve))
  server.on('connection', (device) => {
    const url = relay()
    if (url === undefined) return device.terminate()
    join(device, new WebSocket(url, { perMessageDeflate: false }), hearDevice, hearRelay)
  })
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    ciphertexts: () => underKey.size,
    prekeys: () => handedOut.size,
    violations,
    close: () =>
      new Promise((resolve) => {
        for (const device of server.clients) device.terminate()
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}

type Ear = (bytes: Uint8Array) => void

/** Two sockets as one line: what goes in at one end comes out at the other, and they end together. */
function join(device: WebSocket, relay: WebSocket, hearDevice: Ear, hearRelay: Ear): void {
  const early: Buffer[] = []
  device.on('message', (bytes: Buffer) => {
    if (relay.readyState === WebSocket.CONNECTING) early.push(bytes)
    else {
      hearDevice(bytes)
      relay.send(bytes)
    }
  })
  relay.on('open', () => {
    for (const bytes of early) relay.send(bytes)
  })
  relay.on('message', (bytes: Buffer) => {
    hearRelay(bytes)
    device.send(bytes)
  })
  // An error is followed by a close.
  for (const socket of [device, relay]) socket.on('error', () => undefined)
  device.on('close', () => relay.terminate())
  relay.on('close', () => device.terminate())
}

/** The sender's ratchet key and the counter: libsignal derives one message key from each such pair. */
function messageKey(type: EnvelopeType, content: Uint8Array): string {
  const bytes = new Uint8Array(content)
  const message = SignalMessage.deserialize(type === EnvelopeType.PREKEY ? innerMessage(bytes) : bytes)
  const ratchetKey = field(message.serialize(), 1)
  if (ratchetKey === undefined) throw new Error('a SignalMessage without ratchet key')
  return `${Buffer.from(ratchetKey).toString('hex')} ${message.counter()}`
}

/** A session of a group and the iteration: libsignal derives one message key from each such pair. */
function groupKey(content: Uint8Array): string {
  const sealed = fromBinary(GroupEnvelopeSchema, content).data?.ciphertext ?? new Uint8Array()
  const message = SenderKeyMessage.deserialize(new Uint8Array(sealed))
  return `${message.distributionId()} ${message.iteration()}`
}

/** The SignalMessage in a PreKeySignalMessage. */
function innerMessage(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const inner = field(PreKeySignalMessage.deserialize(bytes).serialize(), 4)
  if (inner === undefined) throw new Error('a PreKeySignalMessage without message')
  return new Uint8Array(inner)
}

/** A field of bytes, which libsignal's types do not show. Behind the version byte both messages are protobuf. */
function field(message: Uint8Array, wanted: number): Uint8Array | undefined {
  const reader = new BinaryReader(message.subarray(1))
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (number === wanted && type === WireType.LengthDelimited) return reader.bytes()
    reader.skip(type, number)
  }
  return undefined
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32)
}
