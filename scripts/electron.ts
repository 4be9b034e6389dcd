// Which Electron runs the app: the real binary where it can be had, the stand-in of test/electron-standin elsewhere.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.ts'
import { type Need, needs } from './system.ts'

export type Host = 'real' | 'standin'

const electron = join(root, 'node_modules', 'electron')
const fetchLimitMs = 300_000

/** Whether the binary could be fetched, once that was tried. */
let fetched: boolean | undefined
let saidStandin = false

/**
 * Decides, and says so in one line when it is the stand-in. `SOTTO_ELECTRON=real|standin` forces the choice; it throws if
 * real Electron is forced and cannot be had.
 */
export function chooseHost(forced = process.env.SOTTO_ELECTRON): Host {
  if (forced === 'standin') return 'standin'
  if (forced !== undefined && forced !== 'real') throw new Error(`SOTTO_ELECTRON is real or standin, not ${forced}`)
  if (hasBinary() || fetchBinary()) return 'real'
  if (forced === 'real')
    throw new Error('Real Electron was asked for, but its binary is not there and cannot be fetched.')
  if (!saidStandin)
    console.log("Electron's binary cannot be had here: its stand-in (test/electron-standin) is used instead.")
  saidStandin = true
  return 'standin'
}

/** What the `electron` package and Playwright read to find the host. */
export function hostEnvironment(host: Host): NodeJS.ProcessEnv {
  return host === 'real'
    ? { ELECTRON_OVERRIDE_DIST_PATH: undefined }
    : { ELECTRON_OVERRIDE_DIST_PATH: join(root, 'test', 'electron-standin'), SOTTO_STANDIN_NODE: process.execPath }
}

export function hostNeeds(host: Host): readonly Need[] {
  return host === 'real' ? needs.electron : needs.standin
}

/** Chromium, inside either host, refuses to run as root in its sandbox. */
export function sandboxArguments(): string[] {
  return process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : []
}

function hasBinary(): boolean {
  return existsSync(join(electron, 'dist', 'version')) && existsSync(join(electron, 'path.txt'))
}

function fetchBinary(): boolean {
  if (fetched !== undefined) return fetched
  const { status } = spawnSync(process.execPath, [join(electron, 'install.js')], {
    stdio: 'ignore',
    timeout: fetchLimitMs,
    env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: undefined },
  })
  fetched = status === 0 && hasBinary()
  return fetched
}
