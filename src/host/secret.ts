// A secret as a thing: bytes that cannot be printed, logged, sent, cloned or compared by accident.

import { timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

const HIDDEN = '[secret]'

export class Secret {
  readonly #bytes: Uint8Array<ArrayBuffer>

  /** Takes the bytes over: the caller keeps no other reference to them. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes
  }

  get length(): number {
    return this.#bytes.length
  }

  /** Lends the bytes for the time of a synchronous call. What work makes of them is a secret too. */
  use<T>(work: (bytes: Uint8Array<ArrayBuffer>) => T): T {
    return work(this.#bytes)
  }

  /** In a time that depends on the length only. */
  equals(other: Secret): boolean {
    return this.length === other.length && timingSafeEqual(this.#bytes, other.#bytes)
  }

  /** Overwrites the bytes. Copies that the runtime made of them are out of reach. */
  forget(): void {
    this.#bytes.fill(0)
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}
