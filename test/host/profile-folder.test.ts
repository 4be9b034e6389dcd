// Where profiles are on each platform, and who has one.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasDatabase, lockProfile, readMark, writeMark } from '../../src/host/profile-files.ts'
import { defaultDataFolder, openProfileFolder } from '../../src/host/profile-folder.ts'
import { ProfileName } from '../../src/shared/ids.ts'

const MAIN = ProfileName.parse('main')

let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'sotto-folder-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

test('each platform keeps data where its people expect it', () => {
  const at = (platform: NodeJS.Platform, env: NodeJS.ProcessEnv) => defaultDataFolder(platform, env, '/home/alice')
  expect(at('linux', {})).toBe('/home/alice/.config/sotto')
  expect(at('linux', { XDG_CONFIG_HOME: '/etc/alice' })).toBe('/etc/alice/sotto')
  expect(at('linux', { XDG_CONFIG_HOME: 'relative' })).toBe('/home/alice/.config/sotto')
  expect(at('darwin', {})).toBe('/home/alice/Library/Application Support/Sotto')
  expect(at('win32', { APPDATA: '/roaming' })).toBe('/roaming/Sotto')
  expect(at('win32', { APPDATA: '/roaming', SOTTO_DATA: '/elsewhere' })).toBe('/elsewhere')
})

test('a profile’s folder is its owner’s alone', () => {
  const folder = openProfileFolder(data, MAIN)
  expect(folder.path).toBe(join(data, 'profiles', 'main'))
  expect(statSync(folder.path).mode & 0o077).toBe(0)
  expect(hasDatabase(folder)).toBe(false)
  writeFileSync(folder.database, '')
  expect(hasDatabase(folder)).toBe(false)
  writeFileSync(folder.database, 'x')
  expect(hasDatabase(folder)).toBe(true)
})

test('no name leads out of the folder of profiles', () => {
  for (const name of ['..', '.', '', 'a/b', 'a\\b', '/etc', 'A', 'a\0', '-', 'x'.repeat(33), 'nul.txt']) {
    expect(ProfileName.safeParse(name).success).toBe(false)
  }
})

test('what is written of the key’s name is read again; what makes no sense is not', () => {
  const folder = openProfileFolder(data, MAIN)
  expect(readMark(folder)).toBeUndefined()
  const mark = { version: 1 as const, key: '2f1b1a51-6c4a-4f0e-9d3f-0a8a3c2b7e11' }
  writeMark(folder, mark)
  expect(readMark(folder)).toEqual(mark)
  writeFileSync(join(folder.path, 'profile.json'), '{"version":1')
  expect(readMark(folder)).toBeUndefined()
})

test('[E4] two in one process do not get the same profile, and two profiles do not disturb each other', () => {
  const folder = openProfileFolder(data, MAIN)
  const unlock = lockProfile(folder)
  expect(unlock).toBeDefined()
  expect(lockProfile(folder)).toBeUndefined()
  const other = lockProfile(openProfileFolder(data, ProfileName.parse('second')))
  expect(other).toBeDefined()
  other?.()
  unlock?.()
  lockProfile(folder)?.()
})

test('[E4][F41] another process has the profile until it dies, even if it is killed', async () => {
  const folder = openProfileFolder(data, MAIN)
  const host = (file: string) => JSON.stringify(join(import.meta.dirname, '../../src/host', file))
  const script = `
    import { lockProfile } from ${host('profile-files.ts')}
    import { openProfileFolder } from ${host('profile-folder.ts')}
    globalThis.kept = lockProfile(openProfileFolder(process.argv[1], 'main'))
    process.stdout.write(globalThis.kept ? 'mine' : 'not mine')
    setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script, data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [said] = await once(holder.stdout, 'data')
    expect(String(said)).toBe('mine')
    expect(lockProfile(folder)).toBeUndefined()
  } finally {
    holder.kill('SIGKILL')
    await once(holder, 'exit')
  }
  const unlock = lockProfile(folder)
  expect(unlock).toBeDefined()
  unlock?.()
})
