// Makes a restored file safe to go on with. ../restored.ts has why.

import type { Sql } from '../../../shared/sql.ts'
import { POSITIONS_SKIPPED } from '../restored.ts'

export function settleRestored(sql: Sql): void {
  sql.transaction(() => {
    for (const table of ['one_time_prekeys', 'invitations', 'rendezvous']) sql.run(`DELETE FROM ${table}`)
    sql.run('UPDATE mailboxes SET positions_up_to = positions_up_to + ?', [POSITIONS_SKIPPED])
    sql.run('UPDATE streams SET last_position = last_position + ?', [POSITIONS_SKIPPED])
  })
}
