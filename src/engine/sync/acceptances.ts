// What the relay has accepted and is not noted yet.

import type { AccountId } from '../../shared/ids.ts'
import type { CrashPoint } from '../crash-points.ts'
import { promiseCopy, type TellNeeds } from '../devices/tell.ts'
import { advanceDelivery } from '../storage/messages.ts'
import { markAccepted, type OutboxRow } from '../storage/outbox.ts'
import { Touched } from '../touched.ts'
import { createNoteBatch, type NoteBatch } from './note-batch.ts'

export interface AcceptancesNeeds extends TellNeeds {
  tell(touched: Touched): void
  crash(point: CrashPoint): void
  /** Something for the own devices was promised [P91]. */
  copied(): void
}

export type Acceptances = NoteBatch<OutboxRow, AccountId>

export function createAcceptances(needs: AcceptancesNeeds): Acceptances {
  const { sql, clock, tell, crash } = needs
  return createNoteBatch(
    clock,
    (row: OutboxRow) => row.recipient,
    (notes) => {
      const touched = new Touched()
      let isCopied = false
      sql.transaction(() => {
        for (const { row, at } of notes) {
          markAccepted(sql, row)
          if (row.message !== null) touched.message(advanceDelivery(sql, row.message, 'sent', at))
          if (promiseCopy(needs, row)) isCopied = true
        }
      })
      crash('outbox.settled')
      tell(touched)
      if (isCopied) needs.copied()
    },
  )
}
