// Sender key records: where the chain of a group session stands.

import { type GroupSessionId, uuidToBytes } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export function readSenderKey(sql: Sql, session: GroupSessionId): Uint8Array | undefined {
  return sql.get<{ record: Uint8Array }>('SELECT record FROM sender_keys WHERE session = ?', [uuidToBytes(session)])
    ?.record
}

/** Refused by the schema if the record is empty [E5]. */
export function writeSenderKey(sql: Sql, session: GroupSessionId, record: Uint8Array): void {
  sql.run(
    'INSERT INTO sender_keys (session, record) VALUES (?, ?) ON CONFLICT (session) DO UPDATE SET record = excluded.record',
    [uuidToBytes(session), record],
  )
}

/** Nothing more is sealed or opened with it. */
export function dropSenderKey(sql: Sql, session: GroupSessionId): void {
  sql.run('DELETE FROM sender_keys WHERE session = ?', [uuidToBytes(session)])
}
