// Poison: an envelope at the head of a mailbox that its device is sent again at every connection and never acknowledges,
// because it dies of it or cannot store it. What is behind it arrives all the same; somebody should know.

import type { Mailbox } from './store.ts'

/** Connections in a row that began with the same envelope, at which it counts as poison. */
export const POISON_AFTER = 5

export interface HeadWatch {
  of(mailbox: Mailbox): MailboxHead
}

export interface MailboxHead {
  /** A connection begins with the envelope at this position. True once for each envelope: now it counts as poison. */
  began(position: number): boolean
  acknowledged(positions: readonly number[]): void
}

interface Head {
  position: number
  times: number
}

/** In memory: a restart counts anew. Of more mailboxes than `mostRemembered` the oldest are forgotten. */
export function createHeadWatch(mostRemembered: number): HeadWatch {
  const heads = new Map<string, Head>()
  return { of: ({ account, device }) => new RememberedHead(heads, mostRemembered, `${account}.${device}`) }
}

/** One for each connection: small. */
class RememberedHead implements MailboxHead {
  readonly #heads: Map<string, Head>
  readonly #most: number
  readonly #key: string

  constructor(heads: Map<string, Head>, most: number, key: string) {
    this.#heads = heads
    this.#most = most
    this.#key = key
  }

  began(position: number): boolean {
    const before = this.#heads.get(this.#key)
    const times = before?.position === position ? before.times + 1 : 1
    this.#heads.delete(this.#key)
    this.#heads.set(this.#key, { position, times })
    const [oldest] = this.#heads.keys()
    if (this.#heads.size > this.#most && oldest !== undefined) this.#heads.delete(oldest)
    return times === POISON_AFTER
  }

  acknowledged(positions: readonly number[]): void {
    const head = this.#heads.get(this.#key)
    if (head !== undefined && positions.includes(head.position)) this.#heads.delete(this.#key)
  }
}
