// What people do in the window, by mouse, and what they then see.

import { expect, type Locator, type Page } from '@playwright/test'
import { say } from '../../src/renderer/text/say.ts'
import type { SentenceKey } from '../../src/renderer/text/sentences.ts'
import type { Computer, Open } from './people.ts'

/** Setting up makes keys and asks the keychain; on a busy machine that takes its time. */
const PATIENCE = { timeout: 20_000 }

export function button(page: Page, sentence: SentenceKey, values?: Record<string, string | number>): Locator {
  return page.getByRole('button', { name: say(sentence, values), exact: true })
}

/** Returns the recovery code, as the person wrote it down. */
export async function makeProfile(page: Page, name: string, username: string): Promise<string> {
  await page.getByLabel(say('welcome.name')).fill(name)
  await page.getByLabel(say('welcome.username'), { exact: true }).fill(username)
  await button(page, 'welcome.tryHere').click()
  const { groups, third, seventh } = await shownCode(page)
  await page.getByLabel(say('recovery.third')).fill(third)
  await page.getByLabel(say('recovery.seventh')).fill(seventh)
  await button(page, 'recovery.kept').click()
  await isHome(page)
  return groups.join(' ')
}

/** The two groups of the recovery code that are asked for, as they stand on the screen. */
export async function shownCode(page: Page): Promise<{ groups: string[]; third: string; seventh: string }> {
  const code = page.getByRole('list', { name: say('recovery.code') })
  await expect(code).toHaveAttribute('aria-busy', 'false', PATIENCE)
  const groups = await code.getByRole('listitem').allTextContents()
  const [, , third = '', , , , seventh = ''] = groups
  return { groups, third, seventh }
}

export async function isHome(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { name: say('list.title'), exact: true })).toBeVisible(PATIENCE)
  await expect(page.getByText(say('connection.online'), { exact: true })).toBeVisible(PATIENCE)
}

export async function find(page: Page, username: string): Promise<void> {
  await button(page, 'list.newChat').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(say('newChat.label')).fill(username)
  await dialog.getByRole('button', { name: say('newChat.find'), exact: true }).click()
  await expect(dialog).toBeHidden(PATIENCE)
}

export function row(page: Page, name: string): Locator {
  return page.getByRole('list', { name: say('list.label') }).getByRole('button', { name })
}

export function composer(page: Page, name: string): Locator {
  return page.getByRole('textbox', { name: say('composer.label', { name }), exact: true })
}

export async function write(page: Page, to: string, text: string): Promise<void> {
  await composer(page, to).fill(text)
  await button(page, 'composer.send').click()
}

export function bubbles(page: Page): Locator {
  return page.getByRole('list', { name: say('conversation.messages') }).getByRole('article')
}

/** The texts that stand in the open conversation, from top to bottom. */
export function reads(page: Page): Promise<string[]> {
  return bubbles(page).locator('[dir="auto"]:not(bdi)').allTextContents()
}

export async function expectReads(page: Page, texts: readonly string[]): Promise<void> {
  await expect.poll(() => reads(page), PATIENCE).toEqual(texts)
}

/** To the end of a conversation that is longer than the window: only what was in sight is read. */
export async function jumpToNewest(page: Page): Promise<void> {
  const read = page.getByRole('button', { name: say('conversation.toNewest') })
  const unread = page.getByRole('button', { name: /^Jump to \d+ unread messages?$/ })
  await read.or(unread).click()
}

/** How far each of one's own messages in the open conversation got. */
export function deliveries(page: Page): Promise<(string | null)[]> {
  return bubbles(page)
    .getByRole('img')
    .and(page.locator('[data-delivery]'))
    .evaluateAll((signs) => signs.map((sign) => sign.getAttribute('data-delivery')))
}

export async function expectDeliveries(page: Page, states: readonly string[]): Promise<void> {
  await expect.poll(() => deliveries(page), PATIENCE).toEqual(states)
}

export interface Pair {
  alice: Open
  bob: Open
  /** Alice's recovery code. */
  code: string
}

/** Alice and Bob, each in their own window, who have met: both have the conversation open, one message has come. */
export async function meet(computer: Computer, hello = 'Hello Bob'): Promise<Pair> {
  const [alice, bob] = await Promise.all([computer.open('alice'), computer.open('bob')])
  const code = await makeProfile(alice.page, 'Alice', 'alice')
  await makeProfile(bob.page, 'Bob', 'bob')
  await find(alice.page, 'bob')
  await write(alice.page, 'bob', hello)
  await row(bob.page, 'Alice').click(PATIENCE)
  await button(bob.page, 'request.accept').click()
  await expect(composer(bob.page, 'Alice')).toBeVisible(PATIENCE)
  await expect(composer(alice.page, 'Bob')).toBeVisible(PATIENCE)
  await expectDeliveries(alice.page, ['read'])
  return { alice, bob, code }
}

/** Opens the app again and the conversation in it. */
export async function comeBack(computer: Computer, profile: string, other: string): Promise<Open> {
  const back = await computer.open(profile)
  await isHome(back.page)
  await row(back.page, other).click()
  return back
}

/** A picture of the window as it is, kept in out/screenshots/e2e. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `out/screenshots/e2e/${name}.png` })
}

export async function resize({ app }: Open, width: number, height: number): Promise<void> {
  const size = { x: 0, y: 0, width, height }
  await app.evaluate(({ BrowserWindow }, bounds) => BrowserWindow.getAllWindows()[0]?.setBounds(bounds), size)
}
