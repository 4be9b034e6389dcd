// Writes a backup: reads the whole database while people go on, and writes the segments that are not there yet.

import type { Clock, Random } from '../../engine/ports.ts'
import type { Sql } from '../../shared/sql.ts'
import type { BackupFolder } from './folder.ts'
import type { BackupKeys } from './keys.ts'
import { type Manifest, readManifest, segmentsOf, writeManifest, writeSegment } from './manifest.ts'
import { Segmenter, writeRow } from './rows.ts'
import { keyOf, rowOf, rowsAfter, type Table, tablesOf } from './tables.ts'
import { type Watch, watchTables } from './watch.ts'

export interface WriteParts {
  sql: Sql
  folder: BackupFolder
  keys: BackupKeys
  clock: Clock
  random: Random
  /** Segments that are there, but not as they were written: they are written again. */
  distrusted: ReadonlySet<string>
  /** Bytes of rows that were read. */
  progress(bytes: number): void
  /** Looked at between two slices. */
  isCancelled(): boolean
  crash?: ((point: 'backup.segment' | 'backup.read' | 'backup.manifest' | 'backup.pruned') => void) | undefined
}

export interface Written {
  rows: number
  /** Segments that it is made of, and those that were not there before. */
  segments: number
  added: number
  made: Manifest['made']
}

/** Rows read in one go: a few milliseconds. */
const SLICE = 256
/** How many states of the profile stay. */
const KEPT = 10

/** Undefined: it was cancelled, and the backup before is as it was. Rejects as the disk does. */
export async function writeBackup(parts: WriteParts): Promise<Written | undefined> {
  const { sql, folder, keys, clock, random, distrusted, crash = () => {} } = parts
  await folder.sweep()
  const tables = tablesOf(sql)
  const counts = { rows: 0, added: 0, bytes: 0 }
  const watch = watchTables(sql, tables)
  try {
    const manifest: Manifest = {
      version: 1,
      made: clock.now(),
      schema: schemaOf(sql),
      tables: [],
      amendments: [],
      rows: 0,
    }
    for (const table of tables) {
      const segments: string[] = []
      const finished = await readTable(parts, table, counts, async (plain) => {
        const { name, written } = await writeSegment(folder, plain, keys, random, distrusted)
        if (written) counts.added += 1
        crash('backup.segment')
        segments.push(name)
      })
      if (!finished) return undefined
      manifest.tables.push({ name: table.name, columns: table.columns, key: table.key, segments })
    }
    crash('backup.read')
    // In one turn, so that it is one moment: from here on nothing that changes belongs to this backup.
    const amendments = amendmentsOf(sql, tables, watch)
    manifest.made = clock.now()
    watch.stop()
    for (const plain of inSegments(amendments, keys)) {
      manifest.amendments.push((await writeSegment(folder, plain, keys, random, distrusted)).name)
    }
    manifest.rows = counts.rows
    if (parts.isCancelled()) return undefined
    await writeManifest(folder, manifest, keys, random)
    crash('backup.manifest')
    await prune(folder, keys)
    crash('backup.pruned')
    return { rows: counts.rows, segments: segmentsOf(manifest).length, added: counts.added, made: manifest.made }
  } finally {
    watch.stop()
  }
}

/** False: it was cancelled on the way. */
async function readTable(
  { sql, keys, clock, progress, isCancelled }: WriteParts,
  table: Table,
  counts: { rows: number; bytes: number },
  take: (segment: Buffer) => Promise<void>,
): Promise<boolean> {
  const segmenter = new Segmenter(keys)
  let after: ReturnType<typeof keyOf> | undefined
  for (;;) {
    if (isCancelled()) return false
    const rows = rowsAfter(sql, table, after, SLICE)
    for (const row of rows) {
      const line = writeRow(row)
      counts.rows += 1
      counts.bytes += line.length
      const segment = segmenter.add(line)
      if (segment !== undefined) await take(segment)
      after = keyOf(table, row)
    }
    progress(counts.bytes)
    if (rows.length < SLICE) break
    await clock.breathe()
  }
  const last = segmenter.end()
  if (last !== undefined) await take(last)
  return true
}

/** `[table, 1, …row]` for what is there now, `[table, 0, …key]` for what is not. */
function amendmentsOf(sql: Sql, tables: readonly Table[], watch: Watch): string[] {
  return tables.flatMap((table, number) =>
    watch.touched(table).map((key) => {
      const row = rowOf(sql, table, key)
      return writeRow(row === undefined ? [number, 0, ...key] : [number, 1, ...row])
    }),
  )
}

function inSegments(lines: readonly string[], keys: BackupKeys): Buffer[] {
  const segmenter = new Segmenter(keys)
  return [...lines.map((line) => segmenter.add(line)), segmenter.end()].filter((segment) => segment !== undefined)
}

function schemaOf(sql: Sql): number {
  return sql.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
}

/** Old states go, and what only they needed. Where a state that stays cannot be read, nothing goes. */
async function prune(folder: BackupFolder, keys: BackupKeys): Promise<void> {
  const names = await folder.manifests()
  const needed = new Set<string>()
  for (const name of names.slice(0, KEPT)) {
    const manifest = await readManifest(folder, name, keys)
    if (manifest === undefined) return
    for (const segment of segmentsOf(manifest)) needed.add(segment)
  }
  for (const name of names.slice(KEPT)) await folder.removeManifest(name)
  for (const name of await folder.segments()) if (!needed.has(name)) await folder.removeSegment(name)
}
