// Where profiles live on this computer, and what lies in the folder of one.

import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import type { ProfileName } from '../shared/ids.ts'
import { AppLock } from '../shared/model.ts'
import { takeLock } from './file-lock.ts'
import { makeFolder } from './make-folder.ts'
import { writeWhole } from './write-whole.ts'

export interface ProfileFolder {
  readonly name: ProfileName
  readonly path: string
  readonly database: string
  readonly log: string
}

/**
 * What the folder says beside the database. `key` names the key, and is in no way made of it: each time a profile is
 * created it is new, so that no key is ever written over another one.
 */
export const ProfileMark = z.strictObject({
  version: z.literal(1),
  key: z.uuid(),
  /** There where a passphrase is needed too [E9]: said here so that the app can begin locked, without the keychain. */
  lock: z.strictObject({ idleMinutes: AppLock.shape.idleMinutes }).optional(),
  /** Names of keys that are to be taken out of the keychain: a passphrase came, changed or went. */
  obsolete: z.array(z.uuid()).optional(),
  /** The number by which the disk knows this folder. Another one: this is a copy [E12]. */
  folder: z.string().optional(),
})
export type ProfileMark = z.infer<typeof ProfileMark>

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

/** [E4] Undefined: another process has this profile. A process that crashed has it no longer. */
export function lockProfile(folder: ProfileFolder): (() => void) | undefined {
  return takeLock(join(folder.path, 'lock'))
}

/** SQLite makes an empty file before it writes to it: that is none yet. */
export function hasDatabase(folder: ProfileFolder): boolean {
  return (statSync(folder.database, { throwIfNoEntry: false })?.size ?? 0) > 0
}

/** Undefined: there is none that can be read. */
export function readMark(folder: ProfileFolder): ProfileMark | undefined {
  try {
    return ProfileMark.parse(JSON.parse(readFileSync(markOf(folder), 'utf8')))
  } catch {
    return undefined
  }
}

export function writeMark(folder: ProfileFolder, mark: ProfileMark): void {
  writeWhole(markOf(folder), JSON.stringify(mark))
}

/** How the disk names the folder: a copy gets another name, whoever made it and however exactly. */
export function folderNumber(folder: ProfileFolder): string {
  return String(statSync(folder.path, { bigint: true }).ino)
}

function markOf(folder: ProfileFolder): string {
  return join(folder.path, 'profile.json')
}
