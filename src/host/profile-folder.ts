// Where profiles live on this computer.

import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { ProfileName } from '../shared/ids.ts'
import { makeFolder } from './make-folder.ts'

export interface ProfileFolder {
  readonly name: ProfileName
  readonly path: string
  readonly database: string
  readonly log: string
}

/** Where this platform keeps what belongs to an application; `SOTTO_DATA` in the environment is somewhere else. */
export function defaultDataFolder(platform = process.platform, env = process.env, home = homedir()): string {
  if (env.SOTTO_DATA) return env.SOTTO_DATA
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Sotto')
  if (platform === 'win32') return join(env.APPDATA || join(home, 'AppData', 'Roaming'), 'Sotto')
  // A relative path is to be ignored, says the XDG base directory specification.
  const config = env.XDG_CONFIG_HOME
  return join(config && isAbsolute(config) ? config : join(home, '.config'), 'sotto')
}

/** `<data>/profiles/<name>`, made for its owner only if it is not there. */
export function openProfileFolder(data: string, name: ProfileName): ProfileFolder {
  const path = join(data, 'profiles', name)
  makeFolder(join(path, 'logs'))
  return { name, path, database: join(path, 'sotto.db'), log: join(path, 'logs', 'sotto.log') }
}
