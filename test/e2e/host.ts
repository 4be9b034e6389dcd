// Starts an Electron app the same way on real Electron and on the stand-in, and cleans up after it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, test as base, type ElectronApplication } from '@playwright/test'

/** True when scripts/e2e.ts put the stand-in in Electron's place. */
export const isStandin = process.env.ELECTRON_OVERRIDE_DIST_PATH !== undefined

export interface Launched {
  readonly app: ElectronApplication
  readonly profile: string
}

/** Launches `directory` with a profile of its own; given a profile, with that one. */
export type Launch = (directory: string, options?: { profile?: string; args?: readonly string[] }) => Promise<Launched>

export const test = base.extend<{ launch: Launch }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names a fixture needs from this pattern
  launch: async ({}, use, { tags }) => {
    test.skip(isStandin && tags.includes('@real'), 'needs real Electron')
    const launched: Launched[] = []
    await use(async (directory, { profile = mkdtempSync(join(tmpdir(), 'e2e-')), args = [] } = {}) => {
      const app = await _electron.launch({ args: [directory, `--user-data-dir=${profile}`, ...args] })
      const one = { app, profile }
      launched.push(one)
      return one
    })
    for (const { app } of launched) await app.close().catch(() => undefined)
    for (const { profile } of launched) rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  },
})
