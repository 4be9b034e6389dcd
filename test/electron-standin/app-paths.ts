// Where `app.getPath` points, by Electron's rules on Linux.

import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { switchValue } from './launch.ts'

const moved = new Map<string, string>()

export function movePath(name: string, path: string): void {
  moved.set(name, path)
}

/** Throws Electron's error for a name it does not know. */
export function appPath(name: string, appName: string): string {
  const path = moved.get(name) ?? defaultPath(name, appName)
  if (path === undefined) throw new Error(`Failed to get '${name}' path`)
  return path
}

function defaultPath(name: string, appName: string): string | undefined {
  const home = homedir()
  const config = process.env.XDG_CONFIG_HOME ?? join(home, '.config')
  const asked = switchValue('user-data-dir')
  switch (name) {
    case 'home':
      return home
    case 'appData':
      return config
    case 'userData':
      return asked === undefined ? join(config, appName) : resolve(asked)
    case 'sessionData':
      return appPath('userData', appName)
    case 'temp':
      return tmpdir()
    case 'exe':
      return process.argv[0]
    case 'module':
      return process.execPath
    case 'logs':
      return join(appPath('userData', appName), 'logs')
    case 'crashDumps':
      return join(appPath('userData', appName), 'Crashpad')
    case 'desktop':
    case 'documents':
    case 'downloads':
    case 'music':
    case 'pictures':
    case 'videos':
      return join(home, name.charAt(0).toUpperCase() + name.slice(1))
    default:
      return undefined
  }
}
