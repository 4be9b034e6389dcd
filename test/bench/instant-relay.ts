// A relay without a network or a disk, in the process that is measured: it answers at once, and costs next to nothing.

import { BinaryReader } from '@bufbuild/protobuf/wire'
import type { Wire, WireListener } from '../../src/engine/ports.ts'
import { type ClientBody, decodeClientFrame, encodeRelayFrame, type RelayBody } from '../../src/protocol/frames.ts'
import { type ClientFrame, Reason } from '../../src/protocol/generated/relay_pb.ts'

export interface InstantRelay extends Wire {
  /** Frames of submissions as they came, if they are to be kept. */
  submissions: Uint8Array[]
  /** Called with the number of envelopes that an acknowledgement was for. */
  onAcknowledged(count: number): void
  push(frame: Uint8Array<ArrayBuffer> | undefined): void
  /** Takes what is submitted, and does not answer until it is let go. */
  hold(): void
  letGo(): void
}

export const SUBMIT = 9
const ACKNOWLEDGE = 10

export function createInstantRelay({ keepSubmissions }: { keepSubmissions: boolean }): InstantRelay {
  let listener: WireListener | undefined
  let held: number[] | undefined
  const submissions: Uint8Array[] = []

  const answer = (request: number, body: RelayBody) => listener?.frame(encodeRelayFrame(request, body))
  const accept = (request: number) => answer(request, { case: 'accepted', value: { timeMs: BigInt(Date.now()) } })

  function hear(bytes: Uint8Array): void {
    const { request, kind } = headOf(bytes)
    if (kind === SUBMIT) {
      if (keepSubmissions) submissions.push(bytes)
      if (held !== undefined) {
        held.push(request)
        return
      }
      accept(request)
      return
    }
    const body = decodeClientFrame(bytes)?.body
    if (kind === ACKNOWLEDGE && body?.case === 'acknowledge') relay.onAcknowledged(body.value.positions.length)
    const answered = answerTo(body?.case)
    if (answered === undefined) throw new Error(`the bench has no answer to ${body?.case}`)
    answer(request, answered)
    if (answered.case === 'authenticated') answer(0, { case: 'caughtUp', value: {} })
  }

  const relay: InstantRelay = {
    submissions,
    onAcknowledged: () => undefined,
    push: (frame) => {
      if (frame !== undefined) listener?.frame(frame)
    },
    hold: () => {
      held = []
    },
    letGo: () => {
      const waiting = held ?? []
      held = undefined
      for (const request of waiting) accept(request)
    },
    connect: (_, heard) => {
      listener = heard
      setImmediate(() => heard.opened())
      return { send: (frame) => setImmediate(hear, frame), close: () => undefined }
    },
  }
  return relay
}

function answerTo(asked: ClientFrame['body']['case'] | ClientBody['case']): RelayBody | undefined {
  switch (asked) {
    case 'hello':
      return {
        case: 'welcome',
        value: { version: 1, relay: new Uint8Array(16), nonce: new Uint8Array(32), timeMs: BigInt(Date.now()) },
      }
    case 'authenticate':
      return { case: 'authenticated', value: {} }
    case 'announceKeys':
      return { case: 'keysNeeded', value: {} }
    case 'acknowledge':
      return { case: 'acknowledged', value: {} }
    // Asked once behind each connect, and harmless to leave open: this relay keeps no accounts.
    case 'lookUp':
      return { case: 'refused', value: { reason: Reason.TOO_MANY_REQUESTS, detail: 'later', retryAfterMs: 600_000 } }
    default:
      return undefined
  }
}

/** The request's number and which kind it is, without reading what is in it. */
export function headOf(frame: Uint8Array): { request: number; kind: number } {
  const reader = new BinaryReader(frame)
  reader.tag()
  const request = reader.uint32()
  const [kind] = reader.tag()
  return { request, kind }
}
