// Groups that are to be marked for a device of this account that is gone, until they are [G4].

import type { GroupId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

/** All that this account is a member of. */
export function planToMarkAll(sql: Sql): void {
  sql.run("INSERT INTO groups_to_mark SELECT group_id FROM groups WHERE standing = 'member' ON CONFLICT DO NOTHING")
}

export function groupsToMark(sql: Sql): GroupId[] {
  return sql.all<{ group_id: GroupId }>('SELECT group_id FROM groups_to_mark').map((row) => row.group_id)
}

export function dropToMark(sql: Sql, group: GroupId): void {
  sql.run('DELETE FROM groups_to_mark WHERE group_id = ?', [group])
}
