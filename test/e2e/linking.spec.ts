// A second computer: linked by a code and four words, the history comes, and both chat on as one account.

import { expect, type Page } from '@playwright/test'
import { say } from '../../src/renderer/text/say.ts'
import { button, comeBack, composer, expectReads, isHome, meet, picture, row, shownCode, write } from './doing.ts'
import { test } from './people.ts'

const PATIENCE = { timeout: 20_000 }

/** Up to the words, on both screens. */
async function exchangeCode(fresh: Page, known: Page): Promise<void> {
  await button(fresh, 'welcome.linkDevice').click()
  await fresh.getByLabel(say('linking.deviceName')).fill('Kitchen laptop')
  await button(fresh, 'linking.showCode').click()
  const code = fresh.getByText(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/)
  await expect(code).toBeVisible(PATIENCE)
  await picture(fresh, 'link-code')
  await known.keyboard.press('Control+,')
  await button(known, 'linking.open').click()
  await known.getByLabel(say('linking.typeCode')).fill(((await code.textContent()) ?? '').toLowerCase())
  await button(known, 'linking.join').click()
}

async function wordsOn(page: Page): Promise<string[]> {
  const words = page.getByRole('list', { name: say('linking.words') })
  await expect(words).toBeVisible(PATIENCE)
  return words.getByRole('listitem').allTextContents()
}

async function keepCode(page: Page): Promise<void> {
  const { third, seventh } = await shownCode(page)
  await page.getByLabel(say('recovery.third')).fill(third)
  await page.getByLabel(say('recovery.seventh')).fill(seventh)
  await button(page, 'recovery.kept').click()
}

test('[P104][P108] a second computer is linked, history comes, and both chat on as one', async ({ computer }) => {
  test.setTimeout(180_000)
  const { alice, bob } = await meet(computer)
  const said = ['Hello Bob']
  for (let at = 1; at <= 5; at++) {
    await write(alice.page, 'Bob', `Line ${at}`)
    said.push(`Line ${at}`)
  }
  await expectReads(bob.page, said)
  await write(bob.page, 'Alice', 'I read you')
  said.push('I read you')
  await expectReads(alice.page, said)

  const laptop = await computer.open('laptop')
  await exchangeCode(laptop.page, alice.page)
  const words = await wordsOn(alice.page)
  expect(await wordsOn(laptop.page)).toEqual(words)
  await expect(alice.page.getByText(say('linking.wordsText', { device: 'Kitchen laptop' }))).toBeVisible()
  await picture(alice.page, 'link-words')
  await button(alice.page, 'linking.same').click()
  await expect(alice.page.getByRole('heading', { name: say('linking.doneTitle') })).toBeVisible(PATIENCE)
  await button(alice.page, 'action.done').click()

  await keepCode(laptop.page)
  await isHome(laptop.page)
  await row(laptop.page, 'Bob').click(PATIENCE)
  await expectReads(laptop.page, said)
  await picture(laptop.page, 'linked')

  await write(laptop.page, 'Bob', 'From my laptop')
  said.push('From my laptop')
  for (const { page } of [alice, bob, laptop]) await expectReads(page, said)
  await write(bob.page, 'Alice', 'To both of you')
  said.push('To both of you')
  for (const { page } of [alice, bob, laptop]) await expectReads(page, said)
  await write(alice.page, 'Bob', 'From my desk')
  said.push('From my desk')
  for (const { page } of [alice, bob, laptop]) await expectReads(page, said)

  await laptop.close()
  const back = await comeBack(computer, 'laptop', 'Bob')
  await expectReads(back.page, said)
  await expect(composer(back.page, 'Bob')).toBeVisible()
})

test('[P104][P106] words that differ: nothing is handed over, and both begin again', async ({ computer }) => {
  test.setTimeout(120_000)
  const { alice } = await meet(computer)
  const laptop = await computer.open('laptop')
  await exchangeCode(laptop.page, alice.page)
  await wordsOn(alice.page)
  await button(alice.page, 'linking.differ').click()
  await expect(laptop.page.getByText(say('failure.link-refused'))).toBeVisible(PATIENCE)
  await expect(alice.page.getByRole('dialog').getByText(say('failure.link-refused'))).toBeVisible(PATIENCE)
  await alice.page.keyboard.press('Escape')
  // The app is closed in mid-way, and opened again: it is as new.
  await laptop.close()
  const again = await computer.open('laptop')
  await exchangeCode(again.page, alice.page)
  expect(await wordsOn(again.page)).toEqual(await wordsOn(alice.page))
  await button(alice.page, 'linking.same').click()
  await keepCode(again.page)
  await isHome(again.page)
  await expect(row(again.page, 'Bob')).toBeVisible(PATIENCE)
})
