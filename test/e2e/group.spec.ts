// Three people in a group, in three windows.

import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import { say } from '../../src/renderer/text/say.ts'
import { bubbles, button, composer, isHome, makeProfile, picture, row, write } from './doing.ts'
import { type Computer, type Open, root, test } from './people.ts'

const PATIENCE = { timeout: 30_000 }

async function openDetails(page: Page): Promise<void> {
  const details = button(page, 'conversation.details')
  if ((await details.getAttribute('aria-pressed')) !== 'true') await details.click()
}

test('[K13][G1][G2][G3][G5][G7][P145][P147] a group is made, people join by invitation and by link, one is removed and reads no more', async ({
  computer,
}) => {
  test.setTimeout(240_000)
  const alice = await computer.open('alice')
  await makeProfile(alice.page, 'Alice', 'alice')
  const bob = await computer.open('bob')
  await makeProfile(bob.page, 'Bob', 'bob')
  const carol = await computer.open('carol')
  await makeProfile(carol.page, 'Carol', 'carol')

  // Alice makes the group and invites Bob by his username.
  await button(alice.page, 'list.newChat').click()
  await button(alice.page, 'group.new').click()
  const dialog = alice.page.getByRole('dialog')
  await dialog.getByLabel(say('group.title'), { exact: true }).fill('Hiking club')
  await dialog.getByLabel(say('group.findPerson')).fill('bob')
  await dialog.getByRole('button', { name: say('group.addPerson') }).click()
  await expect(dialog.getByRole('checkbox')).toBeChecked(PATIENCE)
  await dialog.getByRole('button', { name: say('group.make') }).click()
  await expect(dialog).toBeHidden(PATIENCE)

  // Bob is asked, sees what it is called, and joins.
  await row(bob.page, 'Hiking club').click(PATIENCE)
  await picture(bob.page, 'group-invited')
  await button(bob.page, 'group.join').click()
  await expect(bob.page.getByText(say('group.members', { count: 2 })).first()).toBeVisible(PATIENCE)
  await write(alice.page, 'Hiking club', 'Who brings the stove?')
  await expect(bubbles(bob.page).filter({ hasText: 'Who brings the stove?' })).toBeVisible(PATIENCE)
  await write(bob.page, 'Hiking club', 'I do')
  await expect(bubbles(alice.page).filter({ hasText: 'I do' })).toBeVisible(PATIENCE)
  // Who answers has read it, and Alice is told.
  const asked = bubbles(alice.page).filter({ hasText: 'Who brings the stove?' })
  await expect(asked.locator('[data-delivery="read"]')).toBeVisible(PATIENCE)
  await asked.click({ button: 'right' })
  await alice.page.getByRole('menuitem', { name: say('group.receipts') }).click()
  await expect(alice.page.getByRole('dialog').getByRole('listitem')).toHaveText(/Bob/)
  await alice.page.keyboard.press('Escape')

  // A picture, which is seen in both windows.
  await openDetails(alice.page)
  await button(alice.page, 'group.edit').click()
  await alice.page.getByLabel(say('group.picture')).setInputFiles(join(root, 'resources/icons/512x512.png'))
  await expect(alice.page.getByRole('dialog').locator('img')).toBeVisible(PATIENCE)
  await button(alice.page, 'group.save').click()
  const seen = row(bob.page, 'Hiking club').locator('img')
  await expect.poll(() => seen.evaluate((image: HTMLImageElement) => image.naturalWidth), PATIENCE).toBeGreaterThan(90)
  const told = bob.page.locator('[data-kind="group-event"]')
  await expect(told.getByText(say('group.event.picture', { actor: 'Alice' }))).toBeVisible(PATIENCE)
  await picture(bob.page, 'group-picture')

  // Carol has the link, asks, and is let in with all that was said.
  await openDetails(alice.page)
  await button(alice.page, 'group.linkOn').click()
  await button(alice.page, 'group.linkShow').click(PATIENCE)
  const link = await alice.page.getByRole('dialog').getByText('sotto:group?').textContent(PATIENCE)
  await alice.page.keyboard.press('Escape')
  await button(carol.page, 'list.newChat').click()
  await carol.page
    .getByRole('dialog')
    .getByLabel(say('newChat.label'))
    .fill(link ?? '')
  await carol.page.getByRole('button', { name: say('newChat.find'), exact: true }).click()
  await carol.page.getByLabel(say('group.note')).fill('I know the way')
  await button(carol.page, 'group.ask').click(PATIENCE)
  await expect(carol.page.getByText(say('group.askedText'))).toBeVisible(PATIENCE)
  await expect(alice.page.getByText('I know the way')).toBeVisible(PATIENCE)
  await alice.page.getByLabel(say('group.history')).selectOption('all')
  await picture(alice.page, 'group-request')
  await button(alice.page, 'group.approve').click()
  await expect(bubbles(carol.page).filter({ hasText: 'Who brings the stove?' })).toBeVisible(PATIENCE)
  await write(carol.page, 'Hiking club', 'Thanks for letting me in')
  await expect(bubbles(alice.page).filter({ hasText: 'Thanks for letting me in' })).toBeVisible(PATIENCE)
  await picture(alice.page, 'group')
  await picture(carol.page, 'group-newcomer')

  // Carol is removed: what is said next is not for her.
  await alice.page.getByRole('button', { name: say('group.memberMenu', { name: 'Carol' }) }).click()
  await alice.page.getByRole('menuitem', { name: say('group.remove') }).click()
  await alice.page
    .getByRole('dialog')
    .getByRole('button', { name: say('group.remove') })
    .click()
  await expect(carol.page.getByText(say('group.removedText')).first()).toBeVisible(PATIENCE)
  await write(alice.page, 'Hiking club', 'Between the two of us')
  await expect(bubbles(bob.page).filter({ hasText: 'Between the two of us' })).toBeVisible(PATIENCE)
  await expect(bubbles(carol.page).filter({ hasText: 'Between the two of us' })).toHaveCount(0)
  await picture(carol.page, 'group-removed')

  // Who can read it: Alice and Bob, and nobody else.
  await bubbles(alice.page).filter({ hasText: 'Between the two of us' }).click({ button: 'right' })
  await alice.page.getByRole('menuitem', { name: say('group.readers') }).click()
  await expect(alice.page.getByRole('dialog').getByRole('listitem')).toHaveCount(2)
  await picture(alice.page, 'group-readers')
  await alice.page.keyboard.press('Escape')

  // Encryption is switched off, loudly; Bob has to look before he can speak.
  await button(alice.page, 'group.change').click()
  await alice.page.getByRole('radio', { name: say('group.encryption.off') }).click()
  await picture(alice.page, 'group-switch-off')
  await button(alice.page, 'group.letRelayRead').click()
  await expect(bob.page.getByText(say('group.readableTitle'))).toBeVisible(PATIENCE)
  await picture(bob.page, 'group-readable')
  // Nothing readable leaves him before he has looked.
  await expect(bob.page.getByText(say('group.lookFirst'))).toBeVisible()
  await expect(composer(bob.page, 'Hiking club')).toHaveCount(0)
  await button(bob.page, 'group.readableSeen').click()
  await write(bob.page, 'Hiking club', 'For everybody')
  await expect(bubbles(alice.page).filter({ hasText: 'For everybody' })).toContainText(
    say('group.messageReadableShort'),
    PATIENCE,
  )

  // Alice switches it on again: from then on nothing readable is taken.
  await button(alice.page, 'group.change').click()
  await alice.page.getByRole('radio', { name: say('group.encryption.required') }).click()
  await button(alice.page, 'group.encryptAgain').click()
  await expect(bob.page.getByText(say('conversation.encrypted')).first()).toBeVisible(PATIENCE)
  await write(bob.page, 'Hiking club', 'Sealed again')
  await expect(bubbles(alice.page).filter({ hasText: 'Sealed again' })).toBeVisible(PATIENCE)

  // All are closed and opened again: everything is as it was, and goes on.
  for (const person of [carol, bob, alice]) await person.close()
  const alice2 = await openedAgain(computer, 'alice')
  const bob2 = await openedAgain(computer, 'bob')
  const carol2 = await openedAgain(computer, 'carol')
  await expect(bubbles(bob2.page).filter({ hasText: 'Between the two of us' })).toBeVisible(PATIENCE)
  await expect(bubbles(bob2.page).filter({ hasText: 'Sealed again' })).toBeVisible(PATIENCE)
  await write(alice2.page, 'Hiking club', 'Good morning')
  await expect(bubbles(bob2.page).filter({ hasText: 'Good morning' })).toBeVisible(PATIENCE)
  await write(bob2.page, 'Hiking club', 'Good morning, Alice')
  await expect(bubbles(alice2.page).filter({ hasText: 'Good morning, Alice' })).toBeVisible(PATIENCE)

  // Whoever was removed has what they had, and nothing since.
  await expect(bubbles(carol2.page).filter({ hasText: 'Thanks for letting me in' })).toBeVisible(PATIENCE)
  for (const text of ['Between the two of us', 'For everybody', 'Sealed again', 'Good morning'])
    await expect(bubbles(carol2.page).filter({ hasText: text })).toHaveCount(0)
})

async function openedAgain(computer: Computer, profile: string): Promise<Open> {
  const opened = await computer.open(profile)
  await isHome(opened.page)
  await row(opened.page, 'Hiking club').click(PATIENCE)
  return opened
}
