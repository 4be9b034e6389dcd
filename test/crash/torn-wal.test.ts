// A power cut: the last pages of the write-ahead log never reached the disk. What is left opens, and is of one piece.

import { copyFileSync, existsSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { bytesToUuid, type MessageId } from '../../src/shared/ids.ts'
import { CrashWorld } from './crash-world.ts'

/** Few enough that nothing has moved from the log to the database yet. */
const TEXTS = 12
const CUTS = 24

let world: CrashWorld | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

test('[P80][P81] a database whose log is torn anywhere opens, with a beginning of what was said', {
  timeout: 120_000,
}, async () => {
  world = await CrashWorld.create()
  const [alice, bob] = await world.couple('Alice', 'Bob')
  await Promise.all([alice.sayUpTo(bob, TEXTS), bob.sayUpTo(alice, TEXTS)])
  await world.settles(alice, bob, TEXTS)
  await alice.process.end()
  const { database } = world.profileFolder(alice)
  const copy = join(world.folder, 'copy.db')
  const size = statSync(`${database}-wal`).size
  expect(size).toBeGreaterThan(100_000)

  const texts: number[] = []
  for (let cut = 0; cut <= CUTS; cut++) {
    copyFileSync(database, copy)
    copyFileSync(`${database}-wal`, `${copy}-wal`)
    // Between two pages, and in the middle of one.
    truncateSync(`${copy}-wal`, Math.floor((size * (CUTS - cut)) / CUTS))
    const sql = await world.openDatabase(alice, copy)
    expect(sql.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(sql.all('PRAGMA foreign_key_check')).toEqual([])
    if (sql.get("SELECT 1 AS yes FROM sqlite_schema WHERE name = 'sent'") !== undefined) {
      // A beginning, without holes: what is numbered is there, and what is there is numbered.
      const own = sql.all<{ id: MessageId; text: string }>(
        'SELECT id, text FROM messages WHERE own = 1 ORDER BY position',
      )
      expect(own.map(({ text }) => text)).toEqual(own.map((_, index) => alice.text(index)))
      const heard = sql
        .all<{ text: string }>('SELECT text FROM messages WHERE own = 0 ORDER BY position')
        .map(({ text }) => text)
      expect(heard).toEqual(heard.map((_, index) => bob.text(index)))
      const submitted = new Set(
        sql
          .all<{ submission: Uint8Array }>('SELECT submission FROM outbox UNION ALL SELECT submission FROM sent')
          .map(({ submission }) => bytesToUuid(submission)),
      )
      expect(own.filter(({ id }) => !submitted.has(id))).toEqual([])
      texts.push(own.length)
    }
    sql.close()
    expect(existsSync(copy)).toBe(true)
  }
  expect(texts[0]).toBe(TEXTS)
  expect(texts).toEqual(texts.toSorted((a, b) => b - a))
  expect(texts.at(-1)).toBeLessThan(TEXTS)
})
