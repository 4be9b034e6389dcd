// Who is to be invited into which group, until they are.

import type { HistoryGrant } from '../../protocol/groups/change.ts'
import type { AccountId, GroupId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface ToInvite {
  account: AccountId
  history: HistoryGrant
}

export function planInvitations(
  sql: Sql,
  group: GroupId,
  people: readonly AccountId[],
  history: HistoryGrant,
  dueAt: number,
): void {
  for (const account of people)
    sql.run(
      `INSERT INTO people_to_invite (group_id, account, history, due_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET history = excluded.history, due_at = excluded.due_at`,
      [group, account, JSON.stringify(history), dueAt],
    )
}

export function dropPlanned(sql: Sql, group: GroupId, account: AccountId): void {
  sql.run('DELETE FROM people_to_invite WHERE group_id = ? AND account = ?', [group, account])
}

export function countToInvite(sql: Sql, group: GroupId): number {
  return (
    sql.get<{ count: number }>('SELECT count(*) AS count FROM people_to_invite WHERE group_id = ?', [group])?.count ?? 0
  )
}

/** Of one group, as many as an entry may name. */
export function dueInvitations(sql: Sql, group: GroupId, now: Instant, limit: number): ToInvite[] {
  return sql
    .all<{ account: AccountId; history: string }>(
      'SELECT account, history FROM people_to_invite WHERE group_id = ? AND due_at <= ? ORDER BY due_at, account LIMIT ?',
      [group, now, limit],
    )
    .map(({ account, history }) => ({ account, history: JSON.parse(history) as HistoryGrant }))
}

export function groupsToInviteInto(sql: Sql, now: Instant): GroupId[] {
  return sql
    .all<{ group_id: GroupId }>('SELECT DISTINCT group_id FROM people_to_invite WHERE due_at <= ?', [now])
    .map((row) => row.group_id)
}

export function nextInvitation(sql: Sql): Instant | undefined {
  return sql.get<{ at: Instant | null }>('SELECT min(due_at) AS at FROM people_to_invite')?.at ?? undefined
}
