// Migrations: each once, in order, whole or not at all.

import { expect, test } from 'vitest'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { keys } from '../../../src/engine/storage/migrations/0001-keys.ts'
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
