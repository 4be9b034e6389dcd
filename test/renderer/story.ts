// What the stories of the window have in common: how a person finds things on the screen.

import type { Locator, Page } from 'playwright-core'
import { type ExpectStatic, expect } from 'vitest'

export const row = (page: Page, name: string): Locator => page.locator('[data-row]', { hasText: name })
export const bubble = (page: Page, text: string): Locator => page.locator('[data-message]', { hasText: text })
export const writing = (page: Page): Locator => page.locator('textarea[data-region="composer"]')

export async function openChat(page: Page, name: string): Promise<void> {
  await row(page, name).click()
  await page.locator('[data-region="messages"]').waitFor()
}

export async function write(page: Page, text: string): Promise<void> {
  await writing(page).fill(text)
  await writing(page).press('Enter')
}

/** How often the window made this call, and with what. */
export function calls(page: Page, name: string): Promise<unknown[]> {
  return page.evaluate(
    (wanted) => window.stage.calls.filter((call) => call.name === wanted).map((call) => call.input),
    name,
  )
}

/** Waits until this is so; the window answers within a few frames, and on a busy machine when its turn comes. */
export function soon(look: () => Promise<unknown>): ReturnType<ExpectStatic['poll']> {
  return expect.poll(look, { timeout: 20_000, interval: 50 })
}

/** A picture that a person may choose: stripes, so that it is not all one colour. */
export async function drawnPng(page: Page, width: number, height: number): Promise<Buffer> {
  const bytes = await page.evaluate(
    async ([across, down]) => {
      const canvas = new OffscreenCanvas(across, down)
      const context = canvas.getContext('2d')
      for (let at = 0; context && at < across; at += 10) {
        context.fillStyle = `hsl(${at % 360} 80% 50%)`
        context.fillRect(at, 0, 10, down)
      }
      return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())]
    },
    [width, height] as const,
  )
  return Buffer.from(bytes)
}
