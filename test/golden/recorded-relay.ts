// A relay of which there is only a recording: to each kind of request it says what a relay of version 1 said to it.

import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type WebSocket, WebSocketServer } from 'ws'
import type { RelayAddress } from '../../src/engine/ports.ts'
import { decodeClientFrame, decodeRelayFrame } from '../../src/protocol/frames.ts'
import type { ClientFrame } from '../../src/protocol/generated/relay_pb.ts'
import { FRAMES_V1, type RecordedConversation } from './golden.ts'

type Asked = NonNullable<ClientFrame['body']['case']>

export interface RecordedRelay {
  address(): RelayAddress
  /** What it was asked, in order. */
  readonly asked: Asked[]
  /** Changes what is said from now on, before it leaves. */
  alter(change: (bytes: Buffer, asked: Asked | undefined) => Buffer): void
  /** To whoever is connected, as it is. */
  push(bytes: Uint8Array): void
  close(): Promise<void>
}

export async function openRecordedRelay(): Promise<RecordedRelay> {
  const answers = firstAnswers()
  const caughtUp = readFileSync(join(FRAMES_V1, 'relay/caught_up.bin'))
  const asked: Asked[] = []
  let change = (bytes: Buffer, _asked: Asked | undefined): Buffer => bytes
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await new Promise((resolve) => server.once('listening', resolve))
  server.on('connection', (socket: WebSocket) => {
    socket.on('message', (message: Buffer) => {
      const frame = decodeClientFrame(message)
      const kind = frame?.body.case
      if (frame === undefined || kind === undefined) throw new Error('asked for what is no frame')
      asked.push(kind)
      const answer = answers.get(kind)
      if (answer === undefined) throw new Error(`nobody ever asked for ${kind}`)
      socket.send(change(underRequest(frame.request, answer), kind))
      if (kind === 'register' || kind === 'authenticate') socket.send(change(underRequest(0, caughtUp), undefined))
    })
  })
  return {
    address: () => ({ url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    asked,
    alter: (next) => {
      change = next
    },
    push: (bytes) => {
      for (const socket of server.clients) socket.send(bytes)
    },
    close: async () => {
      for (const socket of server.clients) socket.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The first answer to each kind of request, as bytes. */
function firstAnswers(): Map<Asked, Buffer> {
  const { steps }: RecordedConversation = JSON.parse(readFileSync(join(FRAMES_V1, 'conversation.json'), 'utf8'))
  const open = new Map<string, Asked>()
  const answers = new Map<Asked, Buffer>()
  for (const step of steps) {
    if ('says' in step) {
      const frame = decodeClientFrame(Buffer.from(step.says, 'base64'))
      if (frame?.body.case !== undefined) open.set(`${step.who} ${frame.request}`, frame.body.case)
    }
    if ('hears' in step) {
      const bytes = Buffer.from(step.hears, 'base64')
      const kind = open.get(`${step.who} ${decodeRelayFrame(bytes)?.request}`)
      if (kind !== undefined && !answers.has(kind)) answers.set(kind, bytes)
    }
  }
  return answers
}

/** The very bytes behind another request id, which is the first field; 0 is not written. */
function underRequest(request: number, bytes: Buffer): Buffer {
  const body = bytes[0] === 0x08 ? bytes.subarray(1 + varint(decodeRelayFrame(bytes)?.request ?? 0).length) : bytes
  return request === 0 ? body : Buffer.concat([Uint8Array.of(0x08), varint(request), body])
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let left = value
  while (left > 0x7f) {
    bytes.push((left & 0x7f) | 0x80)
    left >>>= 7
  }
  return Uint8Array.from([...bytes, left])
}
