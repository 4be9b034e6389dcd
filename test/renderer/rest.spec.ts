// What is not on a first screen comes in a file of its own: quicker than people, or while they wait, or not at all.

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openChat, soon, writing } from './story.ts'
import { openWindows, type Windows } from './window.ts'

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
}, 120_000)
afterAll(() => windows.close())

const REST = /\/rest-[^/]*\.js/

/** The scene, with the file on its way until it is released. */
async function openHeld(scene: string): Promise<{ page: Page; release: () => Promise<void> }> {
  const { page } = await windows.open(scene)
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route(REST, (route) => released.then(() => route.continue()))
  await page.reload()
  await page.locator('main:visible, nav:visible').first().waitFor()
  return {
    page,
    release: async () => {
      release()
      await page.unrouteAll({ behavior: 'wait' })
    },
  }
}

/** The scene, with the file not to be had until it is given back. */
async function openWithout(scene: string): Promise<{ page: Page; giveBack: () => Promise<void> }> {
  const { page } = await windows.open(scene)
  await page.route(REST, (route) => route.abort())
  await page.reload()
  await page.locator('main:visible, nav:visible').first().waitFor()
  return { page, giveBack: () => page.unrouteAll() }
}

const isFocusInside = (page: Page, role: 'dialog') =>
  page.getByRole(role).evaluate((element) => element.contains(document.activeElement))

describe('it comes by itself', () => {
  test.each([
    ['Control+,', 'Settings'],
    ['Control+/', 'Keyboard'],
  ])('%s opens %s, takes the focus and gives it back', async (keys, name) => {
    const { page, complaints } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await page.keyboard.press(keys)
    await page.getByRole('dialog', { name }).waitFor()
    await soon(() => isFocusInside(page, 'dialog')).toBe(true)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await soon(() => writing(page).evaluate((field) => field === document.activeElement)).toBe(true)
    expect(complaints).toEqual([])
  })

  test('before anybody asks for it', async () => {
    const { page } = await windows.open('day')
    const fetched = page.waitForRequest(REST)
    await page.reload()
    await fetched
  })
})

describe('somebody is quicker', () => {
  test('the dialog opens when it is there, and what is typed meanwhile goes nowhere', async () => {
    const { page, release } = await openHeld('day')
    await openChat(page, 'Iris Okafor')
    await page.keyboard.press('Control+,')
    await page.getByText('Opening…').waitFor()
    await page.keyboard.type('not for Iris')
    await release()
    await page.getByRole('dialog', { name: 'Settings' }).waitFor()
    await soon(() => isFocusInside(page, 'dialog')).toBe(true)
    await page.keyboard.press('Escape')
    await soon(() => writing(page).evaluate((field) => field === document.activeElement)).toBe(true)
    expect(await writing(page).inputValue()).toBe('')
  })

  test('Escape calls it off', async () => {
    const { page, release } = await openHeld('day')
    await page.keyboard.press('Control+,')
    await page.getByText('Opening…').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('Opening…').waitFor({ state: 'detached' })
    await release()
    await openChat(page, 'Iris Okafor')
    await page.getByRole('complementary', { name: 'Details' }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  test('what is typed into at once is there from the beginning', async () => {
    const { page, release } = await openHeld('day')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('jonas')
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Message to Jonas Thiel' }).waitFor()
    await page.keyboard.press('Control+n')
    await page.keyboard.type('tomas')
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Message to Tomas Kral' }).waitFor()
    await release()
  })

  test('the column of the details keeps its place', async () => {
    const { page, release } = await openHeld('day')
    await openChat(page, 'Iris Okafor')
    const before = await writing(page).boundingBox()
    await release()
    await page.getByRole('complementary', { name: 'Details' }).waitFor()
    expect(await writing(page).boundingBox()).toEqual(before)
  })
})

describe('it cannot be had', () => {
  test('a dialog says so; the window goes on, and another try opens it', async () => {
    const { page, giveBack } = await openWithout('day')
    await page.keyboard.press('Control+,')
    const dialog = page.getByRole('dialog', { name: 'This did not load' })
    await dialog.waitFor()
    await page.keyboard.press('Enter')
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await openChat(page, 'Iris Okafor')
    await writing(page).fill('Still here')
    await giveBack()
    await page.keyboard.press('Control+,')
    await page.getByRole('dialog', { name: 'Settings' }).waitFor()
  })

  test('the details say so in their column, and come with another try', async () => {
    const { page, giveBack } = await openWithout('day')
    await openChat(page, 'Iris Okafor')
    const note = page.getByText('This did not load')
    await note.waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await note.waitFor({ state: 'detached' })
    await page.keyboard.press('Control+i')
    await note.waitFor()
    await giveBack()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('complementary', { name: 'Details' }).waitFor()
  })

  test('before there is a profile, too: back, or once more', async () => {
    const { page, giveBack } = await openWithout('welcome')
    await page.getByRole('button', { name: 'Restore a backup' }).click()
    await page.getByRole('heading', { name: 'This did not load' }).waitFor()
    await page.getByRole('button', { name: 'Back' }).click()
    await page.getByRole('heading', { name: 'Say it quietly' }).waitFor()
    await giveBack()
    await page.getByRole('button', { name: 'Restore a backup' }).click()
    await page.getByRole('heading', { name: 'Restore a backup' }).waitFor()
  })
})

test('a screen that cannot be drawn is no empty window, and can be shown again', async () => {
  const { page } = await windows.open('day')
  await openChat(page, 'Iris Okafor')
  const mend = await page.evaluateHandle(() => {
    const write = Date.prototype.toISOString
    Date.prototype.toISOString = () => {
      throw new Error('cannot be drawn')
    }
    return () => {
      Date.prototype.toISOString = write
    }
  })
  await page.evaluate(() => window.stage.receive('iris', 'On the platform now'))
  await page.getByRole('heading', { name: 'The window stumbled' }).waitFor()
  await mend.evaluate((mend) => mend())
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Chats' }).waitFor()
  await openChat(page, 'Iris Okafor')
})
