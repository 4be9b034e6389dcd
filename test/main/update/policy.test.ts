// Where somebody else sees to updates, the app does not look for them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { packageFormat } from '../../../src/main/update/installed-app.ts'
import { mayUpdate } from '../../../src/main/update/policy.ts'

const folder = mkdtempSync(join(tmpdir(), 'sotto-policy-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('without a word from anybody, it looks', () => {
  expect(mayUpdate({}, join(folder, 'none.json'))).toBe(true)
})

test.each([
  ['{"updates":"off"}', false],
  ['{"updates":"on","later":true}', true],
  ['{}', true],
  ['{"updates":', false],
  ['{"updates":"sometimes"}', false],
])('the administrator’s file says %s', (text, expected) => {
  const file = join(folder, 'policy.json')
  writeFileSync(file, text)
  expect(mayUpdate({}, file)).toBe(expected)
  expect(mayUpdate({ SOTTO_UPDATES: 'off' }, file)).toBe(false)
})

test('a copy knows how it was installed, or that nobody installed it', () => {
  expect(packageFormat('win32', {}, folder)).toBe('nsis')
  expect(packageFormat('linux', { APPIMAGE: '/home/alice/Sotto.AppImage' }, folder)).toBe('AppImage')
  expect(packageFormat('linux', {}, folder)).toBeUndefined()
  writeFileSync(join(folder, 'package-type'), 'rpm')
  expect(packageFormat('linux', {}, folder)).toBe('rpm')
})
