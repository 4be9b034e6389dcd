// Own records: what the person's devices agree about, key by key; and when each device was last heard.

import type { DeviceId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface OwnRecordRow {
  key: string
  /** JSON, as the key says. */
  value: string
  at: number
  device: number
}

export function readOwnRecord(sql: Sql, key: string): OwnRecordRow | undefined {
  return sql.get<OwnRecordRow>('SELECT key, value, at, device FROM own_records WHERE key = ?', [key])
}

/** Of `draft`: `draft/…`, and `draft` itself. */
export function recordsOfKind(sql: Sql, kind: string): OwnRecordRow[] {
  return sql.all<OwnRecordRow>(
    'SELECT key, value, at, device FROM own_records WHERE key = ? OR (key >= ? AND key < ?) ORDER BY key',
    // The sign after the slash.
    [kind, `${kind}/`, `${kind}0`],
  )
}

/** Whatever stood there before. */
/** What a record says. Undefined: nothing that can be read; it is another device that wrote it. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function writeOwnRecord(sql: Sql, { key, value, at, device }: OwnRecordRow): void {
  sql.run(
    `INSERT INTO own_records (key, value, at, device) VALUES (?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, at = excluded.at, device = excluded.device`,
    [key, value, at, device],
  )
}

/** Milliseconds: nobody is shown it closer, so that windows need not be told of each word. */
const SHOWN_AS_CLOSE_AS = 60_000

/** Whether it is shown otherwise now. */
export function noteHeard(sql: Sql, device: DeviceId, at: Instant): boolean {
  const before = heardAsShown(sql, device)
  sql.run(
    'INSERT INTO own_devices (device, heard_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET heard_at = max(heard_at, excluded.heard_at)',
    [device, at],
  )
  return before === undefined || toTheMinute(at) > before
}

export function heardAsShown(sql: Sql, device: DeviceId): Instant | undefined {
  const at = lastHeard(sql, device)
  return at === undefined ? undefined : toTheMinute(at)
}

function toTheMinute(at: Instant): Instant {
  return (at - (at % SHOWN_AS_CLOSE_AS)) as Instant
}

export function lastHeard(sql: Sql, device: DeviceId): Instant | undefined {
  return sql.get<{ heard_at: Instant }>('SELECT heard_at FROM own_devices WHERE device = ?', [device])?.heard_at
}
