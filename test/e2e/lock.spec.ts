// The app lock in real windows: a passphrase, the ways in which the app is locked, and the ways back in.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import { say } from '../../src/renderer/text/say.ts'
import { button, composer, expectReads, isHome, makeProfile, meet, picture, row, write } from './doing.ts'
import { type Computer, type Open, test } from './people.ts'

const WORDS = 'several words of mine'
const PATIENCE = { timeout: 20_000 }

async function setPassphrase(page: Page, passphrase: string): Promise<void> {
  await page.keyboard.press(`${process.platform === 'darwin' ? 'Meta' : 'Control'}+,`)
  await button(page, 'lock.set').click()
  await page.getByLabel(say('lock.new')).fill(passphrase)
  await page.getByLabel(say('lock.again')).fill(passphrase)
  await page.keyboard.press('Enter')
  await expect(page.getByText(say('lock.wasSet'))).toBeVisible(PATIENCE)
}

async function isLocked(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { name: say('lock.title') })).toBeVisible(PATIENCE)
}

async function unlock(page: Page, passphrase: string): Promise<void> {
  await page.getByLabel(say('lock.passphrase'), { exact: true }).fill(passphrase)
  await button(page, 'lock.unlock').click()
}

const clickLock = ({ app }: Open) =>
  app.evaluate(({ Menu }) => {
    const item = Menu.getApplicationMenu()?.getMenuItemById('lock')
    if (item?.enabled) item.click()
    return item?.enabled
  })

const profileOf = (computer: Computer, profile: string) =>
  JSON.parse(readFileSync(join(computer.data, 'profiles', profile, 'profile.json'), 'utf8'))

test('[E9][E11] with a passphrase the app begins locked; a wrong one is said, the right one opens it', async ({
  computer,
}) => {
  const first = await computer.open('alice')
  await makeProfile(first.page, 'Alice', 'alice')
  expect(await clickLock(first)).toBe(false)
  await setPassphrase(first.page, WORDS)
  expect(profileOf(computer, 'alice').lock).toEqual({ idleMinutes: 5 })
  await first.close()

  const again = await computer.open('alice')
  await isLocked(again.page)
  await picture(again.page, 'locked')
  await unlock(again.page, 'several words of yours')
  await expect(again.page.getByText(say('failure.wrong-passphrase', { seconds: 0 }))).toBeVisible(PATIENCE)
  await unlock(again.page, WORDS)
  await isHome(again.page)
})

test('[E13][K8] by the menu: what was said is gone from the window, the draft is kept, and what came meanwhile comes', async ({
  computer,
}) => {
  const { alice, bob } = await meet(computer)
  await setPassphrase(alice.page, WORDS)
  await composer(alice.page, 'Bob').fill('half a sent')
  expect(await clickLock(alice)).toBe(true)
  await isLocked(alice.page)
  expect(await alice.page.evaluate(() => document.body.textContent)).not.toContain('Bob')
  expect(await alice.page.title()).toBe(say('app.name'))
  await write(bob.page, 'Alice', 'While you were away')
  const asked = await alice.page.evaluate(() => window.sotto?.invoke('getRelayView', {}))
  expect(asked).toMatchObject({ ok: false, failure: { code: 'locked' } })

  await unlock(alice.page, WORDS)
  await isHome(alice.page)
  await row(alice.page, 'Bob').click()
  await expectReads(alice.page, ['Hello Bob', 'While you were away'])
  await expect(composer(alice.page, 'Bob')).toHaveValue('half a sent')
})

test('[E14] it locks by itself: asleep, behind the screen’s lock, and when nobody is there', async ({ computer }) => {
  const alice = await computer.open('alice')
  await makeProfile(alice.page, 'Alice', 'alice')
  await setPassphrase(alice.page, WORDS)
  for (const event of ['suspend', 'lock-screen']) {
    await alice.app.evaluate(({ powerMonitor }, befallen) => powerMonitor.emit(befallen), event)
    await isLocked(alice.page)
    await unlock(alice.page, WORDS)
    await isHome(alice.page)
  }
  await alice.app.evaluate(({ powerMonitor }) => {
    powerMonitor.getSystemIdleTime = () => 301
  })
  await isLocked(alice.page)
})

test('[E10] forgotten: the recovery code opens it with a new passphrase', async ({ computer }) => {
  const first = await computer.open('alice')
  const code = await makeProfile(first.page, 'Alice', 'alice')
  await setPassphrase(first.page, WORDS)
  await first.close()
  const again = await computer.open('alice')
  await isLocked(again.page)
  await button(again.page, 'lock.forgotten').click()
  await again.page.getByLabel(say('recovery.typed')).fill(code)
  await again.page.getByLabel(say('lock.new')).fill('other words of mine')
  await again.page.getByLabel(say('lock.again')).fill('other words of mine')
  await button(again.page, 'recovery.open').click()
  await isHome(again.page)
  await again.close()
  const third = await computer.open('alice')
  await isLocked(third.page)
  await unlock(third.page, 'other words of mine')
  await isHome(third.page)
})
