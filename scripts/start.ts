// `npm start`: builds what has changed and opens the app. Where there is no display or keychain, it brings its own.

import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { build, isStale } from './build.ts'
import { type Environment, withDisplay, withUnlockedKeyring } from './display.ts'
import { chooseHost, hostEnvironment, hostNeeds, sandboxArguments } from './electron.ts'
import { exitWith, runTool } from './run.ts'
import { ensureSystem, needs } from './system.ts'

type Surrounding = <T>(use: (environment: Environment) => Promise<T>) => Promise<T>

const { DISPLAY, WAYLAND_DISPLAY, DBUS_SESSION_BUS_ADDRESS, XDG_DATA_HOME } = process.env
const isHeadless = process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY
const asTheyAre: Surrounding = (use) => use({})

await exitWith(start(process.argv.slice(2)))

/** Resolves with the app's exit code, or with 1 if it could not be started. */
async function start(args: readonly string[]): Promise<number> {
  const host = chooseHost()
  const missingDesktop = isHeadless ? [...needs.display, ...needs.keyring] : []
  if (!ensureSystem([...hostNeeds(host), ...needs.keychain, ...missingDesktop])) return 1
  if (isStale() && (await build()) !== 0) return 1
  return display()((screen) =>
    keychain()((bus) => {
      const environment = { ...hostEnvironment(host), ...screen, ...bus }
      return runTool('electron', ['.', ...sandboxArguments(), ...args], environment)
    }),
  )
}

function display(): Surrounding {
  if (!isHeadless) return asTheyAre
  return (use) =>
    withDisplay((environment) => {
      console.log(`There is no display here: the app opens on a virtual one, DISPLAY=${environment.DISPLAY}`)
      return use(environment)
    })
}

/** A desktop's own keychain is left alone, even if it is locked: the app says so itself. */
function keychain(): Surrounding {
  if (!isHeadless || hasSecretService()) return asTheyAre
  const folder = join(XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'sotto-headless')
  console.log(`There is no keychain here: the app uses one without protection, kept in ${folder}`)
  return (use) => withUnlockedKeyring(folder, use)
}

function hasSecretService(): boolean {
  if (!DBUS_SESSION_BUS_ADDRESS) return false
  const ping = ['/org/freedesktop/secrets', 'org.freedesktop.DBus.Peer.Ping']
  const { status } = spawnSync('dbus-send', ['--session', '--print-reply', '--dest=org.freedesktop.secrets', ...ping])
  return status === 0
}
