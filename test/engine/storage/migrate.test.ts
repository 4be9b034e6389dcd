// Migrations: each once, in order, whole or not at all.

import { expect, test } from 'vitest'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { keys } from '../../../src/engine/storage/migrations/0001-keys.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { openSql } from '../open-sql.ts'

const first = { number: 1, name: 'keys', sql: keys }
const second = { number: 2, name: 'shelf', sql: 'CREATE TABLE shelf (book TEXT) STRICT' }

test('an empty database gets all of them, one of before the rest, one of now nothing', () => {
  const sql = openSql()
  expect(migrate(sql, [first])).toBe('ready')
  sql.run("INSERT INTO device_lists VALUES ('somebody', 1, x'01', x'02')")
  expect(migrate(sql, [first, second])).toBe('ready')
  expect(migrate(sql, [first, second])).toBe('ready')
  expect(sql.get('SELECT count(*) AS lists FROM device_lists')).toEqual({ lists: 1 })
  expect(sql.all('SELECT book FROM shelf')).toEqual([])
})

test('a database of a later version is left as it is', () => {
  const sql = openSql()
  migrate(sql, [first, second])
  expect(migrate(sql, [first])).toBe('newer')
  expect(sql.get('PRAGMA user_version')).toEqual({ user_version: 2 })
})

test('a migration that fails half way has not happened', () => {
  const sql = openSql()
  const broken = { number: 2, name: 'broken', sql: 'CREATE TABLE half (x); CREATE TABLE half (x)' }
  expect(() => migrate(sql, [first, broken])).toThrow()
  expect(sql.get('PRAGMA user_version')).toEqual({ user_version: 1 })
  expect(migrate(sql, [first, { number: 2, name: 'mended', sql: 'CREATE TABLE half (x)' }])).toBe('ready')
})

test('a hole in the numbers is our mistake', () => {
  expect(() => migrate(openSql(), [second])).toThrow('number 2 at place 1')
})

test('a table that others hang on is made anew, and what hangs on it stays', () => {
  const sql = openSql()
  const before = migrations.slice(0, 3)
  migrate(sql, before)
  sql.run("INSERT INTO people (account, username, name) VALUES ('a', 'alice', 'Alice')")
  sql.run("INSERT INTO conversations (id, kind, account, state, last_at) VALUES ('person:a', 'person', 'a', 'open', 1)")
  sql.run(`INSERT INTO messages (conversation, position, sequence, id, author, own, sent_at, kind, text)
    VALUES ('person:a', 1, 0, 'm', 'a', 0, 1, 'text', 'hello')`)
  expect(migrate(sql, migrations)).toBe('ready')
  expect(sql.get('SELECT text, readable FROM messages')).toEqual({ text: 'hello', readable: 0 })
  sql.run("DELETE FROM conversations WHERE id = 'person:a'")
  expect(sql.get('SELECT count(*) AS left FROM messages')).toEqual({ left: 0 })
})

test('a migration that leaves rows hanging on nothing has not happened', () => {
  const sql = openSql()
  const tree = {
    number: 2,
    name: 'tree',
    sql: 'CREATE TABLE branch (id INTEGER PRIMARY KEY); CREATE TABLE leaf (branch INTEGER REFERENCES branch (id)); INSERT INTO branch VALUES (1); INSERT INTO leaf VALUES (1)',
  }
  migrate(sql, [first, tree])
  expect(() => migrate(sql, [first, tree, { number: 3, name: 'saw', sql: 'DELETE FROM branch' }])).toThrow('saw')
  expect(sql.get('SELECT count(*) AS branches FROM branch')).toEqual({ branches: 1 })
  expect(() => sql.run('INSERT INTO leaf VALUES (2)')).toThrow()
})
