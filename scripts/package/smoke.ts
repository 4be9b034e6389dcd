// Installs each package in out/release that this machine can, and lets the app in it try itself (`--smoke-test`).
// For build machines: it installs for real, and needs the right to.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withDisplay, withKeyring } from '../display.ts'
import { sandboxArguments } from '../electron.ts'
import { exitWith, root } from '../run.ts'

/** Milliseconds; the app itself gives up after a minute. */
const PATIENCE = 120_000

const work = mkdtempSync(join(tmpdir(), 'sotto-smoke-'))
const run = (program: string, ...args: string[]): void => void execFileSync(program, args, { stdio: 'inherit' })

/** By the ending of a package: how it is installed. Answers the command that starts the app in it. */
const install: Readonly<Record<string, (file: string) => string[]>> = {
  deb(file) {
    run('sudo', 'apt-get', 'install', '--yes', '--no-install-recommends', file)
    return ['/opt/Sotto/sotto']
  },
  rpm(file) {
    // Build machines are Debian's kind: what the package holds is unpacked, not installed.
    run('sh', '-c', 'cd "$1" && rpm2cpio "$2" | cpio -idm --quiet', 'sh', work, file)
    return [join(work, 'opt/Sotto/sotto'), '--no-sandbox']
  },
  AppImage(file) {
    run('chmod', '+x', file)
    return [file, '--appimage-extract-and-run', '--no-sandbox']
  },
  dmg(file) {
    const volume = join(work, 'volume')
    run('hdiutil', 'attach', '-nobrowse', '-readonly', '-mountpoint', volume, file)
    return [join(volume, 'Sotto.app/Contents/MacOS/Sotto')]
  },
  zip(file) {
    run('ditto', '-xk', file, join(work, 'zip'))
    return [join(work, 'zip/Sotto.app/Contents/MacOS/Sotto')]
  },
  exe(file) {
    const place = join(work, 'installed')
    run(file, '/S', `/D=${place}`)
    return [join(place, 'Sotto.exe')]
  },
}

await exitWith(
  process.platform === 'linux'
    ? withDisplay((screen) => withKeyring((home) => smoke({ ...screen, ...home })))
    : smoke({}),
)

/** Resolves with 0 if every package was tried and is well. */
async function smoke(surroundings: NodeJS.ProcessEnv): Promise<number> {
  const folder = join(root, 'out', 'release')
  const packages = readdirSync(folder).filter((name) => name.startsWith('Sotto-') && !name.endsWith('.blockmap'))
  if (packages.length === 0) throw new Error('There is nothing in out/release')
  const failed = packages.filter((name) => !isWell(join(folder, name), surroundings))
  for (const name of failed) console.error(`${name} does not pass its smoke test`)
  if (process.platform === 'darwin') run('hdiutil', 'detach', join(work, 'volume'))
  rmSync(work, { recursive: true, force: true })
  return failed.length === 0 ? 0 : 1
}

function isWell(file: string, surroundings: NodeJS.ProcessEnv): boolean {
  const ending = file.slice(file.lastIndexOf('.') + 1)
  const [program = '', ...args] = install[ending]?.(file) ?? []
  const data = mkdtempSync(join(work, 'data-'))
  const { status } = spawnSync(program, [...args, ...sandboxArguments(), '--smoke-test', '--data', data], {
    stdio: 'inherit',
    timeout: PATIENCE,
    env: { ...process.env, ...surroundings },
  })
  console.log(`${file}: ${status === 0 ? 'well' : `ended with ${status}`}`)
  return status === 0
}
