// A browser with the window in it, for specs: one Chromium for a file, and in it a page for each story. The page of a story
// that ended well is loaded anew for the next: it keeps nothing, and to make another one takes longer than most stories.

import { type Browser, chromium, type Page } from 'playwright-core'
import { inject, onTestFinished } from 'vitest'

/** The day every story takes place, by the clock on the wall. */
const THE_DAY = new Date(2026, 10, 20, 14, 40)

/** Milliseconds; an idle machine takes a few of them, a busy one may take long. */
const PATIENCE = 30_000

export interface OpenedWindow {
  readonly page: Page
  /** What the page complained about: refused by the policy, thrown, or printed as an error. */
  readonly complaints: string[]
}

interface Look {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
}

export interface Windows {
  /** Within a test; the window is that test's until it has ended. */
  open(scene: string, look?: Look): Promise<OpenedWindow>
  close(): Promise<void>
}

export async function openWindows(): Promise<Windows> {
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  const free: OpenedWindow[] = []

  async function openPage(): Promise<OpenedWindow> {
    const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const page = await context.newPage()
    page.setDefaultTimeout(PATIENCE)
    const complaints: string[] = []
    page.on('console', (line) => {
      if (line.type() === 'error' || line.type() === 'warning') complaints.push(line.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    return { page, complaints }
  }

  return {
    async open(scene, { theme = 'light', width = 1440, height = 900 } = {}) {
      const opened = free.pop() ?? (await openPage())
      const { page, complaints } = opened
      onTestFinished(async ({ task }) => {
        if (task.result?.state === 'pass') free.push(opened)
        else await page.context().close()
      })
      await page.setViewportSize({ width, height })
      await page.mouse.move(0, 0)
      await page.clock.setFixedTime(THE_DAY)
      complaints.length = 0
      await page.goto(`${inject('harness')}?scene=${scene}&theme=${theme}`)
      await page.locator('main:visible, nav:visible').first().waitFor()
      await page.evaluate(() => document.fonts.ready.then(() => undefined))
      return opened
    },
    close: () => browser.close(),
  }
}
