// Pictures of a conversation among friends, at the size of the drawings: light and dark.

import { expect } from '@playwright/test'
import { say } from '../../src/renderer/text/say.ts'
import { bubbles, button, composer, expectReads, find, makeProfile, picture, resize, row, write } from './doing.ts'
import { test } from './people.ts'

test('a conversation in light and in dark, with a draft, a day, groups of messages and somebody typing', async ({
  computer,
}) => {
  const [alba, maya] = await Promise.all([computer.open('alba'), computer.open('maya')])
  await resize(alba, 1440, 900)
  await makeProfile(alba.page, 'Alba', 'alba')
  await makeProfile(maya.page, 'Maya Lindqvist', 'maya')
  await find(alba.page, 'alba')
  await write(alba.page, say('list.notes'), 'passport no., ferry times')
  await find(alba.page, 'maya')
  await write(alba.page, 'maya', 'Are you coming to North Ridge?')
  await row(maya.page, 'Alba').click()
  await button(maya.page, 'request.accept').click()
  await write(maya.page, 'Alba', 'Of course. Who is bringing the stove? You had the small one last time')
  await expect(composer(alba.page, 'Maya Lindqvist')).toBeVisible()
  await write(alba.page, 'Maya Lindqvist', 'Me. And two gas cans — do we need EN 417 threads for yours?')
  await expect(bubbles(maya.page)).toHaveCount(3)
  await write(maya.page, 'Alba', 'Yes, the ones with the thread')
  await write(maya.page, 'Alba', '🔥')
  await write(maya.page, 'Alba', 'Done! The hut is booked, 6 bunks. I will send the confirmation when it comes')
  await expect(bubbles(alba.page)).toHaveCount(6)
  await write(alba.page, 'Maya Lindqvist', 'sounds right to me')
  await expectReads(maya.page, [
    'Are you coming to North Ridge?',
    'Of course. Who is bringing the stove? You had the small one last time',
    'Me. And two gas cans — do we need EN 417 threads for yours?',
    'Yes, the ones with the thread',
    '🔥',
    'Done! The hut is booked, 6 bunks. I will send the confirmation when it comes',
    'sounds right to me',
  ])
  const inTheme = async (theme: 'light' | 'dark'): Promise<void> => {
    await alba.page.evaluate((chosen) => window.sotto?.invoke('updateSettings', { theme: chosen }), theme)
    const dark = theme === 'dark'
    await expect.poll(() => alba.page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(dark)
    await composer(maya.page, 'Alba').pressSequentially('And', { delay: 40 })
    await expect(alba.page.getByText(say('conversation.typing', { name: 'Maya Lindqvist' }))).toBeVisible()
    await picture(alba.page, `conversation-${theme}`)
    await composer(maya.page, 'Alba').fill('')
  }
  await inTheme('light')
  await inTheme('dark')
  const paper = await alba.page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  expect(paper).not.toBe('rgb(243, 240, 235)')
})
