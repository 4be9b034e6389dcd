// Updates for this app, unless somebody else sees to them: one process of all that run looks for them.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from 'electron'
import type { Log } from '../engine/ports.ts'
import { systemClock } from '../host/clock.ts'
import { takeLock } from '../host/file-lock.ts'
import type { Feed } from './update/channel-provider.ts'
import { feedOf, updatedApp } from './update/installed-app.ts'
import { mayUpdate, policyFile } from './update/policy.ts'
import { Updates, type UpdatesParts } from './update/updates.ts'

type Updater = Pick<UpdatesParts, 'download' | 'isStillWhole' | 'install'>

/** Undefined: this process leaves it alone. */
export function startUpdates(app: App, data: string, log: Log): Updates | undefined {
  if (!mayUpdate(process.env, policyFile(process.platform, process.env))) return undefined
  const feed = feedOf(app, data)
  if (feed === undefined) return undefined
  const folder = join(data, 'updates')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (takeLock(join(folder, 'lock')) === undefined) return undefined
  let loaded: Promise<Updater> | undefined
  const load = (): Promise<Updater> => {
    loaded ??= loadUpdater(app, feed, folder)
    return loaded
  }
  const updates = new Updates({
    download: async () => (await load()).download(),
    isStillWhole: async (update) => (await load()).isStillWhole(update),
    install: async () => (await load()).install(),
    clock: systemClock,
    log,
  })
  updates.start()
  return updates
}

/** Late: it is most of the code that the main process has, and no start of the app needs it. */
async function loadUpdater(app: App, feed: Feed, folder: string): Promise<Updater> {
  const { createUpdater, downloadUpdate, installAndRestart, isStillWhole } = await import('./update/updater.ts')
  const updater = createUpdater(feed, updatedApp(app, folder))
  return {
    download: () => downloadUpdate(updater),
    isStillWhole,
    install: async () => installAndRestart(updater, app),
  }
}
