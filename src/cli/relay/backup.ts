// Backup of a relay that runs, and restoring it into one that does not.

import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openSqlite } from '../../host/sqlite.ts'
import type { AdministeredStore } from '../../relay/store.ts'
import { migrate } from '../../relay/stores/sqlite/migrate.ts'
import { settleRestored } from '../../relay/stores/sqlite/restored.ts'
import { MIGRATIONS } from '../../relay/stores/sqlite.ts'
import { SqlFailure } from '../../shared/sql.ts'
import type { AdminAnswer } from './commands.ts'

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
  const unfinished = `${file}.unfinished`
  try {
    closeSync(openSync(unfinished, 'wx', 0o600))
  } catch (error) {
    return refuse(error instanceof Error ? error.message : 'it cannot be written')
  }
  try {
    await store.copyTo(unfinished)
    sync(unfinished)
    renameSync(unfinished, file)
    return { ok: true, lines: [`backed up to ${file}`] }
  } catch (error) {
    rmSync(unfinished, { force: true })
    if (error instanceof SqlFailure) return refuse(`it was not written: ${error.kind}`)
    throw error
  }
}

/** What was there is kept beside it, as `relay.sqlite.replaced`. */
export function restore(data: string, backup: string): AdminAnswer {
  const database = databaseIn(data)
  if (!existsSync(backup)) return refuse(`${backup} is not there`)
  const fresh = `${database}.restored`
  rmSync(fresh, { force: true })
  try {
    if (existsSync(database)) openSqlite({ file: database, exclusive: true }).close()
  } catch (error) {
    if (error instanceof SqlFailure && error.kind === 'busy')
      return refuse('this relay is running: stop it, restore, and start it again')
    // Damaged or no database at all: a reason to restore.
  }
  try {
    copyFileSync(backup, fresh)
    prepare(fresh)
    sync(fresh)
  } catch (error) {
    rmSync(fresh, { force: true })
    if (error instanceof SqlFailure) return refuse(`${backup} is no backup that this version can read`)
    throw error
  }
  // With what a damaged one left unfinished: it must not be read into the restored one.
  for (const part of ['', '-wal'])
    if (existsSync(`${database}${part}`)) renameSync(`${database}${part}`, `${database}.replaced${part}`)
  renameSync(fresh, database)
  return { ok: true, lines: [`restored from ${backup}`] }
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
