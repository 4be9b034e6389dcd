// What was published and is not noted yet.

import type { GroupId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Clock } from '../ports.ts'
import { dropFromGroupOutbox, type GroupOutboxRow } from '../storage/group-outbox.ts'
import { advanceDelivery } from '../storage/messages.ts'
import { createNoteBatch, type NoteBatch } from '../sync/note-batch.ts'
import { Touched } from '../touched.ts'

export type Published = NoteBatch<GroupOutboxRow, GroupId>

export function createPublished(needs: { sql: Sql; clock: Clock; tell(touched: Touched): void }): Published {
  const { sql, clock } = needs
  return createNoteBatch(
    clock,
    (row: GroupOutboxRow) => row.group_id,
    (notes) => {
      const touched = new Touched()
      sql.transaction(() => {
        for (const { row, at } of notes) {
          dropFromGroupOutbox(sql, row.group_id, row.message)
          touched.message(advanceDelivery(sql, row.message, 'sent', at))
        }
      })
      needs.tell(touched)
    },
  )
}
