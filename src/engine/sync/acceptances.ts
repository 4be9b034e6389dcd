// What the relay has accepted and is not noted yet: several notes are one commit. A crash before it costs nothing: what is
// submitted again is accepted again [P51].

import type { AccountId, Instant } from '../../shared/ids.ts'
import type { CrashPoint } from '../crash-points.ts'
import { promiseCopy, type TellNeeds } from '../devices/tell.ts'
import { advanceDelivery } from '../storage/messages.ts'
import { markAccepted, type OutboxRow } from '../storage/outbox.ts'
import { Touched } from '../touched.ts'

export interface AcceptancesNeeds extends TellNeeds {
  tell(touched: Touched): void
  crash(point: CrashPoint): void
  /** Something for the own devices was promised [P91]. */
  copied(): void
}

export interface Acceptances {
  note(row: OutboxRow, at: Instant): void
  /** The id of the last of them that was accepted, 0 if all is noted: the next to leave comes after it. */
  last(recipient: AccountId): number
  write(): void
}

/** Notes in one commit, at most; and how long the first may wait for more, in milliseconds: a person waits for the tick. */
const MOST = 64
const LONGEST = 100

export function createAcceptances(needs: AcceptancesNeeds): Acceptances {
  const { sql, clock, tell, crash } = needs
  let notes: { row: OutboxRow; at: Instant }[] = []
  const last = new Map<AccountId, number>()
  let since = 0

  function write(): void {
    if (notes.length === 0) return
    const written = notes
    // If they cannot be written they are submitted again, and accepted again.
    notes = []
    last.clear()
    const touched = new Touched()
    let isCopied = false
    sql.transaction(() => {
      for (const { row, at } of written) {
        markAccepted(sql, row)
        if (row.message !== null) touched.message(advanceDelivery(sql, row.message, 'sent', at))
        if (promiseCopy(needs, row)) isCopied = true
      }
    })
    crash('outbox.settled')
    tell(touched)
    if (isCopied) needs.copied()
  }

  return {
    note(row, at) {
      if (notes.length === 0) since = clock.monotonic()
      notes.push({ row, at })
      last.set(row.recipient, row.id)
      if (notes.length >= MOST || clock.monotonic() - since >= LONGEST) write()
    },
    last: (recipient) => last.get(recipient) ?? 0,
    write,
  }
}
