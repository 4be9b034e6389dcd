// electron-updater, told to believe our channel file only, to speak with Node only, and to do nothing by itself.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { App } from 'electron'
import {
  AppImageUpdater,
  type AppUpdater,
  DebUpdater,
  MacUpdater,
  NsisUpdater,
  RpmUpdater,
  type UpdateDownloadedEvent,
} from 'electron-updater'
import type { PackageFormat } from './channel.ts'
import { channelProvider, type Feed } from './channel-provider.ts'
import { NodeExecutor } from './node-executor.ts'

/** What electron-updater asks of the app. */
export type UpdatedApp = NonNullable<ConstructorParameters<typeof NsisUpdater>[1]>

const updaters = {
  AppImage: AppImageUpdater,
  deb: DebUpdater,
  rpm: RpmUpdater,
  nsis: NsisUpdater,
  zip: MacUpdater,
} satisfies Record<PackageFormat, new (options: undefined, app: UpdatedApp) => AppUpdater>

/** A file that lies here, whole, and has not been started. */
export interface DownloadedUpdate {
  readonly version: string
  readonly file: string
  readonly sha512: string
}

/** @param loopback lets it speak without TLS to this computer, for tests */
export function createUpdater(feed: Feed, app: UpdatedApp, loopback = false): AppUpdater {
  const updater = new updaters[feed.installation.format](undefined, app)
  // It has none where the app is handed in.
  Object.assign(updater, { httpExecutor: new NodeExecutor(loopback) })
  updater.logger = null
  updater.autoDownload = false
  updater.autoInstallOnAppQuit = false
  updater.allowDowngrade = false
  updater.allowPrerelease = false
  // What is put together from old and new pieces would be fetched with far more requests, for a few megabytes.
  updater.disableDifferentialDownload = true
  updater.setFeedURL({ provider: 'custom', updateProvider: channelProvider(feed) })
  return updater
}

/** Undefined if there is nothing newer for us. Rejects if it cannot be had, or is not what the channel says. */
export async function downloadUpdate(updater: AppUpdater): Promise<DownloadedUpdate | undefined> {
  // What it also tells here, it rejects with.
  const ignore = (): void => {}
  const { promise: downloaded, resolve } = Promise.withResolvers<UpdateDownloadedEvent>()
  updater.on('error', ignore)
  updater.once('update-downloaded', resolve)
  try {
    const found = await updater.checkForUpdates()
    if (!found?.isUpdateAvailable) return undefined
    await updater.downloadUpdate()
    const { version, downloadedFile } = await downloaded
    return { version, file: downloadedFile, sha512: found.updateInfo.files[0]?.sha512 ?? '' }
  } finally {
    updater.off('error', ignore)
    updater.off('update-downloaded', resolve)
  }
}

/** Puts the downloaded update in the place of this app and starts that, once this one has ended. */
export function installAndRestart(updater: AppUpdater, app: Pick<App, 'relaunch' | 'quit'>): void {
  if (!(updater instanceof AppImageUpdater)) {
    updater.quitAndInstall(true, true)
    return
  }
  // It would start the new one beside this one, which still has the profile: Electron starts it afterwards.
  let execPath = process.env.APPIMAGE ?? ''
  updater.once('appimage-filename-updated', (renamed) => {
    execPath = renamed
  })
  if (!updater.install(true, false)) return
  app.relaunch({ execPath, args: process.argv.slice(1) })
  app.quit()
}

/** Once more, right before it is started: others may have written to it since. */
export async function isStillWhole({ file, sha512 }: DownloadedUpdate): Promise<boolean> {
  const bytes = await readFile(file).catch(() => undefined)
  return bytes !== undefined && createHash('sha512').update(bytes).digest('base64') === sha512
}
