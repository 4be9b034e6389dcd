// Persistence: an attempt is made again as long as each brings the transfer further, or a few in a row may yet.

import { type Answer, refuse } from '../../shared/answer.ts'
import type { Cancellation, Ports, RelayAddress, TransferFailure } from '../ports.ts'
import { createBackoff } from '../sync/backoff.ts'

/** Attempts in a row that brought nothing. */
const MOST_IN_VAIN = 6

/** done: with what was asked for · again: whatever it was that stopped it · else why there is no use in trying. */
export type Attempt<T> = { done: T } | { again: TransferFailure } | { failed: Answer<never> }

/** `progress` tells how far it is, in bytes. */
export async function persist<T>(
  { clock, random, findRelay }: Pick<Ports, 'clock' | 'random'> & { findRelay(): Promise<RelayAddress> },
  progress: () => number,
  cancellation: Cancellation | undefined,
  attempt: (relay: RelayAddress) => Promise<Attempt<T>>,
): Promise<Answer<T>> {
  const backoff = createBackoff(random)
  let inVain = 0
  for (;;) {
    if (cancellation?.aborted) return refuse('cancelled')
    const before = progress()
    const relay = await findRelay().catch(() => undefined)
    const made: Attempt<T> = relay === undefined ? { again: INTERRUPTED } : await attempt(relay)
    if ('done' in made) return { ok: true, value: made.done }
    if ('failed' in made) return made.failed
    if (cancellation?.aborted) return refuse('cancelled')
    if (made.again.why !== 'interrupted') return refuse(CODES[made.again.why])
    if (progress() > before) {
      inVain = 0
      backoff.reset()
    }
    inVain += 1
    if (inVain >= MOST_IN_VAIN) return refuse('not-connected')
    await pause(clock, Math.max(backoff.next(), made.again.retryAfter ?? 0), cancellation)
  }
}

const INTERRUPTED: TransferFailure = { ok: false, why: 'interrupted' }

const CODES = {
  'no-such-blob': 'no-such-attachment',
  spoiled: 'attachment-spoiled',
  refused: 'relay-refused',
} as const

function pause(clock: Ports['clock'], milliseconds: number, cancellation: Cancellation | undefined): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      callOff()
      cancellation?.removeEventListener('abort', over)
      resolve()
    }
    const callOff = clock.after(milliseconds, over)
    cancellation?.addEventListener('abort', over)
  })
}
