// Killed at any point of a backup: the one before is as good as ever, or the new one is there; the next run goes on.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkBackup } from '../../src/host/backup/read.ts'
import { systemRandom } from '../../src/host/random.ts'
import { backupFolder, everything, fill, keysOf, openDatabase, restore, write } from './backup-database.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-backup-crash-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const BOB = `person:${systemRandom.uuid()}`
const words = (at: number) => `${at} `.repeat(40)
const span = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at)

const points = [
  ['backup.segment', 1],
  ['backup.segment', 3],
  ['backup.segment', 5],
  ['backup.read', 1],
  ['backup.manifest', 1],
  ['backup.pruned', 1],
] as const

test.each(points)(
  '[E18] kill -9 at %s, the %i. time',
  async (point, count) => {
    const [file, place] = [join(folder, 'sotto.db'), join(folder, 'stick')]
    const sql = openDatabase(file)
    fill(sql, BOB, span(1, 4000), words)
    await write(sql, place)
    const before = everything(sql)
    sql.run('DELETE FROM messages WHERE position < 100')
    fill(sql, BOB, span(9000, 4000), words)
    const after = everything(sql)
    sql.close()

    const killed = spawnSync(process.execPath, [
      join(import.meta.dirname, 'back-up.ts'),
      file,
      place,
      point,
      String(count),
    ])
    expect(killed.signal).toBe('SIGKILL')
    const restored = await restore(place, join(folder, 'restored.db'))
    if (typeof restored === 'string') throw new Error(restored)
    expect(everything(restored)).toEqual(point === 'backup.manifest' || point === 'backup.pruned' ? after : before)
    restored.close()

    const again = openDatabase(file)
    await write(again, place)
    again.close()
    const checked = await checkBackup(
      await backupFolder(place),
      keysOf(),
      () => {},
      () => false,
    )
    expect(checked).toMatchObject({ ok: true, value: { damaged: [] } })
    const next = await restore(place, join(folder, 'next.db'))
    if (typeof next === 'string') throw new Error(next)
    expect(everything(next)).toEqual(after)
    next.close()
    expect(readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.part'))).toEqual(
      [],
    )
  },
  60_000,
)
