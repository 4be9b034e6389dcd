// What an installed copy knows of itself: how it was installed, and where its updates come from.

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from 'electron'
import { z } from 'zod'
import { writeWhole } from '../../host/write-whole.ts'
import { type PackageFormat, readPublicKey } from './channel.ts'
import type { Feed } from './channel-provider.ts'
import type { UpdatedApp } from './updater.ts'
import { Version } from './version.ts'

/** Filled in when the app is built (electron.vite.config.ts). A build without them never looks for updates. */
const ADDRESS = process.env.SOTTO_UPDATE_ADDRESS
const KEY = process.env.SOTTO_UPDATE_KEY

/** Undefined: this copy is not one that can be updated. @param data where the name of the installation is kept */
export function feedOf(app: App, data: string): Feed | undefined {
  const format = packageFormat(process.platform, process.env, process.resourcesPath)
  const version = Version.safeParse(app.getVersion())
  if (!app.isPackaged || !ADDRESS || !KEY || format === undefined || !version.success) return undefined
  return {
    address: ADDRESS.endsWith('/') ? ADDRESS : `${ADDRESS}/`,
    key: readPublicKey(KEY),
    installation: {
      version: version.data,
      platform: process.platform,
      arch: process.arch,
      format,
      id: installationName(data),
    },
  }
}

/** How this copy was installed; undefined for what cannot replace itself. */
export function packageFormat(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
  resources: string,
): PackageFormat | undefined {
  if (platform === 'win32') return 'nsis'
  if (platform === 'darwin') return 'zip'
  if (env.APPIMAGE !== undefined) return 'AppImage'
  const type = readIfThere(join(resources, 'package-type'))?.trim()
  return type === 'deb' || type === 'rpm' ? type : undefined
}

/** electron-updater's view of the app. @param folder for what it downloads and remembers */
export function updatedApp(app: App, folder: string): UpdatedApp {
  return {
    version: app.getVersion(),
    name: app.getName(),
    isPackaged: app.isPackaged,
    appUpdateConfigPath: join(process.resourcesPath, 'app-update.yml'),
    userDataPath: folder,
    baseCachePath: folder,
    whenReady: () => app.whenReady().then(() => undefined),
    relaunch: () => app.relaunch(),
    quit: () => app.quit(),
    onQuit: (handler) => void app.once('quit', (_event, code) => handler(code)),
  }
}

/** Random, made once, told to nobody: it only says when it is this installation's turn. */
function installationName(data: string): string {
  const file = join(data, 'installation')
  const known = z.uuid().safeParse(readIfThere(file))
  if (known.success) return known.data
  const name = randomUUID()
  writeWhole(file, name)
  return name
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
