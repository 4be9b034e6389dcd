// The disk when things go wrong: wrong keys, broken pages, no room, another process, errors that hide errors.

import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSqlite } from '../../src/host/sqlite.ts'
import { type Sql, SqlFailure, type SqlFailureKind } from '../../src/shared/sql.ts'

const KEY = new Uint8Array(32).fill(7)
const OTHER_KEY = new Uint8Array(32).fill(8)

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-sqlite-'))
  file = join(folder, 'sotto.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function failureOf(work: () => unknown): SqlFailureKind | 'none' {
  try {
    work()
    return 'none'
  } catch (error) {
    if (error instanceof SqlFailure) return error.kind
    throw error
  }
}

/** A closed database with 200 notes in it. */
function writeNotes(path = file): void {
  const sql = openSqlite({ file: path, key: KEY })
  sql.script('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT')
  sql.transaction(() => {
    for (let id = 1; id <= 200; id++) sql.run('INSERT INTO notes VALUES (?, ?)', [id, `canary ${id} `.repeat(20)])
  })
  sql.close()
}

function countNotes(sql: Sql): number {
  return sql.get<{ count: number }>('SELECT count(*) AS count FROM notes')?.count ?? -1
}

function readAll(path: string): void {
  const sql = openSqlite({ file: path, key: KEY })
  try {
    sql.all('SELECT * FROM notes')
  } finally {
    sql.close()
  }
}

describe('the key', () => {
  test('[E1] nothing that was written can be read in the files, and only the owner may read them', () => {
    const sql = openSqlite({ file, key: KEY })
    sql.script("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('canary in the coal mine')")
    for (const name of [file, `${file}-wal`]) {
      expect(readFileSync(name).includes('canary')).toBe(false)
      expect(readFileSync(name).includes('notes')).toBe(false)
      expect(statSync(name).mode & 0o077).toBe(0)
    }
    sql.close()
  })

  test('[E3][F40] with another key, or none, the file does not open and does not change', () => {
    writeNotes()
    const before = readFileSync(file)
    expect(failureOf(() => openSqlite({ file, key: OTHER_KEY }))).toBe('wrong-key')
    expect(failureOf(() => openSqlite({ file }))).toBe('wrong-key')
    expect(readFileSync(file).equals(before)).toBe(true)
    const sql = openSqlite({ file, key: KEY })
    expect(countNotes(sql)).toBe(200)
    sql.close()
  })

  test('a key of another length is our own mistake', () => {
    expect(() => openSqlite({ file, key: new Uint8Array(16) })).toThrow(RangeError)
    expect(existsSync(file)).toBe(false)
  })

  test('[E3] a key that does not fit says nothing on standard error', () => {
    writeNotes()
    const script = `
      import { openSqlite } from ${JSON.stringify(join(import.meta.dirname, '../../src/host/sqlite.ts'))}
      try { openSqlite({ file: process.argv[1], key: new Uint8Array(32) }) } catch (error) { process.stdout.write(error.kind) }`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script, file], { stdio: 'pipe' })
    expect(output.toString()).toBe('wrong-key')
    const both = execFileSync('sh', [
      '-c',
      '"$0" --input-type=module -e "$1" "$2" 2>&1',
      process.execPath,
      script,
      file,
    ])
    expect(both.toString()).toBe('wrong-key')
  })
})

describe('a file that is not as it was', () => {
  test('[F39] a flipped bit in a page is found, not read', () => {
    writeNotes()
    const bytes = readFileSync(file)
    const at = 4096 * 5 + 100
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    writeFileSync(file, bytes)
    expect(failureOf(() => readAll(file))).toBe('damaged')
  })

  test('[F39] wherever one bit flips, the database is refused or gives back what was written', () => {
    writeNotes()
    const intact = readFileSync(file)
    const copy = join(folder, 'copy.db')
    fc.assert(
      fc.property(fc.nat(intact.length - 1), fc.nat(7), (at, bit) => {
        const bytes = Buffer.from(intact)
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at)
        writeFileSync(copy, bytes)
        expect(['none', 'damaged', 'wrong-key']).toContain(failureOf(() => readAll(copy)))
      }),
      { numRuns: 60 },
    )
  })

  test('[F39] a truncated file is damaged', () => {
    writeNotes()
    truncateSync(file, 4096 * 6)
    expect(failureOf(() => readAll(file))).toBe('damaged')
  })

  test('[F39] without its WAL the database is as it was before', () => {
    const sql = openSqlite({ file, key: KEY })
    sql.script('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT')
    sql.script('PRAGMA wal_checkpoint(TRUNCATE)')
    sql.run('INSERT INTO notes VALUES (1, ?)', ['later'])
    const copy = join(folder, 'copy.db')
    copyFileSync(file, copy)
    sql.close()
    const restored = openSqlite({ file: copy, key: KEY })
    expect(countNotes(restored)).toBe(0)
    restored.close()
  })
})

describe('a full disk', () => {
  test('[E7][F38] says full, keeps what was there, and goes on when there is room again', () => {
    writeNotes()
    const sql = openSqlite({ file, key: KEY })
    const { page_count: pages } = sql.get<{ page_count: number }>('PRAGMA page_count') ?? { page_count: 0 }
    sql.get(`PRAGMA max_page_count = ${pages}`)
    const fill = () =>
      sql.transaction(() => {
        for (let id = 1000; id < 1500; id++) sql.run('INSERT INTO notes VALUES (?, ?)', [id, 'x'.repeat(500)])
      })
    expect(failureOf(fill)).toBe('full')
    expect(countNotes(sql)).toBe(200)
    sql.get('PRAGMA max_page_count = 100000')
    fill()
    expect(countNotes(sql)).toBe(700)
    sql.close()
  })

  const isRoot = process.getuid?.() === 0 && process.platform === 'linux'
  test.runIf(isRoot)('[E7][F38] on a real file system without room it is the same', () => {
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk])
    try {
      const path = join(disk, 'sotto.db')
      writeNotes(path)
      const sql = openSqlite({ file: path, key: KEY })
      const fill = () =>
        sql.transaction(() => {
          for (let id = 1000; id < 3000; id++) sql.run('INSERT INTO notes VALUES (?, ?)', [id, 'x'.repeat(500)])
        })
      expect(failureOf(fill)).toBe('full')
      expect(countNotes(sql)).toBe(200)
      sql.close()
      readAll(path)
    } finally {
      execFileSync('umount', [disk])
    }
  })
})

describe('transactions', () => {
  test('what a transaction threw first is what its caller gets', () => {
    const sql = openSqlite({ file, key: KEY })
    sql.script('CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT')
    const first = new Error('the first')
    const work = () =>
      sql.transaction(() => {
        sql.run('INSERT INTO notes VALUES (1)')
        sql.script('ROLLBACK')
        throw first
      })
    expect(work).toThrow(first)
    expect(countNotes(sql)).toBe(0)
    sql.transaction(() => sql.run('INSERT INTO notes VALUES (2)'))
    expect(countNotes(sql)).toBe(1)
    sql.close()
  })

  test('a transaction inside another, or one that waits, is refused and changes nothing', () => {
    const sql = openSqlite({ file, key: KEY })
    sql.script('CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT')
    const insert = () => sql.run('INSERT INTO notes VALUES (1)')
    expect(failureOf(() => sql.transaction(() => sql.transaction(insert)))).toBe('other')
    expect(failureOf(() => sql.transaction(async () => insert()))).toBe('other')
    expect(countNotes(sql)).toBe(0)
    sql.close()
  })

  test('a broken rule of the schema says so, and the statement works the next time', () => {
    const sql = openSqlite({ file, key: KEY })
    sql.script('CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT')
    expect(sql.run('INSERT INTO notes VALUES (?)', [1])).toBe(1)
    expect(failureOf(() => sql.run('INSERT INTO notes VALUES (?)', [1]))).toBe('constraint')
    expect(sql.run('INSERT INTO notes VALUES (?)', [2])).toBe(1)
    sql.close()
  })
})

test('[E4] a database opened for oneself is busy for everybody else, until it is closed', () => {
  const mine = openSqlite({ file, key: KEY, exclusive: true })
  mine.script('CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT')
  expect(existsSync(`${file}-shm`)).toBe(false)
  expect(failureOf(() => openSqlite({ file, key: KEY }))).toBe('busy')
  mine.close()
  const theirs = openSqlite({ file, key: KEY })
  expect(countNotes(theirs)).toBe(0)
  theirs.close()
})

describe('values', () => {
  test('numbers keep their kind: whole ones are integers, large ones are not rounded', () => {
    const sql = openSqlite({ file: ':memory:' })
    expect(sql.get('SELECT 7 / ? AS half, typeof(?) AS whole, typeof(?) AS part', [2, 5, 1.5])).toEqual({
      half: 3,
      whole: 'integer',
      part: 'real',
    })
    expect(sql.get('SELECT ? AS large, ? AS safe', [2n ** 60n + 1n, 2n ** 53n - 1n])).toEqual({
      large: 2n ** 60n + 1n,
      safe: Number.MAX_SAFE_INTEGER,
    })
    sql.close()
  })

  test('what the driver would store as something else is refused', () => {
    const sql = openSqlite({ file: ':memory:' })
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, 2n ** 64n, new Uint8Array(0)]) {
      expect(failureOf(() => sql.get('SELECT ? AS value', [value]))).toBe('other')
    }
    sql.close()
  })

  test('whatever goes in comes out', () => {
    const sql = openSqlite({ file: ':memory:' })
    sql.script('CREATE TABLE shelf (value ANY) STRICT')
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.maxSafeInteger(),
      fc.uint8Array({ minLength: 1 }),
      fc.constant(null),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    )
    fc.assert(
      fc.property(value, (given) => {
        sql.run('DELETE FROM shelf')
        sql.run('INSERT INTO shelf VALUES (?)', [given])
        const row = sql.get<{ value: unknown }>('SELECT value FROM shelf')
        expect(row?.value instanceof Uint8Array ? Uint8Array.from(row.value) : row?.value).toEqual(given)
      }),
    )
    sql.close()
  })
})
