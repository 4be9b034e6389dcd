// A wiretap on everything that leaves a device: no message key may ever encrypt two things, or both are as good as open.

import { fromBinary } from '@bufbuild/protobuf'
import {
  CiphertextMessageType,
  DecryptionErrorMessage,
  SenderKeyMessage,
  SignalMessage,
} from '@signalapp/libsignal-client'
import type { Wire } from '../src/engine/ports.ts'
import { decodeClientFrame } from '../src/protocol/frames.ts'
import { GroupEnvelopeSchema } from '../src/protocol/generated/group_pb.ts'
import { EnvelopeType, type Publish, StreamKind } from '../src/protocol/generated/relay_pb.ts'

export interface Wiretap {
  /** The same wire, listened to. */
  on(wire: Wire): Wire
  /** How many ciphertexts left, each counted once. */
  heard(): number
  /** How many of them were for groups. */
  heardInGroups(): number
  /** Whether each of them brought a session along, in the order they left. */
  types(): ('first' | 'later')[]
  /** Throws if two different ciphertexts were made with the same key. */
  expectFreshKeys(): void
}

export function createWiretap(): Wiretap {
  const ciphertexts = new Map<string, string>()
  const groupCiphertexts = new Set<string>()
  const types: ('first' | 'later')[] = []
  let reused = 0

  function listen(frame: Uint8Array): void {
    const body = decodeClientFrame(frame)?.body
    if (body?.case === 'publish' && body.value.kind === StreamKind.SEALED) hearSealed(body.value)
    if (body?.case !== 'submit') return
    for (const { type, content } of body.value.envelopes) {
      if (type === EnvelopeType.RETRY) continue
      const key = messageKey(type, content)
      if (!ciphertexts.has(key)) types.push(type === EnvelopeType.PREKEY ? 'first' : 'later')
      note(key, content)
    }
  }

  /** The session and the iteration: together they name the key of one message of a group. */
  function hearSealed({ content }: Publish): void {
    const sealed = fromBinary(GroupEnvelopeSchema, content).data?.ciphertext ?? new Uint8Array()
    const message = SenderKeyMessage.deserialize(new Uint8Array(sealed))
    const key = `${message.distributionId()} ${message.iteration()}`
    groupCiphertexts.add(key)
    note(key, sealed)
  }

  function note(key: string, content: Uint8Array): void {
    const bytes = Buffer.from(content).toString('base64')
    if (ciphertexts.has(key) && ciphertexts.get(key) !== bytes) reused += 1
    ciphertexts.set(key, bytes)
  }

  return {
    on: (wire) => ({
      connect: (address, listener) => {
        const connection = wire.connect(address, listener)
        return {
          send: (frame) => {
            listen(frame)
            connection.send(frame)
          },
          close: () => connection.close(),
        }
      },
    }),
    heard: () => ciphertexts.size,
    heardInGroups: () => groupCiphertexts.size,
    types: () => [...types],
    expectFreshKeys() {
      if (reused > 0) throw new Error(`[P52] ${reused} ciphertexts under a message key that was used before`)
    },
  }
}

/** The ratchet key and the counter: together they name the key of one message. */
function messageKey(type: EnvelopeType, content: Uint8Array): string {
  const bytes = new Uint8Array(content)
  const kind = type === EnvelopeType.PREKEY ? CiphertextMessageType.PreKey : CiphertextMessageType.Whisper
  const ratchetKey = DecryptionErrorMessage.forOriginal(bytes, kind, 0, 1).ratchetKey()?.serialize()
  if (ratchetKey === undefined) throw new Error('a ciphertext without a ratchet key')
  const inner = type === EnvelopeType.PREKEY ? innerMessage(bytes) : bytes
  return `${Buffer.from(ratchetKey).toString('base64')} ${SignalMessage.deserialize(inner).counter()}`
}

/** Field 4 of a PreKeySignalMessage, which libsignal does not give out: past the version byte, protobuf fields. */
function innerMessage(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let at = 1
  const varint = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const value = varint()
    if (tag === ((4 << 3) | 2)) return bytes.slice(at, at + value)
    if ((tag & 7) === 2) at += value
  }
  throw new Error('a first message without a message')
}
