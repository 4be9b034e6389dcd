// A backup in real windows: written where the person points, and brought back on a computer that has nothing else.

import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, expect } from '@playwright/test'
import { say } from '../../src/renderer/text/say.ts'
import { button, composer, expectReads, isHome, meet, picture, row, write } from './doing.ts'
import { type Open, test } from './people.ts'

const PATIENCE = { timeout: 20_000 }

/** As if the person chose this folder in the system's dialog. */
const point = ({ app }: Open, folder: string) =>
  app.evaluate(({ dialog }, path) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] })
  }, folder)

test('[E15][E17] what Alice backed up, she reads on another computer, with the code from her paper', async ({
  computer,
}) => {
  const stick = join(computer.data, 'stick')
  mkdirSync(stick)
  const { alice, bob, code } = await meet(computer)
  await write(bob.page, 'Alice', 'Keep this')
  await expectReads(alice.page, ['Hello Bob', 'Keep this'])

  await alice.page.keyboard.press(`${process.platform === 'darwin' ? 'Meta' : 'Control'}+,`)
  await button(alice.page, 'backup.now').click()
  await expect(alice.page.getByText(say('failure.cancelled'))).toBeVisible(PATIENCE)
  expect(readdirSync(stick)).toEqual([])
  await point(alice, stick)
  await button(alice.page, 'backup.now').click()
  await expect(alice.page.getByText(say('backup.done', { count: 1 }))).toBeVisible(PATIENCE)
  expect(readdirSync(stick)).toHaveLength(1)
  await button(alice.page, 'backup.check').click()
  await expect(alice.page.getByText(/is whole/)).toBeVisible(PATIENCE)
  await picture(alice.page, 'backup')
  // A page does not say where to.
  const refused = await alice.page.evaluate((folder) => window.sotto?.invoke('createBackup', { folder }), stick)
  expect(refused).toMatchObject({ ok: false, failure: { code: 'bad-input' } })
  await alice.close()

  const anew = await computer.open('alice-anew')
  await button(anew.page, 'restore.offer').click()
  await point(anew, join(computer.data, 'profiles'))
  await button(anew.page, 'restore.choose').click()
  await expect(anew.page.getByText(say('failure.no-backup'))).toBeVisible(PATIENCE)
  await point(anew, stick)
  await button(anew.page, 'restore.choose').click()
  await anew.page.getByLabel(say('recovery.typed')).fill(code)
  await picture(anew.page, 'restore')
  await button(anew.page, 'restore.now').click()
  await expect(anew.page.getByRole('heading', { name: say('restored.title') })).toBeVisible(PATIENCE)
  await button(anew.page, 'restored.goOn').click()
  await isHome(anew.page)
  await row(anew.page, 'Bob').click()
  await expectReads(anew.page, ['Hello Bob', 'Keep this'])
  await composer(anew.page, 'Bob').fill('Here again')
  await anew.page.keyboard.press('Enter')
  await expectReads(bob.page, ['Hello Bob', 'Keep this', 'Here again'])
})

test('[E19] an export asks in the window and outside of it, and goes only where the person points', async ({
  computer,
}) => {
  const papers = join(computer.data, 'papers')
  mkdirSync(papers)
  const { alice } = await meet(computer, '<script>alert(1)</script>')
  await button(alice.page, 'export.one').click()
  await expect(button(alice.page, 'export.now')).toBeDisabled()
  await alice.page.getByRole('switch', { name: say('export.understood') }).click()
  await picture(alice.page, 'export')
  await point(alice, papers)
  const agree = (response: number) =>
    alice.app.evaluate(({ dialog }, answered) => {
      dialog.showMessageBox = async () => ({ response: answered, checkboxChecked: false })
    }, response)
  await agree(0)
  await button(alice.page, 'export.now').click()
  await expect(button(alice.page, 'export.now')).toBeEnabled(PATIENCE)
  expect(readdirSync(papers)).toEqual([])
  await agree(1)
  await button(alice.page, 'export.now').click()
  await expect(alice.page.getByText(/^1 message written to/)).toBeVisible(PATIENCE)
  const [folder = ''] = readdirSync(papers)
  const files = readdirSync(join(papers, folder)).sort()
  expect(files).toEqual([expect.stringMatching(/^bob-[0-9a-f]{12}\.html$/), 'index.html'])

  // What a browser makes of it: the text as it was written, and nothing that runs.
  const browser = await chromium.launch({
    executablePath: process.env.SOTTO_STANDIN_CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  const page = await browser.newPage()
  let alerts = 0
  page.on('dialog', () => {
    alerts += 1
  })
  await page.goto(pathToFileURL(join(papers, folder, 'index.html')).href)
  await page.getByRole('link', { name: 'Bob' }).click()
  await expect(page.getByText('<script>alert(1)</script>')).toBeVisible()
  expect(alerts).toBe(0)
  await browser.close()
})
