// Reads a backup: finds the one that a recovery code opens, checks all of it, and makes a database of it.

import { rmSync } from 'node:fs'
import type { Clock } from '../../engine/ports.ts'
import { forgetBackupNote } from '../../engine/storage/backup-note.ts'
import { migrate } from '../../engine/storage/migrate.ts'
import { migrations } from '../../engine/storage/migrations.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { Sql, SqlValue } from '../../shared/sql.ts'
import { readCode, unwrapKey } from '../recovery-code.ts'
import type { Secret } from '../secret.ts'
import { openSqlite } from '../sqlite.ts'
import { type BackupFolder, findBackups, type Head } from './folder.ts'
import { type BackupKeys, backupKeysOf } from './keys.ts'
import { type Manifest, readManifest, readSegment, segmentsOf } from './manifest.ts'
import { readRows } from './rows.ts'
import { deleteRow, emptyTable, putRow, type Table, tablesOf } from './tables.ts'

export interface FoundBackup {
  folder: BackupFolder
  head: Head
  /** Of the database that it was made of. */
  databaseKey: Secret
  keys: BackupKeys
}

/** no-backup: there is none in that folder · wrong-code: none of those that are there opens with this code. */
export async function findBackup(place: string, typed: string): Promise<Answer<FoundBackup>> {
  const found = await findBackups(place)
  if (found.length === 0) return refuse('no-backup')
  const code = readCode(typed)
  if (code === undefined) return refuse('wrong-code')
  try {
    for (const { folder, head } of found) {
      const databaseKey = unwrapKey({ ...head.recovery, confirmed: true }, code)
      if (databaseKey !== undefined) return answer({ folder, head, databaseKey, keys: backupKeysOf(databaseKey) })
    }
    return refuse('wrong-code')
  } finally {
    code.forget()
  }
}

/** The newest state that is written down; a damaged one is told as such and not passed over in silence. */
export async function newestState(folder: BackupFolder, keys: BackupKeys): Promise<Answer<Manifest>> {
  const [newest] = await folder.manifests()
  if (newest === undefined) return refuse('no-backup', 'it was never finished')
  const manifest = await readManifest(folder, newest, keys)
  if (manifest === undefined) return refuse('backup-damaged', `manifest ${newest}`)
  return manifest.schema > migrations.length ? refuse('database-newer') : answer(manifest)
}

export interface Checked {
  made: Manifest['made']
  segments: number
  /** Those that are missing, or not what was written. */
  damaged: string[]
}

/** Opens every segment of the newest state. */
export async function checkBackup(
  folder: BackupFolder,
  keys: BackupKeys,
  progress: (done: number, total: number) => void,
  isCancelled: () => boolean,
): Promise<Answer<Checked>> {
  const state = await newestState(folder, keys)
  if (!state.ok) return state
  const names = new Set(segmentsOf(state.value))
  const damaged: string[] = []
  let done = 0
  for (const name of names) {
    if (isCancelled()) return refuse('cancelled')
    if ((await readSegment(folder, name, keys)) === undefined) damaged.push(name)
    done += 1
    progress(done, names.size)
  }
  return answer({ made: state.value.made, segments: names.size, damaged })
}

export interface RestoreParts {
  found: FoundBackup
  /** The database that is made: nothing is there yet. */
  file: string
  clock: Clock
  progress(done: number, total: number): void
  isCancelled(): boolean
}

/** Refused as newestState, and with backup-damaged or cancelled; then the file is gone again. */
export async function restoreDatabase(parts: RestoreParts): Promise<Answer<Manifest>> {
  const { found, file } = parts
  const state = await newestState(found.folder, found.keys)
  if (!state.ok) return state
  removeDatabase(file)
  const sql = found.databaseKey.use((key) => openSqlite({ file, key, exclusive: true }))
  let outcome: Answer<null> = refuse('internal')
  try {
    outcome = await fill(sql, state.value, parts)
  } finally {
    sql.close()
    if (!outcome.ok) removeDatabase(file)
  }
  return outcome.ok ? state : outcome
}

async function fill(sql: Sql, manifest: Manifest, { found, clock, progress, isCancelled }: RestoreParts) {
  migrate(sql, migrations.slice(0, manifest.schema))
  // Tables come in the order of their names, not of what refers to what: the check comes at the end.
  sql.script('PRAGMA foreign_keys = OFF')
  const tables = tablesToFill(sql, manifest)
  if (tables === undefined) return refuse('backup-damaged', 'tables that this schema does not have')
  const total = segmentsOf(manifest).length
  let done = 0
  const take = async (name: string, put: (rows: SqlValue[][]) => void): Promise<Answer<null>> => {
    if (isCancelled()) return refuse('cancelled')
    const plain = await readSegment(found.folder, name, found.keys)
    if (plain === undefined) return refuse('backup-damaged', `segment ${name.slice(0, 16)}`)
    sql.transaction(() => put(readRows(plain)))
    done += 1
    progress(done, total)
    await clock.breathe()
    return answer(null)
  }

  for (const table of tables) emptyTable(sql, table)
  for (const [number, table] of tables.entries()) {
    for (const name of manifest.tables[number]?.segments ?? []) {
      const taken = await take(name, (rows) => {
        for (const row of rows) putRow(sql, table, row)
      })
      if (!taken.ok) return taken
    }
  }
  for (const name of manifest.amendments) {
    const taken = await take(name, (rows) => {
      for (const row of rows) amend(sql, tables, row)
    })
    if (!taken.ok) return taken
  }
  if (sql.all('PRAGMA foreign_key_check').length > 0) return refuse('backup-damaged', 'rows that belong to nothing')
  sql.script('PRAGMA foreign_keys = ON')
  migrate(sql, migrations)
  forgetBackupNote(sql)
  return answer(null)
}

/** The tables of the manifest as they are here; undefined if there is one that is not. */
function tablesToFill(sql: Sql, manifest: Manifest): Table[] | undefined {
  const here = new Map(tablesOf(sql).map((table) => [table.name, table]))
  const tables = manifest.tables.map(({ name, columns, key }) => {
    const table = here.get(name)
    const same = table && sameNames(table.columns, columns) && sameNames(table.key, key)
    return same ? table : undefined
  })
  return tables.every((table) => table !== undefined) ? tables : undefined
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, at) => name === other[at])
}

function amend(sql: Sql, tables: readonly Table[], [number, isThere, ...values]: SqlValue[]): void {
  const table = typeof number === 'number' ? tables[number] : undefined
  if (table === undefined) throw new Error('an amendment to no table')
  if (isThere === 1) putRow(sql, table, values)
  else deleteRow(sql, table, values)
}

function removeDatabase(file: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
}
