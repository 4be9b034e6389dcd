// A computer with people at it: each opens the real app on a profile of their own, all in one temporary data folder.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, test as base, type ElectronApplication, type Page } from '@playwright/test'
import { sandboxArguments } from '../../scripts/electron.ts'
import type { Client } from '../../src/shared/api.ts'
import { isStandin } from './host.ts'

declare global {
  interface Window {
    sotto?: Client
  }
}

export const root = join(import.meta.dirname, '../..')
/** What is opened: the app as it was built here, or one that was taken out of its package (scripts/package/check.ts). */
const appFolder = process.env.SOTTO_E2E_APP ?? root

/** The app of one person, open. */
export interface Open {
  readonly profile: string
  readonly app: ElectronApplication
  readonly page: Page
  /** As a person leaves: the window is closed, the app says its goodbyes. */
  close(): Promise<void>
  /** As a power cut leaves it. */
  kill(): Promise<void>
}

export interface Computer {
  /** All that the app keeps on disk here. */
  readonly data: string
  open(profile: string, options?: { env?: Record<string, string> }): Promise<Open>
}

export const test = base.extend<{ computer: Computer }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names a fixture needs from this pattern
  computer: async ({}, use, { tags }) => {
    test.skip(isStandin && tags.includes('@real'), 'needs real Electron')
    const data = mkdtempSync(join(tmpdir(), 'sotto-e2e-'))
    const running = new Set<Open>()
    await use({
      data,
      open: async (profile, { env } = {}) => {
        const opened = await openApp(data, profile, env)
        running.add(opened)
        return opened
      },
    })
    for (const one of running) await one.close()
    rmSync(data, { recursive: true, force: true, maxRetries: 5 })
  },
})

async function openApp(data: string, profile: string, env: Record<string, string> = {}): Promise<Open> {
  const app = await _electron.launch({
    args: [appFolder, ...sandboxArguments(), '--profile', profile, '--data', data],
    cwd: root,
    env: { ...definedEnvironment(), ...env },
  })
  const gone = new Promise<void>((resolve) => app.once('close', () => resolve()))
  const page = await app.firstWindow()
  // Two people at two screens: each looks at their own window, though only one of them can have this desktop's focus.
  const devTools = await app.context().newCDPSession(page)
  await devTools.send('Emulation.setFocusEmulationEnabled', { enabled: true })
  await page.waitForFunction(() => window.sotto !== undefined && document.readyState === 'complete')
  return {
    profile,
    app,
    page,
    close: () => app.close().catch(() => undefined),
    kill: async () => {
      app.process().kill('SIGKILL')
      await gone
    },
  }
}

function definedEnvironment(): Record<string, string> {
  const defined = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(defined)
}
