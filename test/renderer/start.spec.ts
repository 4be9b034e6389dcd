// Before the first chat: a profile that does not open, one that is made, settings, and what the relay sees.

import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sceneNamed } from './harness/scenes.ts'
import { type ServedWindow, serveRelease } from './harness/serve.ts'
import { calls, openChat, soon } from './story.ts'
import { openWindows, type Windows } from './window.ts'

/** Characters. A little more than it is: whoever adds to it has seen it. */
const MOST_OF_THE_FIRST = 575_000

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
}, 120_000)
afterAll(() => windows.close())

describe('[fault 40] a profile that does not open', () => {
  test.each([
    ['keychain-locked', 'Your keychain is locked'],
    ['keychain-absent', 'There is no keychain here'],
    ['keychain-changed', 'This is not the keychain we know'],
    ['keychain-timeout', 'The keychain waits for you'],
    ['profile-copied', 'This is a copy of a profile'],
    ['wrong-key', 'The database does not open'],
    ['database-damaged', 'The database is damaged'],
    ['database-newer', 'This profile is from a newer Sotto'],
    ['profile-in-use', 'This profile is open elsewhere'],
    ['disk-full', 'The disk is full'],
    ['internal', 'Sotto cannot open the profile'],
  ])('%s has its own words, and trying again opens it', async (code, title) => {
    const { page } = await windows.open(`closed:${code}`)
    await page.getByRole('heading', { name: title }).waitFor()
    await page.getByRole('button', { name: 'What happened?' }).click()
    await page.getByText(`Reported as ${code}`).waitFor()
    expect(await calls(page, 'openProfile')).toHaveLength(0)
    await page.getByRole('button', { name: /try again/i }).click()
    await page.getByText('Nobody here yet').waitFor()
  })
})

test('a username that is taken is said where it stands, and nothing is lost', async () => {
  const { page } = await windows.open('welcome')
  await page.getByLabel('Your name').fill('Alba')
  await page.getByLabel('Username').fill('taken')
  await page.keyboard.press('Enter')
  await page.getByText('Somebody on this relay has that username.').waitFor()
  expect(await page.getByLabel('Username').getAttribute('aria-invalid')).toBe('true')
  expect(await page.getByLabel('Your name').inputValue()).toBe('Alba')
})

test('a second profile is one button away', async () => {
  const { page } = await windows.open('empty')
  await page.getByRole('button', { name: 'Second profile' }).click()
  await soon(() => calls(page, 'openSecondProfile')).toHaveLength(1)
})

test('the theme, the receipts and the typing notices are chosen in the settings', async () => {
  const { page } = await windows.open('day')
  await page.keyboard.press('Control+,')
  await page.getByRole('radio', { name: 'Dark' }).click()
  await soon(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
  await page.getByRole('switch', { name: 'Read receipts' }).click()
  await page.getByRole('switch', { name: 'Typing notices' }).click()
  await soon(() => calls(page, 'updateSettings')).toEqual([
    { theme: 'dark' },
    { readReceipts: false },
    { typingIndicators: false },
  ])
  await page.getByLabel('Name', { exact: true }).fill('Alba of the hills')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Alba of the hills, your profile', includeHidden: true }).waitFor()
})

test('the settings can be closed from wherever one has scrolled to', async () => {
  const { page } = await windows.open('day', { height: 600 })
  await page.keyboard.press('Control+,')
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByRole('button', { name: 'Import exported chats…' }).scrollIntoViewIfNeeded()
  const [box, close] = [await dialog.boundingBox(), await dialog.getByRole('button', { name: 'Close' }).boundingBox()]
  expect(close?.y).toBeGreaterThan(box?.y ?? Number.POSITIVE_INFINITY)
  await dialog.getByRole('button', { name: 'Close' }).click()
  await dialog.waitFor({ state: 'detached' })
})

test('[K1] what the relay sees is looked at again and again, and can be copied', async () => {
  const { page } = await windows.open('day')
  await openChat(page, 'Maya Lindqvist')
  await page.getByRole('button', { name: 'See what it holds' }).click()
  await page.getByText('33 0a 21 05 f2 9c').waitFor()
  await soon(async () => (await calls(page, 'getRelayView')).length).toBeGreaterThan(1)
  await page.getByRole('button', { name: 'Copy' }).click()
  await soon(() => page.evaluate(() => navigator.clipboard.readText())).toContain('330a2105f29c8e41')
  await page.evaluate(() => window.stage.refuse('getRelayView', 'not-connected'))
  await page.getByText('There is no connection to the relay. Try again when it is back.').waitFor()
})

describe('the window as it is released', () => {
  let served: ServedWindow
  beforeAll(async () => {
    served = await serveRelease()
  }, 120_000)
  afterAll(() => served.close())

  test('draws under its policy without a complaint', async () => {
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    })
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (line) => complaints.push(line.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    const { snapshot } = sceneNamed('welcome')
    await page.addInitScript(
      (snapshot) => {
        Object.defineProperty(window, 'sotto', {
          value: { invoke: async () => ({ ok: true, value: snapshot }), onChange: () => () => undefined },
        })
      },
      { ...snapshot, host: { ...snapshot.host, shell: 'stand-in' } },
    )
    await page.goto(served.url)
    await page.getByText('Development host, not a release build').waitFor()
    await page.getByRole('button', { name: 'Try it on this computer' }).click()
    await page.getByText('A name has 1 to 64 characters.').waitFor()
    // What is not on a first screen, too.
    await page.getByRole('button', { name: 'Restore a backup' }).click()
    await page.getByRole('heading', { name: 'Restore a backup' }).waitFor()
    await browser.close()
    expect(complaints).toEqual([])
  }, 60_000)

  test('loads little before its first screen, and schemas never', async () => {
    const read = async (path: string) => (await fetch(new URL(path, served.url))).text()
    const [first = ''] = [...(await read('/')).matchAll(/src="([^"]+\.js)"/g)].map(([, path]) => path)
    const script = await read(first)
    expect(script.length).toBeLessThan(MOST_OF_THE_FIRST)
    const [rest = ''] = /\.\/rest-[^"'`]+\.js/.exec(script) ?? []
    expect(rest).not.toBe('')
    for (const text of [script, await read(new URL(rest, new URL(first, served.url)).pathname)])
      expect(text).not.toContain('ZodError')
  })
})
