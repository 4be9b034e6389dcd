// What the relay may ask of the world. Shaped like the engine's ports, so that one host serves both.

import type { Instant } from '../shared/ids.ts'
import type { CrashPoint } from './crash-points.ts'

export interface Clock {
  /** Wall clock. May jump: never measure with it. */
  now(): Instant
  /** Milliseconds that only grow. */
  monotonic(): number
  /** Runs once after so many milliseconds, never at once. Returns how to call it off. */
  after(milliseconds: number, run: () => void): () => void
}

export interface Random {
  /** From the system's generator. */
  bytes(count: number): Uint8Array<ArrayBuffer>
}

export type LogFields = Readonly<Record<string, string | number | boolean>>

/** Events and numbers of connections; never an account, a name, a key or an address. */
export interface Log {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

/** Whether the key (33 bytes, as libsignal serialises it) made the signature (XEdDSA, 64 bytes). Never throws. */
export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

/** Told at every point where being killed must lose nothing. Tests kill there; in earnest it does nothing. */
export type Crash = (point: CrashPoint) => void
