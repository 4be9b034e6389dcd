// Backup of a relay that runs, and restoring it into one that does not.

import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { openSqlite } from '../../host/sqlite.ts'
import { renameWhole } from '../../host/write-whole.ts'
import type { AdministeredStore } from '../../relay/store.ts'
import { migrate } from '../../relay/stores/sqlite/migrate.ts'
import { settleRestored } from '../../relay/stores/sqlite/restored.ts'
import { MIGRATIONS } from '../../relay/stores/sqlite.ts'
import { SqlFailure } from '../../shared/sql.ts'
import type { AdminAnswer } from './commands.ts'
import { makeDataFolder } from './data-folder.ts'

export function databaseIn(data: string): string {
  return join(data, 'relay.sqlite')
}

/** Why there is neither backup nor restoring of a relay with a `store`. */
export const ELSEWHERE =
  'of what is in PostgreSQL is made and (before `admin restored`) put back with its own tools, such as pg_dump'

/** Whole, or not there: it gets its name when it is on the disk. Nobody but its owner may read it. */
export async function backUp(store: Pick<AdministeredStore, 'copyTo'>, file: string): Promise<AdminAnswer> {
  if (store.copyTo === undefined) return refuse(`a backup ${ELSEWHERE}`)
  if (existsSync(file)) return refuse(`${file} is there already`)
  // What lies there is of a backup that was killed: while one is written, the relay does nothing else.
  const unfinished = `${file}.unfinished`
  try {
    rmSync(unfinished, { force: true })
    closeSync(openSync(unfinished, 'wx', 0o600))
  } catch (error) {
    return refuse(error instanceof Error ? error.message : 'it cannot be written')
  }
  try {
    await store.copyTo(unfinished)
    sync(unfinished)
    renameWhole(unfinished, file)
    return { ok: true, lines: [`backed up to ${file}`] }
  } catch (error) {
    rmSync(unfinished, { force: true })
    if (error instanceof SqlFailure) return refuse(`it was not written: ${error.kind}`)
    throw error
  }
}

/** Lies beside the database from when a restore begins until it is done. */
function freshIn(data: string): string {
  return `${databaseIn(data)}.restored`
}

/** Of one that was killed. There may be no database now, and a relay that starts would make an empty one. */
export function isRestoreUnfinished(data: string): boolean {
  return existsSync(freshIn(data))
}

/** What was there is kept beside it, as `relay.sqlite.replaced`. Throws an Error with a sentence if there is no place for it. */
export function restore(data: string, backup: string): AdminAnswer {
  const database = databaseIn(data)
  const fresh = freshIn(data)
  if (!existsSync(backup)) return refuse(`${backup} is not there`)
  if (isSameFile(backup, database)) return refuse(`${backup} is this relay’s own database, and no backup of it`)
  if (isSameFile(backup, fresh)) return refuse(`${backup} is what another restore left unfinished, and no backup`)
  makeDataFolder(data)
  try {
    if (existsSync(database)) openSqlite({ file: database, exclusive: true }).close()
  } catch (error) {
    if (error instanceof SqlFailure && error.kind === 'busy')
      return refuse('this relay is running: stop it, restore, and start it again')
    // Damaged or no database at all: a reason to restore.
  }
  const isSecondAttempt = isRestoreUnfinished(data)
  try {
    // Of a copy that was being prepared: it must not be read into this one.
    rmSync(`${fresh}-wal`, { force: true })
    copyFileSync(backup, fresh)
    chmodSync(fresh, 0o600)
    prepare(fresh)
    giveToOwnerOf(data, fresh)
    sync(fresh)
  } catch (error) {
    // Where the first one took the database away, it still keeps a relay from starting with an empty one.
    if (existsSync(database) || !isSecondAttempt) rmSync(fresh, { force: true })
    if (error instanceof SqlFailure) return refuse(`${backup} is no backup that this version can read`)
    throw error
  }
  replace(database, fresh)
  return { ok: true, lines: [`restored from ${backup}`] }
}

/** Killed on the way, `fresh` is still there, and another restore goes on from what is. */
function replace(database: string, fresh: string): void {
  const replaced = `${database}.replaced`
  if (existsSync(database)) {
    rmSync(`${replaced}-wal`, { force: true })
    renameWhole(database, replaced)
  }
  // With what a damaged one left unfinished: it must not be read into the restored one.
  if (existsSync(`${database}-wal`)) renameWhole(`${database}-wal`, `${replaced}-wal`)
  renameWhole(fresh, database)
}

function isSameFile(one: string, other: string): boolean {
  const [first, second] = [one, other].map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }))
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino
}

/** Restored by root, it is for the user that the relay runs as. */
function giveToOwnerOf(folder: string, file: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(folder)
  chownSync(file, uid, gid)
}

/** As the newest schema, and without what must never happen twice. */
function prepare(file: string): void {
  const sql = openSqlite({ file, exclusive: true })
  try {
    if (sql.get('SELECT id FROM relay') === undefined) throw new SqlFailure('other', 'of no relay')
    migrate(sql, MIGRATIONS)
    settleRestored(sql)
  } finally {
    sql.close()
  }
}

function sync(file: string): void {
  const descriptor = openSync(file, 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function refuse(why: string): AdminAnswer {
  return { ok: false, why }
}
