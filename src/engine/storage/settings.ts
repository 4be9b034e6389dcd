// Settings: a name and its JSON each, parsed on the way out. And what the person is still to be told once.

import { Instant } from '../../shared/ids.ts'
import { Settings } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'

const DEFAULTS: Settings = { theme: 'system', readReceipts: true, typingIndicators: true }

export function readSettings(sql: Sql): Settings {
  const stored: Record<string, unknown> = {}
  for (const row of sql.all<{ name: string; value: string }>('SELECT name, value FROM settings'))
    stored[row.name] = JSON.parse(row.value)
  return settingsFrom(stored)
}

/** What another version wrote, with what it does not know as it is by default. */
export function settingsFrom(stored: Record<string, unknown>): Settings {
  const known: Record<string, unknown> = { ...DEFAULTS }
  for (const name of Object.keys(DEFAULTS)) if (name in stored) known[name] = stored[name]
  const parsed = Settings.safeParse(known)
  return parsed.success ? parsed.data : DEFAULTS
}

/** When the profile noticed that it is an older copy; null once the person has seen it. */
export function readRestoredAt(sql: Sql): Instant | null {
  const row = sql.get<{ value: string }>("SELECT value FROM settings WHERE name = 'restoredAt'")
  const at = Instant.safeParse(Number(row?.value))
  return row !== undefined && at.success ? at.data : null
}

export function writeRestoredAt(sql: Sql, at: Instant): void {
  sql.run(
    "INSERT INTO settings (name, value) VALUES ('restoredAt', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    [String(at)],
  )
}

export function forgetRestoredAt(sql: Sql): boolean {
  return sql.run("DELETE FROM settings WHERE name = 'restoredAt'") > 0
}

export function writeSettings(sql: Sql, settings: Settings): void {
  for (const [name, value] of Object.entries(settings)) {
    sql.run('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', [
      name,
      JSON.stringify(value),
    ])
  }
}
