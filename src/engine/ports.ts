// All that the engine may ask of the world. A host lends it; the engine knows no other.

import type { BlobId } from '../protocol/blobs.ts'
import type { Instant } from '../shared/ids.ts'
import type { RelayPlace } from '../shared/model.ts'
import type { Sql } from '../shared/sql.ts'
import type { CrashPoint } from './crash-points.ts'

export interface Clock {
  /** Wall clock. May jump: never measure with it. */
  now(): Instant
  /** Milliseconds that only grow. */
  monotonic(): number
  /** Runs once after so many milliseconds, never at once. Returns how to call it off. */
  after(milliseconds: number, run: () => void): () => void
  /** Lets whatever else waits have its turn: between two slices of long work. */
  breathe(): Promise<void>
}

export interface Random {
  /** From the system's generator. */
  bytes(count: number): Uint8Array<ArrayBuffer>
  /** A random UUIDv4. */
  uuid(): string
  /** 0 up to but not 1; for jitter, never for keys. */
  fraction(): number
}

/** Where a relay listens now, and what lets one in, if it asks. */
export interface RelayAddress {
  url: string
  /** Sent as a bearer token when the connection is made. The bundled relay asks for it. */
  token?: string
}

/** closed: by the other side or the network · refused: could not connect · forbidden: the relay did not let us in (token, origin). */
export type WireEnd = 'closed' | 'refused' | 'forbidden'

/**
 * What a wire tells. opened once, then frames, then ended once. Nothing after ended, and nothing after close() was called:
 * an old connection is never heard in a new one.
 */
export interface WireListener {
  opened(): void
  frame(bytes: Uint8Array<ArrayBuffer>): void
  ended(why: WireEnd): void
}

export interface WireConnection {
  /** One binary message. Frames sent after the end are dropped: what matters is kept until it is acknowledged. */
  send(frame: Uint8Array): void
  close(): void
}

/** The network: a WebSocket client. It notices by itself within 45 s when the other side is silent, and ends. */
export interface Wire {
  connect(address: RelayAddress, listener: WireListener): WireConnection
}

/** What an AbortSignal is to whoever listens to it. */
export interface Cancellation {
  readonly aborted: boolean
  addEventListener(event: 'abort', run: () => void): void
  removeEventListener(event: 'abort', run: () => void): void
}

/**
 * no-such-blob: expired, forgotten or never there · spoiled: not the bytes that were announced · refused: asking again
 * would change nothing · interrupted: the network, a relay in trouble, or an offset that has moved; try again, at the
 * earliest after so many milliseconds.
 */
export type TransferFailure =
  | { ok: false; why: 'no-such-blob' | 'spoiled' | 'refused' }
  | { ok: false; why: 'interrupted'; retryAfter?: number }

/** What lets one write to a blob, as the relay gave it. */
export interface UploadRight {
  blob: BlobId
  token: Uint8Array
}

/** Sealed bytes over HTTP, to the relay and back: one request at a time, and no second try. */
export interface BlobTransfer {
  /** How many bytes the relay has. */
  held(relay: RelayAddress, upload: UploadRight): Promise<{ ok: true; held: number } | TransferFailure>
  /** So many bytes, to go behind the `from` that the relay has. How many it has then. Rejects if reading them does. */
  send(
    relay: RelayAddress,
    upload: UploadRight,
    bytes: { from: number; count: number; read: AsyncIterable<Uint8Array> },
    cancellation?: Cancellation,
  ): Promise<{ ok: true; held: number } | TransferFailure>
  /** From there to the end. The size is that of the whole blob. Iterating throws when the connection breaks. */
  fetch(
    relay: RelayAddress,
    blob: BlobId,
    from: number,
    cancellation?: Cancellation,
  ): Promise<{ ok: true; size: number; bytes: AsyncIterable<Uint8Array> } | TransferFailure>
  forget(relay: RelayAddress, upload: UploadRight): Promise<{ ok: true } | TransferFailure>
}

export type LogFields = Readonly<Record<string, string | number | boolean>>

/** Events and ids, never content, names or keys. error: our own mistakes; warn: the world's. */
export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

/**
 * A number beside the database, in the keychain. It only grows: a database that knows a smaller one was put back from a
 * copy.
 */
export interface Generation {
  /** Undefined: none was written yet. Rejects when the keychain does not answer. */
  read(): Promise<number | undefined>
  write(generation: number): Promise<void>
}

export interface Ports {
  sql: Sql
  wire: Wire
  blobs: BlobTransfer
  clock: Clock
  random: Random
  log: Log
  generation: Generation
  /** Called before each connection: the bundled relay may have moved. Rejects if there is none to be had now. */
  findRelay(place: RelayPlace): Promise<RelayAddress>
  /** For crash tests: called at named points between two steps that a crash may part. */
  crash?(point: CrashPoint): void
}
