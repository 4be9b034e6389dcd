// Behind a passphrase: what locking takes out of the window, what it keeps, and the ways back in.

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { calls, openChat, soon, writing } from './story.ts'
import { openWindows, type Windows } from './window.ts'

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
}, 120_000)
afterAll(() => windows.close())

const WORDS = 'correct horse'
const field = (page: Page) => page.getByLabel('Passphrase', { exact: true })

async function withLock(): Promise<Page> {
  const { page } = await windows.open('day')
  await page.evaluate(() => window.stage.commit({ kind: 'lock', lock: { passphrase: true, idleMinutes: 5 } }))
  return page
}

describe('[E13] locking', () => {
  test('by its keys takes everything that was said out of the window, and keeps the draft', async () => {
    const page = await withLock()
    await openChat(page, 'Maya Lindqvist')
    await writing(page).fill('On my w')
    await page.keyboard.press('Control+l')
    await page.getByRole('heading', { name: 'Sotto is locked' }).waitFor()
    await soon(() => calls(page, 'saveDraft')).toMatchObject([{ text: 'On my w' }])
    expect(await page.title()).toBe('Sotto')
    const shown = await page.evaluate(() => document.body.innerHTML)
    for (const word of ['Maya', 'Iris', 'Alba', 'hut is booked', 'On my w']) expect(shown).not.toContain(word)
    // Nothing of the window behind it answers to its keys.
    await page.keyboard.press('Control+k')
    expect(await page.getByRole('combobox').count()).toBe(0)

    await soon(() => field(page).evaluate((input) => input === document.activeElement)).toBe(true)
    await page.keyboard.type('wrong horse')
    await page.keyboard.press('Enter')
    await page.getByText('That is not the passphrase.').waitFor()
    await page.keyboard.type(WORDS)
    await page.keyboard.press('Enter')
    await page.locator('[data-row]', { hasText: 'Maya Lindqvist' }).waitFor()
    expect(await page.getByText('Choose a chat, or find someone').isVisible()).toBe(true)
  })

  test('closes a dialog that stands open, from wherever it is asked for', async () => {
    const page = await withLock()
    await page.keyboard.press('Control+,')
    await page.getByRole('button', { name: 'Lock Sotto' }).click()
    await page.getByRole('heading', { name: 'Sotto is locked' }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  test('without a passphrase says what is needed first', async () => {
    const { page } = await windows.open('day')
    await page.keyboard.press('Control+l')
    await page.getByText('Set a passphrase in the settings first.').waitFor()
  })
})

test('[E11] after wrong tries the button waits and says how long', async () => {
  const { page } = await windows.open('locked:wait')
  expect(await page.getByRole('button', { name: 'Wait 20 seconds' }).isDisabled()).toBe(true)
  await field(page).fill(WORDS)
  await page.keyboard.press('Enter')
  expect(await calls(page, 'unlock')).toEqual([])
})

test('[E10] the recovery code asks for a new passphrase, typed twice alike', async () => {
  const { page } = await windows.open('locked')
  await page.getByRole('button', { name: 'Forgot it? Use the recovery code' }).click()
  await page.getByLabel('Recovery code').fill('K7QF 9D2M XW4T B8HN 3RPC V6JY Z15E G1SA')
  await page.getByLabel('New passphrase').fill('new words here')
  await page.getByLabel('Once more').fill('new words hear')
  await page.keyboard.press('Enter')
  await page.getByText('The two are not the same.').waitFor()
  expect(await calls(page, 'openWithRecoveryCode')).toEqual([])
  await page.getByLabel('Once more').fill('new words here')
  await page.keyboard.press('Enter')
  await soon(() => calls(page, 'openWithRecoveryCode')).toMatchObject([{ passphrase: 'new words here' }])
  await page.getByText('Nobody here yet').waitFor()
})

test('[E9] a passphrase is set, changed and removed in the settings, and idle minutes chosen', async () => {
  const { page } = await windows.open('day')
  const settings = () => page.keyboard.press('Control+,')
  await settings()
  await page.getByRole('button', { name: 'Set a passphrase' }).click()
  await page.keyboard.type('short')
  await page.keyboard.press('Enter')
  await page.getByText('A passphrase has 8 to 256 characters.').waitFor()
  await page.getByLabel('New passphrase').fill('one long passphrase')
  await page.getByLabel('Once more').fill('one long passphrase')
  await page.keyboard.press('Enter')
  await page.getByText('Sotto now asks for your passphrase.').waitFor()

  await settings()
  await page.getByRole('radio', { name: '15 min' }).click()
  await soon(() => calls(page, 'setIdleLock')).toEqual([{ minutes: 15 }])
  await page.getByRole('radio', { name: 'Never' }).click()
  await soon(() => calls(page, 'setIdleLock')).toEqual([{ minutes: 15 }, { minutes: null }])
  await page.getByRole('button', { name: 'Change it' }).click()
  await page.keyboard.type('not this one')
  await page.getByLabel('New passphrase').fill('another passphrase')
  await page.getByLabel('Once more').fill('another passphrase')
  await page.keyboard.press('Enter')
  await page.getByText('That is not the passphrase.').waitFor()
  await page.getByLabel('Passphrase now').fill('one long passphrase')
  await page.keyboard.press('Enter')
  await page.getByText('The new passphrase counts from now on.').waitFor()

  await settings()
  await page.getByRole('button', { name: 'Remove it' }).click()
  await page.keyboard.type('another passphrase')
  await page.keyboard.press('Enter')
  await page.getByText('Sotto does not ask for a passphrase any more.').waitFor()
})

test('[P83] an old copy that was put back is said once, before anything else', async () => {
  const { page } = await windows.open('restored')
  await page.getByRole('heading', { name: 'This is an older copy of your profile' }).waitFor()
  expect(await page.locator('[data-row]').count()).toBe(0)
  await page.keyboard.press('Enter')
  await page.locator('[data-row]', { hasText: 'Maya Lindqvist' }).waitFor()
  expect(await calls(page, 'acknowledgeRestore')).toHaveLength(1)
})
