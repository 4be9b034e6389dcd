// The cipher for files: AES-256-GCM-SIV as libsignal has it. How a file is cut into pieces is not decided here.

import { Aes256GcmSiv } from '@signalapp/libsignal-client'
import { owned } from './bytes.ts'

export const FILE_KEY_BYTES = 32
export const NONCE_BYTES = 12
/** By how much sealed bytes are longer. */
export const TAG_BYTES = 16

export interface FileCipher {
  seal(plaintext: Uint8Array, nonce: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
  /** Undefined: not sealed under this key and nonce, or altered. */
  open(sealed: Uint8Array, nonce: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined
}

export function createFileCipher(key: Uint8Array): FileCipher {
  const cipher = Aes256GcmSiv.new(owned(key))
  const nothing = new Uint8Array(0)
  return {
    seal: (plaintext, nonce) => cipher.encrypt(owned(plaintext), nonce, nothing),
    open: (sealed, nonce) => {
      try {
        return cipher.decrypt(owned(sealed), nonce, nothing)
      } catch {
        return undefined
      }
    },
  }
}
