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

/** In memory: a restart counts anew. Of more mailboxes than `mostRemembered` the oldest are forgotten. */
export function createHeadWatch(mostRemembered: number): HeadWatch {
  const heads = new Map<string, { position: number; times: number }>()
  return {
    of: ({ account, device }) => {
      const key = `${account}.${device}`
      return {
        began: (position) => {
          const before = heads.get(key)
          const times = before?.position === position ? before.times + 1 : 1
          heads.delete(key)
          heads.set(key, { position, times })
          const [oldest] = heads.keys()
          if (heads.size > mostRemembered && oldest !== undefined) heads.delete(oldest)
          return times === POISON_AFTER
        },
        acknowledged: (positions) => {
          const head = heads.get(key)
          if (head !== undefined && positions.includes(head.position)) heads.delete(key)
        },
      }
    },
  }
}
