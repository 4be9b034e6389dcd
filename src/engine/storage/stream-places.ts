// Places in a group's conversation, by where in the stream their rows are.

import type { ConversationId, MessageId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { MessageRow } from './messages.ts'

export type Place = Pick<MessageRow, 'position' | 'sequence'>

export function firstPlace(sql: Sql, conversation: ConversationId): Place | undefined {
  return sql.get<Place>(
    'SELECT position, sequence FROM messages WHERE conversation = ? ORDER BY position, sequence LIMIT 1',
    [conversation],
  )
}

/** Of what came by the stream. Behind it may be what one says meanwhile. */
export function lastPlace(sql: Sql, conversation: ConversationId): Place | undefined {
  return sql.get<Place>(
    `SELECT position, sequence FROM messages WHERE conversation = ? AND stream_position IS NOT NULL
     ORDER BY position DESC, sequence DESC LIMIT 1`,
    [conversation],
  )
}

export function nextPlace(sql: Sql, conversation: ConversationId, { position, sequence }: Place): Place | undefined {
  return sql.get<Place>(
    `SELECT position, sequence FROM messages WHERE conversation = ? AND (position, sequence) > (?, ?)
     ORDER BY position, sequence LIMIT 1`,
    [conversation, position, sequence],
  )
}

/** Of the last row that came before this position of the stream. Looks at every row behind it. */
export function placeBefore(sql: Sql, conversation: ConversationId, streamPosition: number): Place | undefined {
  return sql.get<Place>(
    `SELECT position, sequence FROM messages WHERE conversation = ? AND stream_position < ?
     ORDER BY position DESC, sequence DESC LIMIT 1`,
    [conversation, streamPosition],
  )
}

/** Behind this place, among what shares its position, there is room for one. Returns what made it. */
export function makeRoomBehind(sql: Sql, conversation: ConversationId, { position, sequence }: Place): MessageRow[] {
  return sql.all<MessageRow>(
    'UPDATE messages SET sequence = sequence + 1 WHERE conversation = ? AND position = ? AND sequence > ? RETURNING *',
    [conversation, position, sequence],
  )
}

/** Where a row of the stream is in it, if that was not noted when it came. */
export function noteStreamPosition(sql: Sql, message: MessageId, streamPosition: number): void {
  sql.run('UPDATE messages SET stream_position = ? WHERE id = ? AND stream_position IS NULL', [streamPosition, message])
}
