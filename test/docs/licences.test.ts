// What ships with the app may ship with it: every licence fits the AGPL, and is the one the package itself names.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { read, root } from './project.ts'

const fitting = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'AGPL-3.0-only',
  'CC0-1.0',
  'OFL-1.1',
  'Python-2.0',
  'Unlicense',
])

/** Bundled by Vite, which is why package.json has them among the tools. */
const bundled = [
  '@bufbuild/protobuf',
  '@fontsource-variable/inter',
  '@noble/hashes',
  'builder-util-runtime',
  'electron-updater',
  'intl-messageformat',
  'radix-ui',
  'react',
  'react-dom',
  'react-virtuoso',
  'uqr',
  'ws',
  'zod',
  'zustand',
]

interface Locked {
  dev?: boolean
  license?: string
  dependencies?: Record<string, string>
}

const locked: Record<string, Locked> = JSON.parse(read('package-lock.json').text).packages

test('the project itself is AGPL-3.0-only', () => {
  expect(JSON.parse(read('package.json').text).license).toBe('AGPL-3.0-only')
  expect(read('LICENSE').text).toContain('GNU AFFERO GENERAL PUBLIC LICENSE')
})

test('so is what it ships, or under something that fits', () => {
  const shipped = new Set(Object.keys(locked).filter((path) => path !== '' && locked[path]?.dev !== true))
  for (const name of bundled) addWithDependencies(`node_modules/${name}`, shipped)
  expect(shipped.size).toBeGreaterThan(20)
  const unfit = [...shipped].map((path) => [path, licenceOf(path)]).filter(([, licence = '']) => !fits(licence))
  expect(unfit).toEqual([])
})

function addWithDependencies(path: string, found: Set<string>): void {
  if (found.has(path)) return
  found.add(path)
  for (const name of Object.keys(locked[path]?.dependencies ?? {})) addWithDependencies(whereFound(name, path), found)
}

/** As Node looks for it: beside, then further out. */
function whereFound(name: string, from: string): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (path in locked) return path
    if (folder === '') throw new Error(`${name} is not in the lockfile`)
  }
}

/** Packages for other systems are not here: of those the lockfile tells. */
function licenceOf(path: string): string {
  const file = join(path, 'package.json')
  const itself = existsSync(join(root, file)) ? JSON.parse(read(file).text).license : undefined
  return itself ?? locked[path]?.license ?? 'none'
}

/** One of several, or all of several. */
function fits(licence: string): boolean {
  const words = licence.replace(/[()]/g, '')
  if (words.includes(' OR ')) return words.split(' OR ').some(fits)
  return words.split(' AND ').every((name) => fitting.has(name))
}
