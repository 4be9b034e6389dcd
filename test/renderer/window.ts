// A browser with the window in it, for specs: one Chromium for a file, one page for each story, or for many short ones.

import { type Browser, chromium, type Page } from 'playwright-core'
import { type ServedWindow, serveHarness } from './harness/serve.ts'

/** The day every story takes place, by the clock on the wall. */
const THE_DAY = new Date(2026, 10, 20, 14, 40)

export interface OpenedWindow {
  readonly page: Page
  /** What the page complained about: refused by the policy, thrown, or printed as an error. */
  readonly complaints: string[]
  /** Another scene in the same page, which begins anew: the window keeps nothing. A page costs more to open than to draw. */
  show(scene: string, look?: Look): Promise<void>
}

interface Look {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
}

interface Surroundings extends Look {
  readonly reducedMotion?: 'reduce' | 'no-preference'
}

export interface Windows {
  open(scene: string, surroundings?: Surroundings): Promise<OpenedWindow>
  close(): Promise<void>
}

export async function openWindows(): Promise<Windows> {
  const served: ServedWindow = await serveHarness()
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  return {
    async open(scene, { reducedMotion = 'reduce', ...first } = {}) {
      const context = await browser.newContext({ locale: 'en-GB', reducedMotion })
      await context.grantPermissions(['clipboard-read', 'clipboard-write'])
      const page = await context.newPage()
      page.setDefaultTimeout(10_000)
      const complaints: string[] = []
      page.on('console', (line) => {
        if (line.type() === 'error' || line.type() === 'warning') complaints.push(line.text())
      })
      page.on('pageerror', (error) => complaints.push(String(error)))
      await page.clock.setFixedTime(THE_DAY)
      const show = async (other: string, { theme = 'light', width = 1440, height = 900 }: Look = {}) => {
        complaints.length = 0
        await page.setViewportSize({ width, height })
        await page.mouse.move(0, 0)
        await page.goto(`${served.url}?scene=${other}&theme=${theme}`)
        await page.locator('main:visible, nav:visible').first().waitFor()
        await page.evaluate(() => document.fonts.ready.then(() => undefined))
      }
      await show(scene, first)
      return { page, complaints, show }
    },
    async close() {
      await browser.close()
      await served.close()
    },
  }
}
