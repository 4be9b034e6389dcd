// Starts the same app again with the other profile, as a process of its own that lives on when this one ends.

import { spawn } from 'node:child_process'
import type { App } from 'electron'
import type { Log } from '../engine/ports.ts'
import { answer, refuse } from '../shared/answer.ts'
import type { Handlers } from '../shared/api.ts'
import { whereThrown } from '../shared/thrown.ts'
import { commandLineFor, profileBeside, type StartOptions } from './command-line.ts'

/** If it runs already, its window comes forward. */
export function openBeside(
  app: App,
  options: StartOptions,
  env: NodeJS.ProcessEnv,
  log: Log,
): Handlers['openSecondProfile'] {
  return async () => {
    const profile = profileBeside(options.profile)
    const ofThisApp = app.isPackaged ? [] : [app.getAppPath()]
    // As root, Chromium starts only without its sandbox; whoever said so once means it for both.
    const unsandboxed = app.commandLine.hasSwitch('no-sandbox') ? ['--no-sandbox'] : []
    const args = [...ofThisApp, ...unsandboxed, ...commandLineFor({ ...options, profile })]
    const child = spawn(app.getPath('exe'), args, { detached: true, stdio: 'ignore', env })
    const started = new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    try {
      await started
    } catch (error) {
      log.error('second-profile', whereThrown(error))
      return refuse('internal')
    }
    child.unref()
    return answer({ profile })
  }
}
