// Linking in the window: on the new device and on the one that has the account, by keyboard, with what can go wrong.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { calls, openChat, soon } from './story.ts'
import { openWindows, type Windows } from './window.ts'

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
}, 120_000)
afterAll(() => windows.close())

const WORDS = ['river', 'lunar', 'copper', 'swift']

test('a new install asks for its relay and a name, and shows a code to read, to scan and to copy', async () => {
  const { page } = await windows.open('welcome')
  await page.getByRole('button', { name: 'Link to my other device' }).click()
  await page.getByLabel('Address of the relay').fill('https://relay.example.org')
  await page.getByRole('button', { name: 'Show the code' }).click()
  await page.getByText('The address begins with wss://').waitFor()
  await page.getByLabel('Address of the relay').fill('wss://relay.example.org')
  expect(await page.getByLabel('What this device is called').inputValue()).toBe('Linux computer')
  await page.getByLabel('What this device is called').fill('Kitchen laptop')
  await page.keyboard.press('Enter')
  await page.getByText('AB12-CD34').waitFor()
  expect(await calls(page, 'beginLink')).toEqual([
    { relay: { kind: 'address', url: 'wss://relay.example.org' }, deviceName: 'Kitchen laptop' },
  ])
  await page.getByRole('img', { name: /to scan/ }).waitFor()
  await page.getByRole('button', { name: 'Copy as a link' }).click()
  await soon(() => page.evaluate(() => navigator.clipboard.readText())).toBe('sotto:link?code=AB12CD34')

  await page.evaluate((words) => {
    const deviceName = 'Kitchen laptop' as never
    window.stage.commit({ kind: 'linking', linking: { state: 'comparing', words, decides: false, deviceName } })
  }, WORDS)
  expect(await page.getByRole('list', { name: 'Words to compare' }).getByRole('listitem').allTextContents()).toEqual(
    WORDS,
  )
  // Here nothing is confirmed.
  expect(await page.getByRole('button', { name: 'They are the same' }).count()).toBe(0)
  await page.evaluate(() => {
    window.stage.commit({ kind: 'linking', linking: { state: 'failed', failure: { code: 'link-refused' } } })
  })
  await page.getByText('The other device said that the words are not the same.').waitFor()
  await page.getByRole('button', { name: 'Back' }).click()
  await page.getByLabel('Your name').waitFor()
  expect(await calls(page, 'cancelLink')).toHaveLength(1)
})

test('the other device takes the code, shows the words, and hands over only after a yes; all by keyboard', async () => {
  const { page } = await windows.open('day')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('link a dev')
  await page.keyboard.press('Enter')
  await page.keyboard.type('WRONG')
  await page.keyboard.press('Enter')
  await page.getByText('No device waits under this code.').waitFor()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('ab12-cd34'.toUpperCase())
  await page.keyboard.press('Enter')
  await page.getByText('copper').waitFor()
  await page.getByText('“Laptop” has to show the very same words').waitFor()
  expect(await calls(page, 'confirmLink')).toEqual([])
  await page.getByRole('button', { name: 'They are the same' }).press('Enter')
  await page.getByRole('heading', { name: 'It is linked' }).waitFor()
  expect(await calls(page, 'confirmLink')).toEqual([{ same: true }])
  await page.getByRole('button', { name: 'Done' }).click()
  await soon(() => page.getByRole('dialog').count()).toBe(0)
})

test('words that differ end it, and it can be begun again; closing the dialog ends it, too', async () => {
  const { page } = await windows.open('day')
  await page.keyboard.press('Control+,')
  await page.getByRole('button', { name: 'Link a device…' }).click()
  await page.getByLabel('The code that the new device shows').fill('AB12-CD34')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'They differ' }).click()
  await page.getByText('The other device said that the words are not the same.').waitFor()
  expect(await calls(page, 'confirmLink')).toEqual([{ same: false }])
  await page.keyboard.press('Escape')
  await soon(() => calls(page, 'cancelLink')).toHaveLength(1)
})

test('history on its way is told with its numbers, stopped and gone on with', async () => {
  const { page } = await windows.open('day')
  await openChat(page, 'Maya Lindqvist')
  const tell = (done: number) =>
    page.evaluate((count) => {
      const arriving = { state: 'arriving' as const, done: count, total: 12_345, failure: null }
      window.stage.commit({ kind: 'history', history: { arriving, leaving: null } })
    }, done)
  await tell(4200)
  const region = page.getByRole('region', { name: 'History from your other device' })
  await region.getByText('Earlier messages: 4,200 of 12,345').waitFor()
  expect(await region.getByRole('progressbar').getAttribute('value')).toBe('4200')
  await region.getByRole('button', { name: 'Stop' }).click()
  await region.getByText('Earlier messages stopped at 4,200 of 12,345').waitFor()
  await region.getByRole('button', { name: 'Go on' }).click()
  await tell(12_000)
  await region.getByText('Earlier messages: 12,000 of 12,345').waitFor()
  await page.evaluate(() => window.stage.commit({ kind: 'history', history: { arriving: null, leaving: null } }))
  await soon(() => region.count()).toBe(0)
})

test('a conversation that begins further back than it did shows it at once, also where nothing stood', async () => {
  const { page } = await windows.open('day')
  await page.evaluate(() => window.stage.meet(77, 'Rosa Luz', 'rosa', 'Hello'))
  await page.evaluate(() => {
    for (const { id, conversation } of window.stage.of(window.stage.with('rosa').id))
      window.stage.commit({ kind: 'message-gone', conversation, message: id })
  })
  await openChat(page, 'Rosa Luz')
  await page.getByText('This is the beginning').waitFor()
  await page.evaluate(() => window.stage.remember('rosa', ['From long ago']))
  await page.locator('[data-message]', { hasText: 'From long ago' }).waitFor()
  await page.evaluate(() => window.stage.remember('rosa', ['From longer ago']))
  await page.locator('[data-message]', { hasText: 'From longer ago' }).waitFor()
})
