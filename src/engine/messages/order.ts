// Where an incoming content belongs: the next of its chain, past a gap, late, or nothing new.

import type { Sql } from '../../shared/sql.ts'
import { sameBytes } from '../signal/bytes.ts'
import { addMissing, takeMissing } from '../storage/chains.ts'
import type { ReadContent } from './content.ts'
import type { IncomingChains } from './incoming-chains.ts'

/** More than this at once is no gap to be filled one by one: it is noted as one, and what is in it stays away. */
const MAX_MISSING = 2_000

export type Order =
  | { is: 'next'; forked: boolean }
  /** These before it are missing now, both included. */
  | { is: 'after-gap'; from: number; to: number }
  /** It was missing. */
  | { is: 'late' }
  | { is: 'again' }
  | { is: 'uncounted' }

/**
 * [P44–P46] Decides and takes note, in the transaction that stores the content.
 * @param linked this device was added later: what others numbered before it was there was for the devices before it.
 */
export function takeInOrder(sql: Sql, chains: IncomingChains, content: ReadContent, linked = false): Order {
  const { sequence } = content
  const from = { account: content.sender, device: content.device, registrationId: content.registrationId }
  if (sequence === 0) return { is: 'uncounted' }
  const last = chains.last(from)
  if (linked && last.sequence === 0 && sequence > 1) {
    chains.set(from, { sequence, hash: content.hash })
    return { is: 'next', forked: false }
  }
  if (sequence === last.sequence + 1) {
    chains.set(from, { sequence, hash: content.hash })
    return { is: 'next', forked: !sameBytes(content.previous, last.hash) }
  }
  if (sequence > last.sequence) {
    const first = last.sequence + 1
    const to = sequence - 1
    addMissing(sql, from, Math.max(first, to - MAX_MISSING + 1), to)
    chains.set(from, { sequence, hash: content.hash })
    return { is: 'after-gap', from: first, to }
  }
  return takeMissing(sql, from, sequence) ? { is: 'late' } : { is: 'again' }
}
