// What all members of a group may read besides its messages: titles, avatars, the secret of its link. AES-256-GCM-SIV under
// a key that is named by its hash, so that nobody can give out another one for it.

import { create } from '@bufbuild/protobuf'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { Aes256GcmSiv, hkdf, LibSignalErrorBase } from '@signalapp/libsignal-client'
import { Algorithm, type EncryptedData, EncryptedDataSchema } from '../../protocol/generated/group_pb.ts'
import { labelled } from '../../protocol/signed.ts'
import { type GroupId, uuidToBytes } from '../../shared/ids.ts'
import type { Random } from '../ports.ts'
import { owned, sameBytes } from './bytes.ts'

export const DETAILS_KEY_BYTES = 32
const NONCE_BYTES = 12

/** What is sealed: bound to the ciphertext, so that one cannot stand in for another. */
export type Sealable = 'details' | 'profile' | 'link' | 'join-note'

export function detailsKeyId(key: Uint8Array): Uint8Array<ArrayBuffer> {
  return owned(sha256(key))
}

/** [P130] The note of somebody who asks to join is for who has the link. */
export function joinNoteKey(secret: Uint8Array): Uint8Array<ArrayBuffer> {
  return hkdf(
    DETAILS_KEY_BYTES,
    owned(secret),
    utf8ToBytes('sotto group join note v1') as Uint8Array<ArrayBuffer>,
    null,
  )
}

export function sealForMembers(
  random: Random,
  key: Uint8Array,
  group: GroupId,
  what: Sealable,
  plaintext: Uint8Array,
): EncryptedData {
  const nonce = random.bytes(NONCE_BYTES)
  const sealed = Aes256GcmSiv.new(owned(key)).encrypt(owned(plaintext), nonce, boundTo(group, what))
  const ciphertext = new Uint8Array(nonce.length + sealed.length)
  ciphertext.set(nonce)
  ciphertext.set(sealed, nonce.length)
  return create(EncryptedDataSchema, {
    algorithm: Algorithm.AES_256_GCM_SIV,
    ciphertext,
    session: detailsKeyId(key),
  })
}

/** Undefined: under another key, of another group, as something else, or in an algorithm this version does not know [D3]. */
export function openForMembers(
  data: EncryptedData,
  key: Uint8Array,
  group: GroupId,
  what: Sealable,
): Uint8Array<ArrayBuffer> | undefined {
  if (data.algorithm !== Algorithm.AES_256_GCM_SIV || data.ciphertext.length < NONCE_BYTES) return undefined
  if (key.length !== DETAILS_KEY_BYTES || !sameBytes(data.session, detailsKeyId(key))) return undefined
  const nonce = owned(data.ciphertext.subarray(0, NONCE_BYTES))
  try {
    return Aes256GcmSiv.new(owned(key)).decrypt(
      owned(data.ciphertext.subarray(NONCE_BYTES)),
      nonce,
      boundTo(group, what),
    )
  } catch (error) {
    if (error instanceof LibSignalErrorBase) return undefined
    throw error
  }
}

function boundTo(group: GroupId, what: Sealable): Uint8Array<ArrayBuffer> {
  return labelled(`sotto group ${what} v1`, uuidToBytes(group))
}
