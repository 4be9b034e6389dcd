// What was published and is not noted yet: several notes are one commit. A crash before it costs nothing: what is published
// again is taken once [P121].

import type { GroupId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Clock } from '../ports.ts'
import { dropFromGroupOutbox, type GroupOutboxRow } from '../storage/group-outbox.ts'
import { advanceDelivery } from '../storage/messages.ts'
import { Touched } from '../touched.ts'

export interface Published {
  note(row: GroupOutboxRow, at: Instant): void
  /** The id of the last one that was published, 0 if all is noted: the next to leave comes after it. */
  last(group: GroupId): number
  write(): void
}

/** Notes in one commit, at most; and how long the first may wait for more, in milliseconds: a person waits for the tick. */
const MOST = 64
const LONGEST = 100

export function createPublished(needs: { sql: Sql; clock: Clock; tell(touched: Touched): void }): Published {
  const { sql, clock } = needs
  let notes: { row: GroupOutboxRow; at: Instant }[] = []
  const last = new Map<GroupId, number>()
  let since = 0

  function write(): void {
    if (notes.length === 0) return
    const written = notes
    // If they cannot be written they are published again, and taken for what they are.
    notes = []
    last.clear()
    const touched = new Touched()
    sql.transaction(() => {
      for (const { row, at } of written) {
        dropFromGroupOutbox(sql, row.group_id, row.message)
        touched.message(advanceDelivery(sql, row.message, 'sent', at))
      }
    })
    needs.tell(touched)
  }

  return {
    note(row, at) {
      if (notes.length === 0) since = clock.monotonic()
      notes.push({ row, at })
      last.set(row.group_id, row.id)
      if (notes.length >= MOST || clock.monotonic() - since >= LONGEST) write()
    },
    last: (group) => last.get(group) ?? 0,
    write,
  }
}
