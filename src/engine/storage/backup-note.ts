// Where the last backup of this profile was written, and when: kept where nobody else reads it.

import { z } from 'zod'
import { Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

const Note = z.object({ place: z.string(), at: Instant.nullable() })
export type BackupNote = z.infer<typeof Note>

export function readBackupNote(sql: Sql): BackupNote | undefined {
  const row = sql.get<{ value: string }>("SELECT value FROM settings WHERE name = 'backup'")
  return row === undefined ? undefined : Note.parse(JSON.parse(row.value))
}

export function writeBackupNote(sql: Sql, note: BackupNote): void {
  sql.run("INSERT INTO settings (name, value) VALUES ('backup', ?) ON CONFLICT DO UPDATE SET value = excluded.value", [
    JSON.stringify(note),
  ])
}

/** In a profile that was restored: the folder is another computer's. */
export function forgetBackupNote(sql: Sql): void {
  sql.run("DELETE FROM settings WHERE name = 'backup'")
}
