// The window of somebody with several devices: the list of them, and messages that are changed and taken back.

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bubble, calls, openChat, writing } from './story.ts'
import { openWindows, type Windows } from './window.ts'

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
})
afterAll(() => windows.close())

async function openDevices(page: Page) {
  await page.keyboard.press('Control+,')
  await page.getByText('Your devices').waitFor()
}

describe('devices', () => {
  test('[D1] they are there with names and when they were heard; this one is not to be removed', async () => {
    const { page, complaints } = await windows.open('day')
    await openDevices(page)
    await page.getByText('This device', { exact: true }).waitFor()
    await page.getByText('Last heard 12:43').waitFor()
    expect(await page.getByRole('button', { name: /^Remove/ }).count()).toBe(2)
    await page.getByRole('button', { name: 'Rename Laptop' }).click()
    await page.getByLabel('What you call it').fill('Old laptop')
    await page.keyboard.press('Enter')
    await page.getByText('Old laptop').waitFor()
    expect(await calls(page, 'renameDevice')).toEqual([{ device: 2, name: 'Old laptop' }])
    expect(complaints).toEqual([])
  })

  test('[D12] one is removed after it was asked once', async () => {
    const { page } = await windows.open('day')
    await openDevices(page)
    await page.getByRole('button', { name: 'Remove Laptop' }).click()
    const dialog = page.getByRole('dialog', { name: 'Remove Laptop?' })
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('Your devices').waitFor()
    expect(await page.getByText('Laptop').count()).toBe(0)
    expect(await calls(page, 'revokeDevice')).toEqual([{ device: 2 }])
  })

  test('[D12] a stolen one: what is done, and what is still open', async () => {
    const { page } = await windows.open('day')
    await openDevices(page)
    await page.getByRole('button', { name: 'Remove Laptop' }).click()
    await page.getByRole('button', { name: 'It was stolen' }).click()
    await page.getByRole('dialog', { name: 'Laptop is shut out' }).waitFor()
    await page.getByText('You have a new safety number').waitFor()
    await page.getByText('2 contacts are still to be told').waitFor()
    expect(await calls(page, 'replaceKeys')).toEqual([{ revoke: 2 }])
  })

  test('a refusal is said where it was asked', async () => {
    const { page } = await windows.open('day')
    await openDevices(page)
    await page.getByRole('button', { name: 'Remove Laptop' }).click()
    await page.evaluate(() => window.stage.refuse('revokeDevice', 'not-connected'))
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByRole('dialog').getByText('There is no connection to the relay').waitFor()
  })

  test('[P95] a device that was removed says so, and what it means', async () => {
    const { page } = await windows.open('closed:device-removed')
    await page.getByRole('heading', { name: 'This device was removed' }).waitFor()
  })
})

describe('messages that are changed', () => {
  test('[K15] the arrow up takes the last one back into the field; Enter keeps, Escape leaves it', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris')
    await writing(page).press('ArrowUp')
    const field = page.getByRole('textbox', { name: 'The text of the message' })
    expect(await field.inputValue()).toBe('sounds right to me')
    await field.press('Escape')
    await writing(page).waitFor()
    await writing(page).press('ArrowUp')
    await field.fill('sounds good to me')
    await field.press('Enter')
    await bubble(page, 'sounds good to me').getByRole('button', { name: 'edited' }).click()
    await page.getByText('As it was said first').waitFor()
    expect(await calls(page, 'editMessage')).toMatchObject([{ text: 'sounds good to me' }])
  })

  test('[K15] deleted for everyone leaves a line; what others said can only be deleted for oneself', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris')
    await bubble(page, 'Then let us meet').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Delete for me' }).waitFor()
    expect(await page.getByRole('menuitem', { name: 'Delete for everyone' }).count()).toBe(0)
    await page.keyboard.press('Escape')
    await bubble(page, 'sounds right to me').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Delete for everyone' }).click()
    await bubble(page, 'This message was deleted').waitFor()
    expect(await calls(page, 'recallMessages')).toHaveLength(1)
  })
})
