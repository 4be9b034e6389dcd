// A display and a keychain for machines that have neither: Xvfb with openbox, and gnome-keyring on a bus of its own.
// Everything started here ends with us, even if we are killed.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { projectEnvironment } from './run.ts'

/** Environment variables to give to whatever shall use the display or the keychain. */
export type Environment = Readonly<Record<string, string>>

type Companion = ChildProcessByStdio<Writable, Readable, null>

const limitMs = 20_000

/** Runs with a display that has room for two windows, and a window manager on it. */
export async function withDisplay<T>(use: (environment: Environment) => Promise<T>): Promise<T> {
  // Xvfb picks a free number itself and writes it to the descriptor it is told.
  const screen = ['-screen', '0', '1680x1050x24', '-nolisten', 'tcp', '-displayfd', '1']
  const server = startCompanion(endedWithUs, ['Xvfb', ...screen])
  try {
    const environment = { DISPLAY: `:${await firstLine(server, 'Xvfb')}` }
    const manager = startCompanion(endedWithUs, ['openbox'], environment)
    try {
      return await use(environment)
    } finally {
      await end(manager)
    }
  } finally {
    await end(server)
  }
}

/** Runs with an empty, unlocked keychain and an empty home: the real ones are out of reach. */
export async function withKeyring<T>(use: (environment: Environment) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'sotto-home-'))
  try {
    return await withUnlockedKeyring(home, (bus) => use({ HOME: home, XDG_CONFIG_HOME: join(home, '.config'), ...bus }))
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Runs with the keychain that is kept in `folder`, unlocked, on a bus of its own. Its password protects nothing. */
export async function withUnlockedKeyring<T>(
  folder: string,
  use: (environment: Environment) => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const environment = { XDG_DATA_HOME: folder, XDG_RUNTIME_DIR: folder }
  const session = startCompanion(keyringUntilWeEnd, ['dbus-run-session', '--', 'sh', '-c', unlockKeyring], environment)
  try {
    return await use({ DBUS_SESSION_BUS_ADDRESS: await firstLine(session, 'the keychain') })
  } finally {
    await end(session)
  }
}

/** Starts the arguments, waits for our end of the pipe to close, ends them. */
const endedWithUs = '"$@" & companion=$!; exec >&-; cat >/dev/null; kill "$companion"; wait "$companion"'

/** dbus-run-session ends its bus, and all that is on it, when its command ends. */
const keyringUntilWeEnd = 'unset DBUS_SESSION_BUS_ADDRESS; exec "$@"'

/** gnome-keyring refuses an empty password. */
const unlockKeyring = `
  printf 'open\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null || exit 1
  echo "$DBUS_SESSION_BUS_ADDRESS"
  cat >/dev/null`

/** In a process group of its own, so that Ctrl-C does not take the display from an app that is still closing. */
function startCompanion(script: string, command: readonly string[], environment: Environment = {}): Companion {
  return spawn('sh', ['-c', script, 'sh', ...command], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: projectEnvironment(environment),
  })
}

/** Rejects if the companion ends, or says nothing in time. */
async function firstLine(companion: Companion, name: string): Promise<string> {
  const lines = createInterface({ input: companion.stdout })
  const ended = once(lines, 'close').then((): never => {
    throw new Error(`${name} did not start`)
  })
  ended.catch(() => undefined)
  const said = once(lines, 'line', { signal: AbortSignal.timeout(limitMs) }) as Promise<[string]>
  const [line] = await Promise.race([said, ended])
  return line
}

async function end(companion: Companion): Promise<void> {
  if (companion.exitCode !== null || companion.signalCode !== null) return
  const limit = setTimeout(() => companion.kill('SIGKILL'), limitMs)
  companion.stdin.end()
  await once(companion, 'exit')
  clearTimeout(limit)
}
