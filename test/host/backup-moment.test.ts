// A backup is one moment of a database that changes while it is read; and the next one writes only what changed.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { markKeysReplaced, writeKeyReplacement } from '../../src/engine/storage/key-replacement.ts'
import { systemRandom } from '../../src/host/random.ts'
import { Instant } from '../../src/shared/ids.ts'
import type { Sql } from '../../src/shared/sql.ts'
import { everything, fill, openDatabase, restore, write } from './backup-database.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-backup-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const BOB = `person:${systemRandom.uuid()}`
const CAROL = `person:${systemRandom.uuid()}`

type Deed = { at: number } & (
  | { kind: 'say' | 'delete' | 'edit' | 'move'; position: number }
  | { kind: 'forget' | 'meet' | 'see' }
)

const deeds = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constantFrom('say' as const, 'delete' as const, 'edit' as const, 'move' as const),
      position: fc.integer({ min: 1, max: 900 }),
      at: fc.integer({ min: 0, max: 12 }),
    }),
    fc.record({
      kind: fc.constantFrom('forget' as const, 'meet' as const, 'see' as const),
      at: fc.integer({ min: 0, max: 12 }),
    }),
  ),
  { maxLength: 40 },
)

function act(sql: Sql, deed: Deed): void {
  const at = 'position' in deed ? deed.position : 0
  if (deed.kind === 'say') fill(sql, BOB, [1000 + Math.floor(systemRandom.fraction() * 1e9)])
  if (deed.kind === 'delete') sql.run('DELETE FROM messages WHERE conversation = ? AND position = ?', [BOB, at])
  if (deed.kind === 'edit')
    sql.run("UPDATE messages SET text = 'edited' WHERE conversation = ? AND position = ?", [BOB, at])
  // A row under another key, with the id it had.
  if (deed.kind === 'move')
    sql.run('UPDATE messages SET position = position + 5000 WHERE conversation = ? AND position = ?', [BOB, at])
  // A whole conversation, by way of a foreign key.
  if (deed.kind === 'forget') sql.run('DELETE FROM conversations WHERE id = ?', [CAROL])
  if (deed.kind === 'meet') fill(sql, `person:${systemRandom.uuid()}`, [1, 2, 3])
  if (deed.kind === 'see') sql.run('INSERT INTO seen (at, hashes) VALUES (1, ?)', [systemRandom.bytes(32)])
}

test('[E18] whatever comes, goes, changes or moves between two slices, it is the database as it was at the end', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(deeds, async (all) => {
      run += 1
      const place = join(folder, `run-${run}`)
      const sql = openDatabase(join(folder, `${run}.db`))
      fill(
        sql,
        BOB,
        Array.from({ length: 900 }, (_, at) => at + 1),
      )
      fill(
        sql,
        CAROL,
        Array.from({ length: 300 }, (_, at) => at + 1),
      )
      let slice = 0
      const written = await write(sql, place, {
        progress: () => {
          for (const deed of all) if (deed.at === slice) act(sql, deed)
          slice += 1
        },
      })
      expect(written).toBeDefined()
      const restored = await restore(place, join(folder, `${run}-restored.db`))
      if (typeof restored === 'string') throw new Error(restored)
      expect(everything(restored)).toEqual(everything(sql))
      restored.close()
      sql.close()
    }),
    { numRuns: 25 },
  )
}, 120_000)

test('[E16] what a restored profile makes anew is not in it, everything else is', () => {
  const sql = openDatabase(join(folder, 'one.db'))
  const all = sql.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'").map(({ name }) => name)
  const backedUp = Object.keys(everything(sql))
  expect(all.filter((name) => !backedUp.includes(name)).sort()).toEqual([
    'kyber_base_keys_used',
    'kyber_prekeys',
    'one_time_prekeys',
    'sender_keys',
    'sessions',
    'signed_prekeys',
  ])
  sql.close()
})

test('[E18] after it, and after one that was stopped, nothing watches the tables any more', async () => {
  const sql = openDatabase(join(folder, 'one.db'))
  fill(sql, BOB, [1, 2, 3])
  const left = () => sql.all('SELECT name FROM temp.sqlite_schema')
  await write(sql, join(folder, 'place'))
  expect(left()).toEqual([])
  expect(await write(sql, join(folder, 'place'), { isCancelled: () => true })).toBeUndefined()
  expect(left()).toEqual([])
  sql.close()
})

test('[E16] of 100,000 messages, a second run writes what changed and little beside it', async () => {
  const place = join(folder, 'place')
  const sql = openDatabase(join(folder, 'large.db'))
  const words = (at: number) => `${at} `.repeat(1 + (at % 60))
  for (let person = 0; person < 10; person++) {
    fill(
      sql,
      `person:${systemRandom.uuid()}`,
      Array.from({ length: 10_000 }, (_, at) => at + 1),
      words,
    )
  }
  const first = await write(sql, place)
  const second = await write(sql, place)
  expect(second).toMatchObject({ rows: first?.rows, added: 0 })
  const conversation =
    sql.get<{ conversation: string }>('SELECT conversation FROM messages LIMIT 1')?.conversation ?? ''
  // Ten at the end, one edited in the middle, one gone from the beginning.
  fill(
    sql,
    conversation,
    Array.from({ length: 10 }, (_, at) => 20_000 + at),
    words,
  )
  sql.run("UPDATE messages SET text = 'edited' WHERE conversation = ? AND position = 5000", [conversation])
  sql.run('DELETE FROM messages WHERE conversation = ? AND position = 17', [conversation])
  const third = await write(sql, place)
  expect(first?.segments).toBeGreaterThan(60)
  // Each place that changed costs the segment it is in, and at most the one beside it.
  expect(third?.added).toBeGreaterThan(0)
  expect(third?.added).toBeLessThanOrEqual(6)
  const restored = await restore(place, join(folder, 'restored.db'))
  if (typeof restored === 'string') throw new Error(restored)
  expect(everything(restored)).toEqual(everything(sql))
  restored.close()
  sql.close()
}, 120_000)

test('[E16] segments of the same texts under another key have other names and other lengths', async () => {
  const sql = openDatabase(join(folder, 'one.db'))
  fill(
    sql,
    BOB,
    Array.from({ length: 8000 }, (_, at) => at + 1),
    (at) => `${at} of the same words, again and again`.repeat(4),
  )
  const { backupKeysOf } = await import('../../src/host/backup/keys.ts')
  const { Secret } = await import('../../src/host/secret.ts')
  await write(sql, join(folder, 'one'))
  await write(sql, join(folder, 'other'), { keys: backupKeysOf(new Secret(new Uint8Array(32).fill(1))) })
  const names = (place: string) =>
    readdirSync(join(folder, place), { recursive: true, encoding: 'utf8' }).filter((name) => /[0-9a-f]{64}$/.test(name))
  const [one, other] = [names('one'), names('other')]
  expect(one.length).toBeGreaterThan(4)
  expect(one.filter((name) => other.includes(name))).toEqual([])
  sql.close()
})

test('[P97] after the keys were replaced there is a value that the driver cannot bind; it is restored like any other', async () => {
  const place = join(folder, 'stick')
  const sql = openDatabase(join(folder, 'sotto.db'))
  const [identity, frame] = [new Uint8Array(64).fill(1), new Uint8Array(90).fill(2)]
  writeKeyReplacement(sql, { state: 'prepared', revoked: null, identity, frame, at: Instant.parse(1) })
  markKeysReplaced(sql, Instant.parse(2))
  await write(sql, place)
  const restored = await restore(place, join(folder, 'restored.db'))
  if (typeof restored === 'string') throw new Error(restored)
  expect(everything(restored)).toEqual(everything(sql))
  restored.close()
  sql.close()
})
