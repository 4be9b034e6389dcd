// The packages for Linux, as far as they can be made without downloads: what a Debian package and an AppImage hold.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildPackages } from '../../scripts/package/build-packages.ts'
import { writePapers } from '../../scripts/package/papers.ts'
import { makeStandinDistribution } from '../../scripts/package/standin-dist.ts'

const work = mkdtempSync(join(tmpdir(), 'sotto-linux-'))
const target = { platform: 'linux', arch: 'x64' } as const
const run = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'utf8' })

beforeAll(async () => {
  process.env.CUSTOM_FPM_PATH = join(import.meta.dirname, 'fpm-standin.ts')
  process.env.APPIMAGE_TOOLS_PATH = appImageTools()
  writePapers()
  const electronDist = await makeStandinDistribution(work, target)
  const directories = { output: join(work, 'made'), buildResources: 'resources' }
  await buildPackages(target, ['deb', 'AppImage'], { electronDist, directories })
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

describe('the Debian package', () => {
  const installed = join(work, 'installed')

  beforeAll(() => void run('dpkg-deb', '--raw-extract', made('.deb'), installed))

  test('says what it is and what it needs, the library of the keychain among it', () => {
    const field = (name: string): string => run('dpkg-deb', '--field', made('.deb'), name).trim()
    expect(field('Package')).toBe('sotto')
    expect(field('Architecture')).toBe('amd64')
    expect(field('Section')).toBe('net')
    expect(field('Depends').split(', ')).toEqual(expect.arrayContaining(['libgtk-3-0', 'libnss3', 'libsecret-1-0']))
    expect(field('Description')).toMatch(/^Private messages/)
  })

  test('has a desktop file without mistakes, which answers sotto: links', () => {
    const file = join(installed, 'usr/share/applications/sotto.desktop')
    run('desktop-file-validate', file)
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('MimeType=x-scheme-handler/sotto;')
    expect(text).toMatch(/^Exec=\/opt\/Sotto\/sotto .*%U$/m)
    expect(text).toContain('StartupWMClass=sotto')
  })

  test('tells software centres about itself', () => {
    const [file = ''] = readdirSync(join(installed, 'usr/share/metainfo'))
    run('appstreamcli', 'validate', '--no-net', join(installed, 'usr/share/metainfo', file))
  })

  test('brings its icon in every size', () => {
    for (const size of [16, 24, 32, 48, 64, 128, 256, 512, 1024]) {
      const png = readFileSync(join(installed, `usr/share/icons/hicolor/${size}x${size}/apps/sotto.png`))
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size])
    }
  })

  test('lets AppArmor allow the sandbox, and says how it was installed', () => {
    const resources = join(installed, 'opt/Sotto/resources')
    expect(readFileSync(join(resources, 'apparmor-profile'), 'utf8')).toContain('userns,')
    expect(readFileSync(join(resources, 'package-type'), 'utf8')).toBe('deb')
  })
})

describe('the AppImage', () => {
  test('holds the app, its desktop file and its icon', () => {
    const listed = run('unsquashfs', '-offset', String(RUNTIME.length), '-ls', '-dest', '', made('.AppImage')).split(
      '\n',
    )
    const wanted = [
      '/AppRun',
      '/sotto.desktop',
      '/sotto.png',
      '/sotto',
      '/resources/app.asar',
      '/resources/LICENSE.txt',
    ]
    expect(listed).toEqual(expect.arrayContaining(wanted))
  })
})

/** Where a real AppImage has its loader. This one cannot be started. */
const RUNTIME = Buffer.alloc(4096, 'AppImage runtime ')

/** The builder's folder of tools, made of the system's. */
function appImageTools(): string {
  const tools = join(work, 'tools')
  for (const folder of ['runtimes', 'lib/x64']) mkdirSync(join(tools, folder), { recursive: true })
  for (const program of ['mksquashfs', 'desktop-file-validate']) {
    const [path = ''] = run('which', program).split('\n')
    symlinkSync(path, join(tools, program))
  }
  writeFileSync(join(tools, 'runtimes/runtime-x64'), RUNTIME)
  return tools
}

function made(ending: string): string {
  const name = readdirSync(join(work, 'made')).find((file) => file.endsWith(ending))
  return join(work, 'made', name ?? `nothing that ends with ${ending}`)
}
