// The rooms of the house: who may import whom, tried out. In a copy of the sources, files that break the layer rule are
// added to each folder, and the compiler and the linter have to find every one of them.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Each names another file: the compiler complains of a file once. Folder, what breaks the rule there, and the line that does. */
const forbiddenByCompiler: readonly [folder: string, what: string, line: string][] = [
  ['shared', 'imports the protocol', "import '../protocol/limits.ts'"],
  ['protocol', 'imports the engine', "import '../engine/queue.ts'"],
  ['engine', 'imports the host', "import '../host/clock.ts'"],
  ['engine', 'imports the relay', "import '../relay/bell.ts'"],
  ['engine', 'uses a module of Node', "import 'node:fs'\nimport { readFileSync } from 'node:fs'\nreadFileSync('x')"],
  ['engine', 'uses process', 'process.exit()'],
  ['engine', 'uses setTimeout', 'setTimeout(() => undefined, 1)'],
  ['engine', 'uses console', "console.log('x')"],
  ['engine', 'uses the page', 'window.close()'],
  ['relay', 'imports the engine', "import '../engine/queue.ts'"],
  ['relay', 'imports the host', "import '../host/clock.ts'"],
  [
    'relay',
    'imports a type of the engine',
    "import type { ChangeFeed } from '../engine/changes.ts'\nexport type Mine = ChangeFeed",
  ],
  ['host', 'imports the relay', "import '../relay/bell.ts'"],
  ['host', 'imports the main process', "import '../main/index.ts'"],
  ['renderer', 'imports the engine', "import '../engine/queue.ts'"],
  [
    'renderer',
    'imports a type of the engine',
    "import type { ChangeFeed } from '../engine/changes.ts'\nexport type Mine = ChangeFeed",
  ],
  ['renderer', 'imports the protocol', "import '../protocol/limits.ts'"],
  ['renderer', 'uses Node', 'process.exit()'],
  ['preload', 'imports the engine', "import '../engine/queue.ts'"],
  ['preload', 'imports the main process', "import '../main/index.ts'"],
  ['cli', 'imports the main process', "import '../main/index.ts'"],
]

const forbiddenByLinter: readonly [folder: string, what: string, line: string][] = [
  [
    'engine/messages',
    'speaks to libsignal',
    "import { PublicKey } from '@signalapp/libsignal-client'\nexport const key = PublicKey",
  ],
  [
    'relay',
    'speaks to libsignal',
    "import { PublicKey } from '@signalapp/libsignal-client'\nexport const key = PublicKey",
  ],
  ['main', 'speaks to the keychain', "import keytar from 'keytar'\nexport const k = keytar"],
  ['engine', 'speaks to the keychain', "import keytar from 'keytar'\nexport const k = keytar"],
  ['main', 'uses the window’s store', "import { create } from 'zustand'\nexport const c = create"],
  [
    'main',
    'listens to the window beside the one door',
    "import { ipcMain } from 'electron'\nexport const door = ipcMain",
  ],
  ['engine', 'reads the clock', 'export const now = (): number => Date.now()'],
  ['relay', 'reads the clock', 'export const now = (): Date => new Date()'],
  ['engine', 'throws dice', 'export const chance = (): number => Math.random()'],
  ['relay', 'throws dice', 'export const chance = (): number => Math.random()'],
  [
    'engine',
    'leaves a promise alone',
    'async function work(): Promise<void> {}\nexport function start(): void {\n  work()\n}',
  ],
  ['renderer', 'makes markup of text', "export const x = <div dangerouslySetInnerHTML={{ __html: '' }} />"],
]

let copy: string
let compiled: string
let linted: string

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'sotto-layers-'))
  for (const part of ['src', 'scripts/lint', 'tsconfig.base.json', 'biome.json', 'package.json']) {
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: (file) => !file.includes('/.tsbuildinfo') })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  forbiddenByCompiler.forEach(([folder, , line], i) => {
    writeFileSync(join(copy, 'src', folder, `compiler-probe-${i}.ts`), `${line}\nexport {}\n`)
  })
  const folders = ['shared', 'protocol', 'engine', 'host', 'relay', 'main', 'preload', 'renderer', 'cli']
  const tsc = join(root, 'node_modules/.bin/tsc')
  const build = spawnSync(tsc, ['-b', ...folders.map((name) => `src/${name}`)], { cwd: copy, encoding: 'utf8' })
  compiled = build.stdout
  forbiddenByLinter.forEach(([folder, , line], i) => {
    writeFileSync(join(copy, 'src', folder, probe(folder, i)), `${line}\n`)
  })
  const biome = join(root, 'node_modules/.bin/biome')
  const lint = spawnSync(biome, ['lint', '--vcs-enabled=false', '--max-diagnostics=200', '--colors=off', 'src'], {
    cwd: copy,
    encoding: 'utf8',
  })
  linted = `${lint.stdout}${lint.stderr}`
}, 120_000)

afterAll(() => rmSync(copy, { recursive: true, force: true }))

function probe(folder: string, i: number): string {
  return `linter-probe-${i}.${folder === 'renderer' ? 'tsx' : 'ts'}`
}

describe('the compiler', () => {
  test.each(forbiddenByCompiler.map(([folder, what], i) => ({ folder, what, i })))(
    'finds that $folder $what',
    ({ folder, i }) => {
      expect(compiled).toMatch(new RegExp(`src/${folder}/compiler-probe-${i}\\.ts\\(\\d+,\\d+\\): error`))
    },
  )
})

describe('the linter', () => {
  test.each(forbiddenByLinter.map(([folder, what], i) => ({ folder, what, i })))(
    'finds that $folder $what',
    ({ folder, i }) => {
      expect(linted).toContain(`src/${folder}/${probe(folder, i)}:`)
    },
  )
})
