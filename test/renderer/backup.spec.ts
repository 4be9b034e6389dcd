// Backups in the window: made, checked and stopped in the settings, brought back at the welcome.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { calls, soon } from './story.ts'
import { openWindows, type Windows } from './window.ts'

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
}, 120_000)
afterAll(() => windows.close())

const CODE = 'K7QF 9D2M XW4T B8HN 3RPC V6JY Z15E G1SA'

test('[E15] the settings say when the last backup was made and where, make one more, and check it', async () => {
  const { page } = await windows.open('day')
  await page.keyboard.press('Control+,')
  await page.getByText('There is none yet.').waitFor()
  expect(await page.getByRole('button', { name: 'Check it' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Back up now' }).click()
  await page.getByText('Last one 20 November 2026, 14:40, in /media/alba/Backups').waitFor()
  await page.getByRole('button', { name: 'Check it' }).click()
  await page.getByText('The backup of 20 November 2026 is whole.').waitFor()
  await page.evaluate(() => window.stage.refuse('verifyBackup', 'backup-damaged'))
  await page.getByRole('button', { name: 'Check it' }).click()
  await page.getByText('Part of the backup is missing or was changed').waitFor()
  await page.getByRole('button', { name: 'Another folder…' }).click()
  await soon(() => calls(page, 'createBackup')).toEqual([{ elsewhere: false }, { elsewhere: true }])
})

test('[E18] what is being written shows how far it is, and can be stopped', async () => {
  const { page } = await windows.open('day')
  await page.keyboard.press('Control+,')
  await page.evaluate(() =>
    window.stage.commit({
      kind: 'backup',
      backup: { place: null, lastAt: null, work: { kind: 'writing', percent: 42 } },
    }),
  )
  expect(await page.getByRole('progressbar').getAttribute('value')).toBe('42')
  await page.getByText('Backing up… 42 %').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByRole('button', { name: 'Back up now' }).waitFor()
})

test('[E17] by keyboard alone: a backup is chosen, a wrong code is said where it stands, the right one opens it', async () => {
  const { page } = await windows.open('welcome')
  await page.getByRole('button', { name: 'Restore a backup' }).press('Enter')
  await page.getByRole('heading', { name: 'Restore a backup' }).waitFor()
  expect(await page.getByRole('button', { name: 'Restore', exact: true }).isDisabled()).toBe(true)
  await page.keyboard.press('Enter')
  await page.getByText('Backup in /media/alba/Backups').waitFor()
  await soon(() => page.getByLabel('Recovery code').evaluate((field) => field === document.activeElement)).toBe(true)
  await page.keyboard.type('K7QF')
  await page.keyboard.press('Enter')
  await page.getByText('That is not what was shown.').waitFor()
  await page.getByLabel('Recovery code').fill(CODE)
  await page.keyboard.press('Enter')
  await page.getByText('Nobody here yet').waitFor()
  expect(await calls(page, 'restoreBackup')).toEqual([{ code: 'K7QF' }, { code: CODE }])
})

test('[E19] an export is asked for from the palette, chosen, agreed to, and said where it went', async () => {
  const { page } = await windows.open('day')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('export')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Export all chats' }).waitFor()
  await page.getByRole('radio', { name: 'JSON for programs' }).click()
  expect(await page.getByRole('button', { name: 'Choose where…' }).isDisabled()).toBe(true)
  await page.getByRole('switch', { name: 'I know that anybody can read the files' }).press('Space')
  await page.getByRole('button', { name: 'Choose where…' }).press('Enter')
  await page.getByText('20 messages written to /home/alba/Sotto export 2026-11-20 14.40.00').waitFor()
  expect(await calls(page, 'exportHistory')).toEqual([{ format: 'json', readableByAnybody: true }])
})
