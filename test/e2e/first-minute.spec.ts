// The first minute: two people on one computer meet and talk, by mouse, and again without one.

import { expect, type Page } from '@playwright/test'
import { say } from '../../src/renderer/text/say.ts'
import {
  button,
  composer,
  expectDeliveries,
  expectReads,
  find,
  isHome,
  makeProfile,
  picture,
  row,
  shownCode,
  write,
} from './doing.ts'
import { test } from './people.ts'

test('[K7][X6][P61] by mouse: Alice finds Bob, he accepts, they talk, and each sees it read', async ({ computer }) => {
  const [alice, bob] = await Promise.all([computer.open('alice'), computer.open('bob')])
  await expect(alice.page.getByRole('heading', { name: say('welcome.title') })).toBeVisible()
  await picture(alice.page, 'welcome')
  await makeProfile(alice.page, 'Alice', 'alice')
  await expect(alice.page.getByText(say('list.emptyTitle'))).toBeVisible()
  await makeProfile(bob.page, 'Bob', 'bob')

  await find(alice.page, 'bob')
  await write(alice.page, 'bob', 'Tea at five?')
  await expect(alice.page.getByText(say('request.outgoing', { name: 'bob' }))).toBeVisible()

  await row(bob.page, 'Alice').click()
  await expect(bob.page.getByText(say('request.title', { name: 'Alice' }))).toBeVisible()
  await expectReads(bob.page, ['Tea at five?'])
  await picture(bob.page, 'request')
  await button(bob.page, 'request.accept').click()
  await write(bob.page, 'Alice', 'Yes. Bring the cake.')

  await expectReads(alice.page, ['Tea at five?', 'Yes. Bring the cake.'])
  await write(alice.page, 'Bob', 'Which one?')
  await expectReads(bob.page, ['Tea at five?', 'Yes. Bring the cake.', 'Which one?'])
  await expectDeliveries(alice.page, ['read', 'read'])
  await expectDeliveries(bob.page, ['read'])
})

test('[K7][X6] by keyboard alone: the same', async ({ computer }) => {
  const [alice, bob] = await Promise.all([computer.open('alice'), computer.open('bob')])
  const main = process.platform === 'darwin' ? 'Meta' : 'Control'
  const typeName = async (page: Page, name: string): Promise<void> => {
    await expect(page.getByLabel(say('welcome.name'))).toBeFocused()
    await page.keyboard.type(name)
    await page.keyboard.press('Enter')
    const { third, seventh } = await shownCode(page)
    await expect(page.getByLabel(say('recovery.third'))).toBeFocused()
    await page.keyboard.type(third)
    await page.keyboard.press('Tab')
    await page.keyboard.type(seventh)
    await page.keyboard.press('Enter')
    await isHome(page)
  }
  await typeName(alice.page, 'Alice')
  await typeName(bob.page, 'Bob')

  await alice.page.keyboard.press(`${main}+n`)
  await expect(alice.page.getByRole('dialog').getByRole('textbox')).toBeFocused()
  await alice.page.keyboard.type('bob')
  await alice.page.keyboard.press('Enter')
  await expect(composer(alice.page, 'bob')).toBeVisible()
  await tabTo(alice.page, say('composer.label', { name: 'bob' }))
  await alice.page.keyboard.type('Tea at five?')
  await alice.page.keyboard.press('Enter')

  await expect(row(bob.page, 'Alice')).toBeVisible()
  await bob.page.keyboard.press('Alt+ArrowDown')
  await expectReads(bob.page, ['Tea at five?'])
  await tabTo(bob.page, say('request.accept'))
  await bob.page.keyboard.press('Enter')
  await expect(composer(bob.page, 'Alice')).toBeVisible()
  await tabTo(bob.page, say('composer.label', { name: 'Alice' }))
  await bob.page.keyboard.type('Yes. Bring the cake.')
  await bob.page.keyboard.press('Enter')
  await expectReads(alice.page, ['Tea at five?', 'Yes. Bring the cake.'])
  await expectDeliveries(bob.page, ['read'])
})

/** Presses Tab until that control has the focus; fails if it never gets there. */
async function tabTo(page: Page, label: string): Promise<void> {
  const focused = (): Promise<string> =>
    page.evaluate(() => {
      const element = document.activeElement
      return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
    })
  for (let presses = 0; presses < 40 && (await focused()) !== label; presses++) await page.keyboard.press('Tab')
  expect(await focused()).toBe(label)
}
