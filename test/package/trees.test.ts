// What the builder makes for each system and processor, on a distribution that stands in for Electron's.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildPackages } from '../../scripts/package/build-packages.ts'
import {
  inspectContents,
  inspectFuses,
  inspectIntegrity,
  inspectNativeFiles,
  inspectPapers,
  inspectSize,
  propertyList,
} from '../../scripts/package/inspect.ts'
import { writePapers } from '../../scripts/package/papers.ts'
import { makeStandinDistribution } from '../../scripts/package/standin-dist.ts'
import {
  executable,
  nameOf,
  parseTarget,
  resourcesFolder,
  targets,
  unpackedFolder,
} from '../../scripts/package/target.ts'

const work = mkdtempSync(join(tmpdir(), 'sotto-trees-'))

beforeAll(writePapers)
afterAll(() => rmSync(work, { recursive: true, force: true }))

describe.each(targets.map((target) => ({ name: nameOf(target), target })))('the app for $name', ({ target }) => {
  const unpacked = join(work, 'made', unpackedFolder(target))

  beforeAll(async () => {
    const electronDist = await makeStandinDistribution(work, target)
    const output = join(work, 'made')
    await buildPackages(target, ['dir'], { electronDist, directories: { output, buildResources: 'resources' } })
  })

  test('holds what it needs to run, and nothing else', () => {
    expect(inspectContents(unpacked, target)).toEqual([])
  })

  test('has one native file for each module, made for it, outside the archive', () => {
    expect(inspectNativeFiles(unpacked, target)).toEqual([])
  })

  test('keeps to its budget', () => {
    expect(inspectSize(unpacked, target)).toEqual([])
  })

  test('brings its licences, its notices and its bill of materials', () => {
    expect(inspectPapers(unpacked, target)).toEqual([])
  })

  test('has its fuses blown, also those that Electron comes with the other way round', async () => {
    expect(await inspectFuses(unpacked, target)).toEqual([])
  })

  test('says which archive it is whole with', () => {
    expect(inspectIntegrity(unpacked, target)).toEqual([])
  })

  if (target.platform !== 'darwin') return

  test('answers sotto: links, and connects without TLS to this computer only', () => {
    const list = propertyList(unpacked)
    expect(list).toMatch(/<key>CFBundleURLSchemes<\/key>\s*<array>\s*<string>sotto<\/string>/)
    expect(list).toMatch(/<key>NSAllowsArbitraryLoads<\/key>\s*<false\/>/)
    expect(
      readFileSync(join(resourcesFolder(unpacked, target), 'icon.icns'))
        .subarray(0, 4)
        .toString(),
    ).toBe('icns')
  })
})

describe('whoever looks into an app', () => {
  const x64 = parseTarget('win32', 'x64')
  const arm64 = parseTarget('win32', 'arm64')
  const spoiled = join(work, 'spoiled')

  beforeAll(() => cpSync(join(work, 'made', unpackedFolder(x64)), spoiled, { recursive: true }))

  test('sees native files for another processor', () => {
    expect(inspectNativeFiles(spoiled, arm64)).toHaveLength(3)
  })

  test('sees Electron’s welcome app', () => {
    const welcome = join(resourcesFolder(spoiled, x64), 'default_app.asar')
    writeFileSync(welcome, '')
    expect(inspectContents(spoiled, x64)).toEqual(["Electron's welcome app is there"])
    rmSync(welcome)
  })

  test('sees an archive that was changed after it was packed', () => {
    const archive = join(resourcesFolder(spoiled, x64), 'app.asar')
    const whole = readFileSync(archive)
    const changed = Buffer.from(whole)
    const name = changed.indexOf('relay-process.js')
    changed.write('R', name)
    writeFileSync(archive, changed)
    expect(inspectIntegrity(spoiled, x64)).toHaveLength(1)
    writeFileSync(archive, whole)
  })

  test('sees a fuse that is not blown', async () => {
    const program = executable(spoiled, x64)
    const bytes = readFileSync(program)
    const wire = bytes.indexOf('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX') + 34
    bytes.write('1', wire)
    writeFileSync(program, bytes)
    expect(await inspectFuses(spoiled, x64)).toEqual(['the fuse runAsNode is not false'])
  })
})
