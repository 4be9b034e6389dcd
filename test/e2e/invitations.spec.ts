// An invitation goes from one window to another: copied and pasted, clicked, and in the hands of somebody who lies.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import { say } from '../../src/renderer/text/say.ts'
import { button, composer, expectReads, isHome, makeProfile, meet, picture, row, shownCode, write } from './doing.ts'
import { type Computer, type Open, root, test } from './people.ts'

const PATIENCE = { timeout: 20_000 }

/** As it stands in the window of whoever invites. */
async function ownInvitation(page: Page): Promise<string> {
  await button(page, 'rail.settings').click()
  await button(page, 'settings.invite').click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('img', { name: say('invite.code') })).toBeVisible(PATIENCE)
  const link = (await dialog.getByText(/^sotto:invite/).textContent()) ?? ''
  await picture(page, 'own-invitation')
  await dialog.getByRole('button', { name: say('action.close') }).click()
  return link
}

/** As the system does when a link is clicked: the app is started once more, with the link as its argument. */
async function click({ app }: Open, computer: Computer, link: string): Promise<void> {
  const { path, args } = await app.evaluate(({ app: sotto }) => ({
    path: sotto.getPath('exe'),
    args: [sotto.getAppPath()],
  }))
  const unsandboxed = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const second = spawn(path, [...args, ...unsandboxed, '--profile', 'bob', '--data', computer.data, link], {
    stdio: 'ignore',
    env: process.env,
  })
  await new Promise((resolve) => second.once('exit', resolve))
}

test('[P172][P174] Bob joins with Alice’s invitation, meets her by it, and they talk', async ({ computer }) => {
  const alice = await computer.open('alice')
  await makeProfile(alice.page, 'Alice', 'alice')
  const link = await ownInvitation(alice.page)

  const { page } = await computer.open('bob')
  await page.getByLabel(say('welcome.name')).fill('Bob')
  await button(page, 'welcome.join').click()
  await page.getByLabel(say('welcome.link')).fill(link)
  await expect(page.getByText(say('welcome.linkHere', { username: 'alice' }))).toBeVisible()
  await button(page, 'welcome.joinNow').click()
  const { third, seventh } = await shownCode(page)
  await page.getByLabel(say('recovery.third')).fill(third)
  await page.getByLabel(say('recovery.seventh')).fill(seventh)
  await button(page, 'recovery.kept').click()

  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText(say('invite.by', { username: 'alice' }))).toBeVisible(PATIENCE)
  await expect(dialog.getByText(say('invite.fits'))).toBeVisible(PATIENCE)
  await picture(page, 'invitation')
  await button(page, 'invite.open').click()
  await expect(composer(page, 'alice')).toBeVisible()
  await write(page, 'alice', 'You gave me this')

  await row(alice.page, 'Bob').click(PATIENCE)
  await button(alice.page, 'request.accept').click()
  await write(alice.page, 'Bob', 'Welcome')
  await expectReads(page, ['You gave me this', 'Welcome'])
})

test('[P176][W14] a link that is clicked is shown in the window that is open, and nothing happens until Bob says so', async ({
  computer,
}) => {
  const [alice, bob] = await Promise.all([computer.open('alice'), computer.open('bob')])
  await makeProfile(alice.page, 'Alice', 'alice')
  await makeProfile(bob.page, 'Bob', 'bob')
  const link = await ownInvitation(alice.page)
  const dialog = bob.page.getByRole('dialog')

  await click(bob, computer, 'sotto:invite?relay=this-computer&name=%61lice')
  await expect(dialog.getByText(say('invite.unreadable'))).toBeVisible(PATIENCE)
  await dialog.getByText(say('action.close'), { exact: true }).click()
  await expect(dialog).toBeHidden()

  await click(bob, computer, link.replace(/hint=.{4}/, 'hint=0000'))
  await expect(dialog.getByText(say('invite.doesNotFit'))).toBeVisible(PATIENCE)
  await picture(bob.page, 'invitation-of-another')
  await expect(button(bob.page, 'invite.open')).toBeHidden()
  await bob.page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()

  await click(bob, computer, link)
  await expect(dialog.getByText(say('invite.fits'))).toBeVisible(PATIENCE)
  await expect(bob.page.getByText(say('list.emptyTitle'))).toBeVisible()
  await button(bob.page, 'invite.open').click()
  await expect(composer(bob.page, 'alice')).toBeVisible()
  await isHome(bob.page)
})

test('[P177] what one screen shows for a scanner is compared on the other, and both see it everywhere', async ({
  computer,
}) => {
  const [alice, bob] = await Promise.all([computer.open('alice'), computer.open('bob')])
  await makeProfile(alice.page, 'Alice', 'alice')
  await makeProfile(bob.page, 'Bob', 'bob')
  await button(bob.page, 'list.newChat').click()
  await bob.page.getByLabel(say('newChat.label')).fill(await ownInvitation(alice.page))
  await button(bob.page, 'newChat.find').click()
  await button(bob.page, 'invite.open').click(PATIENCE)
  await write(bob.page, 'alice', 'It is me')
  await row(alice.page, 'Bob').click(PATIENCE)
  await button(alice.page, 'request.accept').click()
  await expect(composer(bob.page, 'Alice')).toBeVisible(PATIENCE)

  // What Alice's screen shows, as her window got it.
  const shown = await alice.page.evaluate(async () => {
    const listed = await window.sotto?.invoke('listPeople', {})
    const account = listed?.ok ? listed.value[0]?.account : undefined
    const number = account && (await window.sotto?.invoke('getSafetyNumber', { account }))
    return number?.ok ? number.value.scannable : ''
  })
  await button(bob.page, 'details.compare').click()
  const dialog = bob.page.getByRole('dialog')
  await expect(dialog.getByRole('img', { name: say('safety.code') })).toBeVisible(PATIENCE)
  await dialog.getByLabel(say('safety.scanned')).fill(shown)
  await dialog.getByRole('button', { name: say('safety.check') }).click()
  await expect(dialog.getByText(say('safety.same', { name: 'Alice' }))).toBeVisible()
  await picture(bob.page, 'safety-number')
  await bob.page.keyboard.press('Escape')
  await expect(row(bob.page, 'Alice')).toContainText(say('row.verified'))
})

test('[P179] a picture that Alice chooses is seen beside her name in Bob’s window', async ({ computer }) => {
  const { alice, bob } = await meet(computer)
  await button(alice.page, 'rail.settings').click()
  await alice.page.getByLabel(say('settings.picture')).setInputFiles(join(root, 'resources/icons/512x512.png'))
  await expect(button(alice.page, 'picture.remove')).toBeVisible(PATIENCE)
  const seen = row(bob.page, 'Alice').locator('img')
  await expect.poll(() => seen.evaluate((image: HTMLImageElement) => image.naturalWidth), PATIENCE).toBe(256)
  await picture(bob.page, 'picture')
  await button(alice.page, 'picture.remove').click()
  await expect(seen).toBeHidden(PATIENCE)
})
