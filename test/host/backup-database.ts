// A database of the size a story needs, and a backup of it, without an app around.

import { join } from 'node:path'
import { migrate } from '../../src/engine/storage/migrate.ts'
import { migrations } from '../../src/engine/storage/migrations.ts'
import { type BackupFolder, makeBackupFolder } from '../../src/host/backup/folder.ts'
import { type BackupKeys, backupKeysOf } from '../../src/host/backup/keys.ts'
import { restoreDatabase } from '../../src/host/backup/read.ts'
import { tablesOf } from '../../src/host/backup/tables.ts'
import { type WriteParts, type Written, writeBackup } from '../../src/host/backup/write.ts'
import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import { Secret } from '../../src/host/secret.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import type { Sql } from '../../src/shared/sql.ts'

export const KEY = new Uint8Array(32).fill(9)
const secret = () => new Secret(KEY.slice())

export function openDatabase(file: string): Sql {
  const sql = openSqlite({ file, key: KEY, exclusive: true })
  migrate(sql, migrations)
  return sql
}

/** A conversation, and messages in it at these positions. */
export function fill(
  sql: Sql,
  conversation: string,
  positions: readonly number[],
  text = (at: number) => `line ${at}`,
): void {
  sql.transaction(() => {
    const account = conversation.slice('person:'.length)
    sql.run("INSERT OR IGNORE INTO people (account, username, name) VALUES (?, 'bob', 'Bob')", [account])
    sql.run(
      "INSERT OR IGNORE INTO conversations (id, kind, account, state, last_at) VALUES (?, 'person', ?, 'open', 1)",
      [conversation, account],
    )
    for (const at of positions) {
      sql.run(
        `INSERT INTO messages (conversation, position, sequence, id, author, own, sent_at, kind, text)
         VALUES (?, ?, 0, ?, ?, 0, 1, 'text', ?)`,
        [conversation, at, systemRandom.uuid(), account, text(at)],
      )
    }
  })
}

export const backupFolder = (place: string): Promise<BackupFolder> => makeBackupFolder(place, keysOf().id)
export const keysOf = (): BackupKeys => backupKeysOf(secret())

export async function write(sql: Sql, place: string, more: Partial<WriteParts> = {}): Promise<Written | undefined> {
  return writeBackup({
    sql,
    folder: await backupFolder(place),
    keys: keysOf(),
    clock: systemClock,
    random: systemRandom,
    distrusted: new Set(),
    progress: () => {},
    isCancelled: () => false,
    ...more,
  })
}

/** What restoring makes of the newest state, or why there is none. */
export async function restore(place: string, file: string): Promise<Sql | string> {
  const folder = await backupFolder(place)
  const head = { version: 1 as const, recovery: { version: 1 as const, salt: '', nonce: '', sealed: '' } }
  const found = { folder, head, databaseKey: secret(), keys: keysOf() }
  const parts = { found, file: join(file), clock: systemClock, progress: () => {}, isCancelled: () => false }
  const restored = await restoreDatabase(parts)
  return restored.ok ? openSqlite({ file, key: KEY, exclusive: true }) : restored.failure.code
}

/** Every row of every table that a backup holds. */
export function everything(sql: Sql): Record<string, unknown[]> {
  return Object.fromEntries(
    tablesOf(sql).map(({ name, key }) => [name, sql.all(`SELECT * FROM ${name} ORDER BY ${key.join(', ')}`)]),
  )
}
