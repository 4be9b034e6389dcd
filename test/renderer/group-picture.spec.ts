// The picture of a group: chosen, seen everywhere, taken away, by those who may.

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { say } from '../../src/renderer/text/say.ts'
import { MAX_GROUP_AVATAR_BYTES } from '../../src/shared/limits.ts'
import { readPicture } from '../../src/shared/picture.ts'
import { calls, drawnPng, openChat, row, soon } from './story.ts'
import { openWindows, type Windows } from './window.ts'

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
}, 120_000)
afterAll(() => windows.close())

const details = (page: Page) => page.getByRole('complementary', { name: say('group.detailsLabel') })
const edit = (page: Page) => details(page).getByRole('button', { name: say('group.edit') })
const width = (page: Page, where: string) =>
  page
    .locator(where)
    .first()
    .evaluate((image: HTMLImageElement) => image.naturalWidth)

async function chooses(page: Page, buffer: Buffer): Promise<void> {
  const file = { name: 'hut.png', mimeType: 'image/png', buffer }
  await page.getByLabel(say('group.picture')).setInputFiles(file)
}

/** Colours in every place, so that it does not compress to nothing. */
async function noisyPng(page: Page, side: number): Promise<Buffer> {
  const bytes = await page.evaluate(async (across) => {
    const canvas = new OffscreenCanvas(across, across)
    const context = canvas.getContext('2d')
    const pixels = new ImageData(across, across)
    let state = 1
    for (let at = 0; at < pixels.data.length; at++) {
      state = (state * 48271) % 2147483647
      pixels.data[at] = at % 4 === 3 ? 255 : state % 256
    }
    context?.putImageData(pixels, 0, 0)
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())]
  }, side)
  return Buffer.from(bytes)
}

describe('the picture of a group', () => {
  test('[P145][G12] is chosen, seen in list, header and details once it is saved, and taken away', async () => {
    const { page, complaints } = await windows.open('group')
    await openChat(page, 'North Ridge walk')
    await page.getByText('Maya Lindqvist changed the picture').waitFor()
    await edit(page).click()
    await chooses(page, await drawnPng(page, 900, 300))
    // Seen in the dialog, and nowhere else before it is saved.
    await soon(() => width(page, '[role="dialog"] img')).toBe(256)
    expect(await calls(page, 'updateGroupDetails')).toEqual([])
    await page.getByRole('button', { name: say('group.save') }).click()
    await soon(async () => (await calls(page, 'updateGroupDetails')).length).toBe(1)
    const [{ picture, title }] = (await calls(page, 'updateGroupDetails')) as [{ picture: string; title: string }]
    expect(title).toBe('North Ridge walk')
    expect(readPicture(Buffer.from(picture, 'base64'))).toMatchObject({ mediaType: 'image/webp', plain: true })
    for (const where of ['[data-row] img', 'main header img', 'aside img'])
      await soon(() => width(page, where)).toBe(256)
    await edit(page).click()
    await page.getByRole('button', { name: say('picture.remove') }).click()
    await page.getByRole('button', { name: say('group.save') }).click()
    await soon(() => page.locator('main header img').count()).toBe(0)
    expect(await calls(page, 'updateGroupDetails')).toMatchObject([{}, { picture: null }])
    expect(complaints).toEqual([])
  })

  test('[G12] what is saved unchanged closes the dialog', async () => {
    const { page } = await windows.open('group')
    await openChat(page, 'North Ridge walk')
    await page.evaluate(() => window.stage.refuse('updateGroupDetails', 'already-so'))
    await edit(page).click()
    await page.getByRole('button', { name: say('group.save') }).click()
    await soon(() => page.getByRole('dialog').count()).toBe(0)
  })

  test('[P145] is drawn as small as the log of a group takes it, whatever was chosen', async () => {
    const { page } = await windows.open('group')
    await openChat(page, 'North Ridge walk')
    await edit(page).click()
    await chooses(page, await noisyPng(page, 600))
    await page.locator('[role="dialog"] img').waitFor()
    await page.getByRole('button', { name: say('group.save') }).click()
    await soon(async () => (await calls(page, 'updateGroupDetails')).length).toBe(1)
    const [{ picture }] = (await calls(page, 'updateGroupDetails')) as [{ picture: string }]
    const bytes = Buffer.from(picture, 'base64')
    expect(bytes.length).toBeLessThanOrEqual(MAX_GROUP_AVATAR_BYTES)
    expect(readPicture(bytes)?.width).toBeLessThan(256)
  })

  test('[P145][G1] goes along when a group is made', async () => {
    const { page, complaints } = await windows.open('day')
    await page
      .getByRole('button', { name: say('list.newChat') })
      .first()
      .click()
    await page.getByRole('button', { name: say('group.new') }).click()
    await page.getByLabel(say('group.title'), { exact: true }).fill('Tea house')
    await chooses(page, await drawnPng(page, 400, 400))
    await page.locator('[role="dialog"] img').waitFor()
    await page.getByRole('button', { name: say('group.make') }).click()
    await soon(async () => (await calls(page, 'createGroup')).length).toBe(1)
    await soon(() => row(page, 'Tea house').locator('img').count()).toBe(1)
    expect(complaints).toEqual([])
  })

  test('[P145] what is no picture is said to be none', async () => {
    const { page } = await windows.open('group')
    await openChat(page, 'North Ridge walk')
    await edit(page).click()
    await chooses(page, Buffer.from('<svg onload="alert(1)">'))
    await page.getByText('Choose another picture.').waitFor()
    expect(await page.locator('[role="dialog"] img').count()).toBe(0)
  })

  test('[G12] is not to be changed by who may not', async () => {
    const { page } = await windows.open('group:member')
    await openChat(page, 'North Ridge walk')
    await details(page).getByText('Two days, one hut, six bunks').waitFor()
    expect(await edit(page).count()).toBe(0)
  })
})
