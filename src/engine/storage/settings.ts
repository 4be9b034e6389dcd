// Settings: a name and its JSON each, parsed on the way out.

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

export function writeSettings(sql: Sql, settings: Settings): void {
  for (const [name, value] of Object.entries(settings)) {
    sql.run('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', [
      name,
      JSON.stringify(value),
    ])
  }
}
