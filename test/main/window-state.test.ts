// Where a window comes back.

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fitToScreens, readWindowState, writeWindowState } from '../../src/main/window-state.ts'

const laptop = { x: 0, y: 25, width: 1440, height: 875 }
const beside = { x: 1440, y: 0, width: 1920, height: 1080 }

test('it comes back where it stood', () => {
  const bounds = { x: 1500, y: 40, width: 1200, height: 800 }
  expect(fitToScreens(bounds, [laptop, beside])).toEqual(bounds)
})

test('it does not come back where no screen is any more, or where its title could not be reached', () => {
  expect(fitToScreens({ x: 1500, y: 40, width: 1200, height: 800 }, [laptop])).toBeUndefined()
  expect(fitToScreens({ x: 0, y: -300, width: 1200, height: 800 }, [laptop])).toBeUndefined()
  expect(fitToScreens({ x: -1190, y: 40, width: 1200, height: 800 }, [laptop])).toBeUndefined()
  expect(fitToScreens(null, [laptop])).toBeUndefined()
})

test('it is no larger than the screen and no smaller than it is of use', () => {
  expect(fitToScreens({ x: 0, y: 25, width: 5000, height: 5000 }, [laptop])).toMatchObject({ width: 1440, height: 875 })
  expect(fitToScreens({ x: 0, y: 25, width: 1, height: 1 }, [laptop])).toMatchObject({ width: 400, height: 480 })
})

test('what is remembered is read again, by its owner only; a broken file is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-window-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'window.json')
  const never = { bounds: null, maximized: false, theme: 'system' }
  expect(readWindowState(file)).toEqual(never)
  const state = { bounds: { x: 1, y: 2, width: 800, height: 600 }, maximized: true, theme: 'dark' } as const
  writeWindowState(file, state)
  expect(readWindowState(file)).toEqual(state)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['window.json'])
  for (const broken of [
    '',
    '{',
    '[]',
    '{"bounds":{"x":"1"}}',
    '{"bounds":null,"maximized":false,"theme":"<script>"}',
  ]) {
    writeFileSync(file, broken)
    expect(readWindowState(file)).toEqual(never)
  }
})
