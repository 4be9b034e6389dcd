// How every screen looks, light and dark: leaves pictures in out/screenshots, and fails where the page complains.

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bubble, drawnPng } from './story.ts'
import { openWindows, type Windows } from './window.ts'

const folder = fileURLToPath(new URL('../../out/screenshots/', import.meta.url))

interface Screen {
  readonly name: string
  readonly scene: string
  readonly width?: number
  readonly height?: number
  readonly prepare?: (page: Page) => Promise<unknown>
}

const openChat = (page: Page, name: string) => page.locator('[data-row]', { hasText: name }).click()

async function choosesGroupPicture(page: Page): Promise<void> {
  await openChat(page, 'North Ridge walk')
  await page.getByRole('button', { name: 'Edit title and picture' }).click()
  const buffer = await drawnPng(page, 600, 400)
  await page.getByLabel('Picture of the group').setInputFiles({ name: 'hut.png', mimeType: 'image/png', buffer })
  await page.locator('[role="dialog"] img').waitFor()
}

const screens: readonly Screen[] = [
  { name: 'main', scene: 'day', prepare: (page) => openChat(page, 'Maya Lindqvist') },
  { name: 'no-chat', scene: 'day' },
  { name: 'states', scene: 'states', prepare: (page) => openChat(page, 'Maya Lindqvist') },
  { name: 'empty', scene: 'empty' },
  { name: 'welcome', scene: 'welcome', prepare: (page) => page.getByLabel('Your name').fill('Alba Lund') },
  {
    name: 'welcome-join',
    scene: 'welcome',
    prepare: (page) => page.getByRole('button', { name: 'Join with an invitation' }).click(),
  },
  { name: 'closed-locked', scene: 'closed:keychain-locked' },
  { name: 'closed-damaged', scene: 'closed:database-damaged' },
  { name: 'closed-copied', scene: 'closed:profile-copied' },
  { name: 'restored', scene: 'restored' },
  { name: 'locked', scene: 'locked' },
  { name: 'locked-wait', scene: 'locked:wait' },
  {
    name: 'locked-code',
    scene: 'locked',
    prepare: (page) => page.getByRole('button', { name: 'Forgot it?' }).click(),
  },
  {
    name: 'settings-lock',
    scene: 'day',
    prepare: async (page) => {
      await page.evaluate(() => window.stage.commit({ kind: 'lock', lock: { passphrase: true, idleMinutes: 5 } }))
      await page.keyboard.press('Control+,')
      await page.getByRole('button', { name: 'Lock Sotto' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'passphrase',
    scene: 'day',
    prepare: async (page) => {
      await page.keyboard.press('Control+,')
      await page.getByRole('button', { name: 'Set a passphrase' }).click()
      await page.getByLabel('New passphrase').fill('short')
      await page.keyboard.press('Enter')
    },
  },
  {
    name: 'restore',
    scene: 'welcome',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Restore a backup' }).click()
      await page.getByRole('button', { name: 'Choose the folder…' }).click()
      await page.getByLabel('Recovery code').fill('K7QF')
      await page.getByRole('button', { name: 'Restore', exact: true }).click()
      await page.getByText('That is not what was shown.').waitFor()
    },
  },
  {
    name: 'settings-backup',
    scene: 'day',
    prepare: async (page) => {
      await page.keyboard.press('Control+,')
      await page.getByRole('button', { name: 'Back up now' }).click()
      await page.getByText('Backed up.').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'settings-backing-up',
    scene: 'day',
    prepare: async (page) => {
      await page.evaluate(() =>
        window.stage.commit({
          kind: 'backup',
          backup: { place: '/media/alba/Backups', lastAt: null, work: { kind: 'writing', percent: 42 } },
        }),
      )
      await page.keyboard.press('Control+,')
      await page.getByRole('button', { name: 'Stop' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'export',
    scene: 'day',
    prepare: async (page) => {
      await openChat(page, 'Maya Lindqvist')
      await page.getByRole('button', { name: 'Export this chat…' }).click()
      await page.getByRole('switch').click()
    },
  },
  { name: 'group', scene: 'group', prepare: (page) => openChat(page, 'North Ridge walk') },
  { name: 'request', scene: 'day', prepare: (page) => openChat(page, 'Priya Raman') },
  { name: 'right-to-left', scene: 'day', prepare: (page) => openChat(page, 'نور') },
  {
    name: 'blocked',
    scene: 'day',
    prepare: async (page) => {
      await openChat(page, 'Leo Santos')
      await page.evaluate(() => {
        const { person } = window.stage.with('leo')
        window.stage.change('leo', { person: { ...person, blocked: true } })
      })
    },
  },
  { name: 'closed-removed', scene: 'closed:device-removed' },
  {
    name: 'devices',
    scene: 'day',
    prepare: async (page) => {
      await page.keyboard.press('Control+,')
      await page.getByText('Your devices').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'stolen',
    scene: 'day',
    prepare: async (page) => {
      await page.keyboard.press('Control+,')
      await page.getByRole('button', { name: 'Remove Laptop' }).click()
      await page.getByRole('button', { name: 'It was stolen' }).click()
    },
  },
  {
    name: 'editing',
    scene: 'day',
    prepare: async (page) => {
      await openChat(page, 'Iris')
      await page.locator('textarea[data-region="composer"]').press('ArrowUp')
    },
  },
  {
    name: 'offline',
    scene: 'day',
    prepare: async (page) => {
      await openChat(page, 'Grandpa')
      await page.evaluate(() => window.stage.goOffline(8_000))
    },
  },
  {
    name: 'update-ready',
    scene: 'day',
    prepare: (page) =>
      page.evaluate(() => window.stage.commit({ kind: 'update', update: { state: 'ready', version: '0.2.0' } })),
  },
  {
    name: 'relay-view',
    scene: 'day',
    prepare: async (page) => {
      await openChat(page, 'Maya Lindqvist')
      await page.keyboard.press('Control+e')
      await page.getByRole('table').waitFor()
    },
  },
  {
    name: 'safety-number',
    scene: 'day',
    prepare: async (page) => {
      await openChat(page, 'Maya Lindqvist')
      await page.getByRole('button', { name: 'Compare' }).click()
      await page.getByRole('button', { name: 'They match' }).waitFor()
    },
  },
  {
    name: 'palette',
    scene: 'day',
    prepare: async (page) => {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('r')
    },
  },
  { name: 'settings', scene: 'day', prepare: (page) => page.keyboard.press('Control+,') },
  {
    name: 'own-invitation',
    scene: 'day',
    prepare: async (page) => {
      await page.keyboard.press('Control+,')
      await page.getByRole('button', { name: 'Show my invitation' }).click()
      await page.getByRole('img', { name: /as a code/ }).waitFor()
    },
  },
  {
    name: 'invitation',
    scene: 'day',
    prepare: async (page) => {
      await page.keyboard.press('Control+n')
      await page.keyboard.insertText('sotto:invite?relay=this-computer&name=sana&hint=0123456789abcdef0123456789abcdef')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Open chat' }).waitFor()
    },
  },
  {
    name: 'invitation-of-another',
    scene: 'day',
    prepare: async (page) => {
      await page.keyboard.press('Control+n')
      await page.keyboard.insertText('sotto:invite?relay=this-computer&name=sana&hint=ffffffffffffffffffffffffffffffff')
      await page.keyboard.press('Enter')
      await page.getByText('Somebody may stand between you').waitFor()
    },
  },
  {
    name: 'person',
    scene: 'day',
    prepare: async (page) => {
      await openChat(page, 'Grandpa')
      await page.evaluate(() => {
        const { person } = window.stage.with('grandpa')
        const told = {
          avatar: 'b'.repeat(64),

          nickname: 'Grandpa',
          profileName: 'Anselm Lund',
          about: 'Apples, mostly',
          note: 'Birthday 3 May',
        }
        window.stage.change('grandpa', { person: { ...person, ...told }, pinned: true, muted: 'for-good' })
        window.stage.commit({
          kind: 'contradiction',
          contradiction: { what: 'devices', at: 1_795_000_000_000 as never },
        })
      })
    },
  },
  {
    name: 'blocked-people',
    scene: 'day',
    prepare: async (page) => {
      await page.evaluate(() => {
        const { person } = window.stage.with('leo')
        window.stage.change('leo', { person: { ...person, blocked: true } })
      })
      await page.keyboard.press('Control+,')
      await page.getByRole('button', { name: 'Unblock Leo Santos' }).scrollIntoViewIfNeeded()
    },
  },
  { name: 'shortcuts', scene: 'day', prepare: (page) => page.keyboard.press('Control+/') },
  { name: 'new-chat', scene: 'day', prepare: (page) => page.keyboard.press('Control+n') },
  {
    name: 'link-begin',
    scene: 'welcome',
    prepare: (page) => page.getByRole('button', { name: 'Link to my other device' }).click(),
  },
  {
    name: 'link-code',
    scene: 'welcome',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Link to my other device' }).click()
      await page.getByRole('button', { name: 'Show the code' }).click()
      await page.getByText('AB12-CD34').waitFor()
    },
  },
  {
    name: 'link-words',
    scene: 'day',
    prepare: async (page) => {
      await page.keyboard.press('Control+,')
      await page.getByRole('button', { name: 'Link a device…' }).click()
      await page.getByLabel('The code that the new device shows').fill('AB12-CD34')
      await page.keyboard.press('Enter')
      await page.getByText('copper').waitFor()
    },
  },
  {
    name: 'history-arriving',
    scene: 'day',
    prepare: async (page) => {
      await openChat(page, 'Maya Lindqvist')
      await page.evaluate(() =>
        window.stage.commit({
          kind: 'history',
          history: { arriving: { state: 'arriving', done: 4200, total: 12_345, failure: null }, leaving: null },
        }),
      )
    },
  },
  {
    name: 'group-pictured',
    scene: 'group',
    prepare: async (page) => {
      await choosesGroupPicture(page)
      await page.getByRole('button', { name: 'Save' }).click()
      await page.locator('main header img').waitFor()
    },
  },
  {
    name: 'group-recall',
    scene: 'group',
    prepare: async (page) => {
      await openChat(page, 'North Ridge walk')
      await bubble(page, 'Who is bringing the stove?').click({ button: 'right' })
      await page.getByRole('menuitem', { name: 'Delete for everyone…' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  { name: 'group-edit', scene: 'group', prepare: choosesGroupPicture },
  {
    name: 'group-ban',
    scene: 'group',
    prepare: async (page) => {
      await openChat(page, 'North Ridge walk')
      await page.getByRole('button', { name: 'What to do with Iris Okafor' }).click()
      await page.getByRole('menuitem', { name: 'Ban…' }).click()
      await page.getByLabel('For how long').selectOption('until…')
    },
  },
  {
    name: 'group-receipts',
    scene: 'group',
    prepare: async (page) => {
      await openChat(page, 'North Ridge walk')
      await page.evaluate(() => {
        const said = window.stage.messages.find(({ own, conversation, content }) => {
          return own && conversation.startsWith('group:') && content.kind === 'text'
        })
        if (!said) return
        const delivery = { state: 'sent' as const, at: said.sentAt }
        window.stage.commit({ kind: 'message', message: { ...said, delivery, readBy: { count: 2, of: 4 } } })
      })
      await bubble(page, 'And two gas cans').click({ button: 'right' })
      await page.getByRole('menuitem', { name: 'Read by' }).click()
      await page.getByRole('dialog').getByText('Maya Lindqvist').waitFor()
    },
  },
  {
    name: 'group-large',
    scene: 'group:large',
    prepare: async (page) => {
      await openChat(page, 'North Ridge walk')
      await page.getByRole('list', { name: 'Members' }).getByText('Maya Lindqvist').waitFor()
      await page.getByRole('list', { name: 'Members' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'group-invite',
    scene: 'group',
    prepare: async (page) => {
      await openChat(page, 'North Ridge walk')
      await page.getByRole('button', { name: 'Invite people' }).click()
      await page.getByRole('checkbox', { name: 'Grandpa' }).check()
    },
  },
  { name: 'narrow-list', scene: 'day', width: 720, height: 620 },
  {
    name: 'narrow-chat',
    scene: 'day',
    width: 720,
    height: 620,
    prepare: async (page) => {
      await page.keyboard.press('Control+i')
      await openChat(page, 'Maya Lindqvist')
    },
  },
]

let windows: Windows
beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  windows = await openWindows()
}, 120_000)
afterAll(() => windows.close())

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  test.each(screens)(
    'the screen $name draws without a complaint',
    async ({ name, scene, width, height, prepare }) => {
      const { page, complaints } = await windows.open(scene, {
        theme,
        ...(width ? { width } : {}),
        ...(height ? { height } : {}),
      })
      await prepare?.(page)
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
      await page.waitForTimeout(250)
      await page.screenshot({ path: `${folder}${name}-${theme}.png` })
      expect(complaints).toEqual([])
    },
    60_000,
  )
})
