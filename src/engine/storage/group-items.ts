// Sealed items of a stream whose session has not come yet, and the numbers read in each session.

import {
  type AccountId,
  type DeviceId,
  type GroupId,
  type GroupSessionId,
  type Instant,
  type MessageId,
  uuidToBytes,
} from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface SealedItemRow {
  message: MessageId
  group_id: GroupId
  session: Uint8Array
  position: number
  sender: AccountId
  sender_device: DeviceId
  epoch: number
  /** The ciphertext. */
  data: Uint8Array
  time: Instant
}

export function keepSealedItem(sql: Sql, row: SealedItemRow): void {
  sql.run(
    `INSERT INTO group_sealed_items (message, group_id, session, position, sender, sender_device, epoch, data, time)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    [
      row.message,
      row.group_id,
      row.session,
      row.position,
      row.sender,
      row.sender_device,
      row.epoch,
      row.data,
      row.time,
    ],
  )
}

/** In the order of the stream. */
export function sealedItemsOf(sql: Sql, group: GroupId, session: GroupSessionId, limit: number): SealedItemRow[] {
  return sql.all<SealedItemRow>(
    'SELECT * FROM group_sealed_items WHERE group_id = ? AND session = ? ORDER BY position LIMIT ?',
    [group, uuidToBytes(session), limit],
  )
}

export function findSealedItem(sql: Sql, message: MessageId): SealedItemRow | undefined {
  return sql.get<SealedItemRow>('SELECT * FROM group_sealed_items WHERE message = ?', [message])
}

export function dropSealedItem(sql: Sql, message: MessageId): void {
  sql.run('DELETE FROM group_sealed_items WHERE message = ?', [message])
}

/** The last number read in a session; 0: none. */
export function lastSequence(sql: Sql, session: GroupSessionId): number {
  return (
    sql.get<{ sequence: number }>('SELECT sequence FROM group_sequences WHERE session = ?', [uuidToBytes(session)])
      ?.sequence ?? 0
  )
}

export function setLastSequence(sql: Sql, session: GroupSessionId, sequence: number): void {
  sql.run(
    'INSERT INTO group_sequences (session, sequence) VALUES (?, ?) ON CONFLICT DO UPDATE SET sequence = excluded.sequence',
    [uuidToBytes(session), sequence],
  )
}
