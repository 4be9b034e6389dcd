// What was deleted on this device or on another own one stays deleted, whoever brings it once more [P93].

import type { Instant, MessageId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export function noteDeleted(sql: Sql, message: MessageId, at: Instant): void {
  sql.run('INSERT INTO deleted_messages (message, at) VALUES (?, ?) ON CONFLICT DO NOTHING', [message, at])
}

export function wasDeleted(sql: Sql, message: MessageId): boolean {
  return sql.get('SELECT 1 AS yes FROM deleted_messages WHERE message = ?', [message]) !== undefined
}

/** Of those that are here all the same: another device knows that they were deleted. */
export function deletedThatAreHere(sql: Sql): MessageId[] {
  return sql
    .all<{ id: MessageId }>('SELECT id FROM deleted_messages JOIN messages ON messages.id = deleted_messages.message')
    .map(({ id }) => id)
}
