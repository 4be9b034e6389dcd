// "I could not open this": the request to send again, and whether it is about the session of now [P70][P71].

import { create, toBinary } from '@bufbuild/protobuf'
import {
  CiphertextMessageType,
  DecryptionErrorMessage,
  LibSignalErrorBase,
  PlaintextContent,
  type SessionRecord,
} from '@signalapp/libsignal-client'
import { RetryRequestSchema } from '../../protocol/generated/content_pb.ts'
import { EnvelopeType } from '../../protocol/generated/relay_pb.ts'
import type { DeviceId, Instant } from '../../shared/ids.ts'
import type { Address } from './address.ts'
import { owned } from './bytes.ts'

/** Without a decryption error if the bytes were no message at all: then no session is to blame. */
export function retryRequest(
  submission: Uint8Array,
  from: Address,
  type: EnvelopeType,
  bytes: Uint8Array,
  now: Instant,
): Uint8Array<ArrayBuffer> {
  const decryptionError = decryptionErrorFor(from, type, bytes, now) ?? new Uint8Array()
  return toBinary(RetryRequestSchema, create(RetryRequestSchema, { submission, decryptionError }))
}

function decryptionErrorFor(
  from: Address,
  type: EnvelopeType,
  bytes: Uint8Array,
  now: Instant,
): Uint8Array<ArrayBuffer> | undefined {
  const kind = type === EnvelopeType.PREKEY ? CiphertextMessageType.PreKey : CiphertextMessageType.Whisper
  try {
    const error = DecryptionErrorMessage.forOriginal(owned(bytes), kind, now, from.device)
    return PlaintextContent.from(error).serialize()
  } catch (error) {
    if (error instanceof LibSignalErrorBase) return undefined
    throw error
  }
}

/** Unauthenticated and in the clear: it can bring about a new session, and nothing else. */
export function isAboutSession(
  session: SessionRecord | undefined,
  ownDevice: DeviceId,
  decryptionError: Uint8Array,
): 'this' | 'other' | 'malformed' {
  let error: DecryptionErrorMessage
  try {
    const body = PlaintextContent.deserialize(owned(decryptionError)).body()
    error = DecryptionErrorMessage.extractFromSerializedBody(body)
  } catch (cause) {
    if (cause instanceof LibSignalErrorBase) return 'malformed'
    throw cause
  }
  const ratchetKey = error.ratchetKey()
  if (error.deviceId() !== ownDevice || ratchetKey === undefined) return 'other'
  return session?.currentRatchetKeyMatches(ratchetKey) === true ? 'this' : 'other'
}
