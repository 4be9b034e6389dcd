// The log: what it writes, what it will not write, and that it never grows for ever.

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LogFields } from '../../src/engine/ports.ts'
import { createLog, logToFile } from '../../src/host/log.ts'
import { Secret } from '../../src/host/secret.ts'
import { whereThrown } from '../../src/shared/thrown.ts'
import { createTestClock } from '../clock.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-log-'))
  file = join(folder, 'sotto.log')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function collect() {
  const lines: string[] = []
  const log = createLog({ write: (line) => lines.push(line), close: () => {} }, createTestClock())
  return { log, lines }
}

test('a line is one JSON object with its time, level, event and fields', () => {
  const { log, lines } = collect()
  log.info('wire.ended', { why: 'closed', after: 12, clean: true })
  log.debug('not asked for')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    level: 'info',
    event: 'wire.ended',
    why: 'closed',
    after: 12,
    clean: true,
  })
})

test('[K1] an object that slipped past the types is left out: no secret, row, error or message gets in', () => {
  const { log, lines } = collect()
  const key = new Secret(new TextEncoder().encode('canary'))
  const smuggled: Record<string, unknown> = {
    key,
    row: { text: 'canary' },
    bytes: new TextEncoder().encode('canary'),
    error: new Error('canary'),
    list: ['canary'],
    level: 'canary',
  }
  log.warn('something', Object.assign<LogFields, Record<string, unknown>>({ id: 'm-1' }, smuggled) as LogFields)
  expect(lines.join('')).not.toContain('canary')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', id: 'm-1' })
})

test('nobody writes a second line into the log, or a long one', () => {
  const { log, lines } = collect()
  log.info('event', { id: `one\n{"level":"error"}${'x'.repeat(1000)}` })
  expect(lines[0]?.trimEnd().split('\n')).toHaveLength(1)
  expect(lines[0]?.length).toBeLessThan(300)
})

test('of an error its kind and its place are told, not its words', () => {
  const fields = whereThrown(new TypeError('canary is not a function\n    at canary.ts:1:2'))
  expect(fields).toEqual({ error: 'TypeError', place: expect.stringMatching(/\.ts:\d+$/) })
  expect(whereThrown('canary')).toEqual({ error: 'string' })
})

test('the file is its owner’s alone, and is put aside when it is full', () => {
  const sink = logToFile(file, 1000)
  for (let number = 0; number < 50; number++) sink.write(`${'x'.repeat(98)}\n`)
  sink.close()
  sink.write('after the end\n')
  for (const name of [file, `${file}.1`]) {
    expect(statSync(name).size).toBeLessThanOrEqual(1000)
    expect(statSync(name).mode & 0o077).toBe(0)
  }
  const again = logToFile(file, 1000)
  again.write('goes on\n')
  again.close()
  expect(readFileSync(file, 'utf8')).toMatch(/goes on\n$/)
})

test('a log that cannot be put aside loses lines, and stops nobody', () => {
  const sink = logToFile(file, 10)
  rmSync(folder, { recursive: true })
  sink.write('a line that does not fit any more\n')
  sink.close()
})
