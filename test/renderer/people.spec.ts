// People in the window: what one says about oneself, what is noted about others, invitations, and codes to scan.

import type { Page } from 'playwright-core'
import { encode } from 'uqr'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readPicture } from '../../src/shared/picture.ts'
import { png } from '../pictures.ts'
import { calls, drawnPng, openChat, row, soon } from './story.ts'
import { openWindows, type Windows } from './window.ts'

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
}, 120_000)
afterAll(() => windows.close())

const HINT = '0123456789abcdef0123456789abcdef'
const SANAS = `sotto:invite?relay=this-computer&name=sana&hint=${HINT}`
const dialog = (page: Page) => page.getByRole('dialog')

/** The code as it is on the screen: each module, by the colour in its middle. */
async function drawnModules(page: Page): Promise<boolean[][]> {
  const picture = await page.getByRole('img', { name: /code for a scanner/ }).screenshot()
  return page.evaluate(
    async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }))
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true })
      const box = document.querySelector('svg[role="img"]')?.getAttribute('viewBox')?.split(' ').map(Number) ?? []
      const [, , width = 1] = box
      context?.drawImage(bitmap, 0, 0)
      const module = (bitmap.width - 2) / width
      const darkAt = (place: number[]) => {
        const [x = 0, y = 0] = place.map((at) => Math.floor(1 + (at + 4.5) * module))
        return (context?.getImageData(x, y, 1, 1).data[0] ?? 255) < 128
      }
      const places = Array.from({ length: width - 8 }, (_, at) => at)
      return places.map((y) => places.map((x) => darkAt([x, y])))
    },
    [...picture],
  )
}

describe('oneself', () => {
  test('[P170] a name and a line are changed in the settings', async () => {
    const { page, complaints } = await windows.open('day')
    await page.keyboard.press('Control+,')
    await page.getByLabel('About you').fill('  Back on Monday ')
    await page.keyboard.press('Enter')
    await soon(() => calls(page, 'updateProfile')).toEqual([{ name: 'Alba Lund', about: 'Back on Monday' }])
    expect(complaints).toEqual([])
  })

  test('[P179] a picture is cropped and drawn anew before it leaves the window, and is seen where oneself is', async () => {
    const { page, complaints } = await windows.open('day')
    await page.keyboard.press('Control+,')
    const chosen = await drawnPng(page, 900, 300)
    await page.getByLabel('Your picture').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: chosen })
    await soon(async () => (await calls(page, 'setAvatar')).length).toBe(1)
    const [{ picture }] = (await calls(page, 'setAvatar')) as [{ picture: string }]
    expect(readPicture(Buffer.from(picture, 'base64'))).toEqual({
      mediaType: 'image/webp',
      width: 256,
      height: 256,
      plain: true,
    })
    const shown = page.locator('nav img')
    await soon(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(256)
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await soon(() => shown.count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test.each([
    ['words', Buffer.from('<svg onload="alert(1)">')],
    ['as large as a wall', png(30_000, 30_000)],
    ['whole only in its parts', png(64, 64)],
  ])('[P179] what is no picture (%s) is said to be none, and goes nowhere', async (_, buffer) => {
    const { page } = await windows.open('day')
    await page.keyboard.press('Control+,')
    await page.getByLabel('Your picture').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer })
    await page.getByText('Choose another picture.').waitFor()
    expect(await calls(page, 'setAvatar')).toEqual([])
  })

  test('[P172] the own invitation is a code with words for it, a link to read, and a button that copies it', async () => {
    const { page, complaints } = await windows.open('day')
    await page.keyboard.press('Control+,')
    await page.getByRole('button', { name: 'Show my invitation' }).click()
    await page.getByRole('img', { name: /as a code for a scanner/ }).waitFor()
    const link = `sotto:invite?relay=this-computer&name=alba&hint=${HINT}`
    expect(await drawnModules(page)).toEqual(encode(link, { ecc: 'M', border: 0 }).data)
    await page.getByText(link).waitFor()
    await soon(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Copy link')
    await page.keyboard.press('Enter')
    await soon(() => page.evaluate(() => navigator.clipboard.readText())).toBe(link)
    await page.getByText('Copied').waitFor()
    expect(complaints).toEqual([])
  })

  test('[P172] a relay whose address may be in no invitation says so', async () => {
    const { page } = await windows.open('day')
    await page.evaluate(() => window.stage.refuse('getInvitation', 'relay-without-tls'))
    await page.keyboard.press('Control+k')
    await page.keyboard.type('invitation')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('Tell people your username').waitFor()
  })

  test('[P178] a relay that shows somebody else is named until it was seen', async () => {
    const { page } = await windows.open('day')
    await page.evaluate(() =>
      window.stage.commit({
        kind: 'contradiction',
        contradiction: { what: 'identity', at: 1_795_000_000_000 as never },
      }),
    )
    await page.getByText('The relay shows another identity for you').waitFor()
    await page.getByText('Asked who @alba is').waitFor()
    await page.getByRole('button', { name: 'I have seen it' }).click()
    await soon(() => page.getByText('The relay shows another identity for you').count()).toBe(0)
  })
})

describe('others', () => {
  test('[P171] a nickname is what they are called wherever their name stands; a note is saved when one goes on', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Jonas Thiel')
    await page.getByLabel('Nickname').fill('Jo')
    await page.keyboard.press('Enter')
    await row(page, 'Jo').waitFor()
    await page.getByRole('textbox', { name: 'Message to Jo' }).waitFor()
    await page.getByText('calls themselves Jonas Thiel').waitFor()
    await page.getByLabel('Notes about Jo').fill('Has the ladder')
    await page.keyboard.press('Tab')
    await soon(() => calls(page, 'setNote')).toMatchObject([{ note: 'Has the ladder' }])
    await page.getByLabel('Nickname').fill('')
    await page.getByLabel('Notes about Jo').focus()
    await row(page, 'Jonas Thiel').waitFor()
  })

  test('[P171] the menu of a line, by keyboard: at the top, muted, put away, found again', async () => {
    const { page } = await windows.open('day')
    const first = () => page.locator('[data-row]').first().textContent()
    await row(page, 'Leo Santos').focus()
    await page.keyboard.press('Shift+F10')
    await page.getByRole('menuitem', { name: 'Keep at the top' }).press('Enter')
    await soon(first).toContain('Leo Santos')
    await row(page, 'Maya Lindqvist').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Mute for good' }).click()
    await soon(() => row(page, 'Maya Lindqvist').textContent()).toContain('muted')
    await row(page, 'Grandpa').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Put away' }).click()
    await soon(() => row(page, 'Grandpa').count()).toBe(0)
    await page.getByRole('radio', { name: 'Put away 1' }).click()
    await row(page, 'Grandpa').waitFor()
    await page.getByRole('radio', { name: 'All' }).click()
    await page.keyboard.press('Control+f')
    await page.keyboard.type('grandpa')
    await row(page, 'Grandpa').waitFor()
  })

  test('[P171] how long it is quiet is chosen beside the conversation, and what has passed counts no more', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Jonas Thiel')
    const quiet = page.getByLabel('Notifications')
    await quiet.selectOption('Off for an hour')
    const until = await page.evaluate(() => Date.now() + 3_600_000)
    await soon(() => calls(page, 'setMuted')).toMatchObject([{ until }])
    await soon(() => quiet.inputValue()).toBe('until')
    await page.evaluate(() => window.stage.change('jonas', { muted: 1 as never }))
    await soon(() => quiet.inputValue()).toBe('none')
    await page.getByLabel('At the top of the list').check()
    await soon(() => page.locator('[data-row]').first().textContent()).toContain('Jonas Thiel')
  })

  test('[P61] who is blocked is in the settings, with the way back', async () => {
    const { page } = await windows.open('day')
    await page.keyboard.press('Control+,')
    await page.getByText('You have blocked nobody.').waitFor()
    await page.keyboard.press('Escape')
    await page.evaluate(() => {
      const { person } = window.stage.with('leo')
      window.stage.change('leo', { person: { ...person, blocked: true } })
    })
    await page.keyboard.press('Control+,')
    await page.getByRole('button', { name: 'Unblock Leo Santos' }).click()
    await page.getByText('You have blocked nobody.').waitFor()
    expect(await calls(page, 'unblockPerson')).toHaveLength(1)
  })
})

describe('an invitation', () => {
  test('[P172][P174] is pasted where one finds people, shown, and opened by the person', async () => {
    const { page, complaints } = await windows.open('day')
    await page.keyboard.press('Control+n')
    await page.keyboard.insertText(SANAS)
    await page.keyboard.press('Enter')
    await dialog(page).getByText('Invitation from @sana').waitFor()
    await page.getByText('the same identity that the invitation vouches for').waitFor()
    expect(await calls(page, 'acceptInvitation')).toEqual([])
    await page.getByRole('button', { name: 'Open chat' }).click()
    await page.getByRole('textbox', { name: 'Message to Sana Noor' }).waitFor()
    expect(complaints).toEqual([])
  })

  test.each([
    ['another identity', SANAS.replace(HINT, 'f'.repeat(32)), 'Somebody may stand between you'],
    ['nobody', SANAS.replace('sana', 'nobody'), 'The relay knows nobody of that name'],
    ['another relay', SANAS.replace('this-computer', 'wss://relay.example.org'), 'people of relay.example.org'],
    ['one’s own', SANAS.replace('sana', 'alba'), 'This is your own invitation'],
    ['nonsense', 'sotto:invite?name=%61lba', 'no invitation that Sotto can read'],
  ])('[P173][P175] %s: said, and there is nothing to open', async (_, link, says) => {
    const { page } = await windows.open('day')
    await page.keyboard.press('Control+n')
    await page.keyboard.insertText(link)
    await page.keyboard.press('Enter')
    await dialog(page).getByText(says).waitFor()
    expect(await page.getByRole('button', { name: 'Open chat' }).count()).toBe(0)
  })

  test('[P176] a link from outside waits behind what the person does, and goes when it was seen', async () => {
    const { page } = await windows.open('day')
    await page.keyboard.press('Control+,')
    await page.evaluate(
      (link) => window.stage.commit({ kind: 'opened-link', openedLink: { state: 'invitation', link } }),
      SANAS,
    )
    expect(await dialog(page).getByText('Invitation from').count()).toBe(0)
    await page.keyboard.press('Escape')
    await dialog(page).getByText('Invitation from @sana').waitFor()
    await page.keyboard.press('Escape')
    await soon(() => dialog(page).count()).toBe(0)
    expect(await calls(page, 'dismissLink')).toHaveLength(1)
    await page.evaluate(() => window.stage.commit({ kind: 'opened-link', openedLink: { state: 'unreadable' } }))
    await page.getByText('Nothing was done.').waitFor()
    expect(await calls(page, 'acceptInvitation')).toEqual([])
  })

  test('[P172] before there is a profile it says which relay to join, and who is met then', async () => {
    const { page } = await windows.open('welcome')
    await page.getByLabel('Your name').fill('Alba')
    await page.getByRole('button', { name: 'Join with an invitation' }).click()
    const link = page.getByLabel('Invitation (if somebody gave you one)')
    await link.fill('sotto:invite?relay=wss://relay.example.org')
    await page.keyboard.press('Enter')
    await page.getByText('no invitation that Sotto can read').waitFor()
    await link.fill(`sotto:invite?relay=wss://relay.example.org&name=sana&hint=${HINT}&code=tea-4711`)
    await page.getByText('@sana invites you to relay.example.org.').waitFor()
    expect(await page.getByLabel('Address of the relay').count()).toBe(0)
    await page.getByRole('button', { name: 'Join', exact: true }).click()
    await soon(() => calls(page, 'createProfile')).toMatchObject([
      { relay: { kind: 'address', url: 'wss://relay.example.org' }, invitation: 'tea-4711' },
    ])
    await dialog(page).getByText('Invitation from @sana').waitFor()
  })

  test('[P176] a link that was clicked before there is a profile is filled in, and does nothing more', async () => {
    const { page } = await windows.open('welcome')
    await page.evaluate(
      (link) => window.stage.commit({ kind: 'opened-link', openedLink: { state: 'invitation', link } }),
      SANAS,
    )
    await page.getByText('@sana invites you to the relay on this computer.').waitFor()
    expect(await calls(page, 'createProfile')).toEqual([])
    await page.getByRole('button', { name: 'Back' }).click()
    await page.getByRole('button', { name: 'Try it on this computer' }).waitFor()
  })
})

describe('a safety number', () => {
  test('[P177] is a code, too; what a scanner read is compared, and then vouched for with these digits', async () => {
    const { page, complaints } = await windows.open('day')
    await openChat(page, 'Maya Lindqvist')
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.getByRole('img', { name: /code for a scanner/ }).waitFor()
    const field = page.getByLabel('What a scanner read from their screen')
    await field.fill('hello')
    await page.keyboard.press('Enter')
    await page.getByText('This is not the code of a safety number.').waitFor()
    const other = Buffer.alloc(74, 7).toString('base64')
    await field.fill(other)
    await page.keyboard.press('Enter')
    await page.getByText('It is not the same.').waitFor()
    expect(await calls(page, 'setVerified')).toEqual([])
    await field.fill(await page.evaluate(() => window.stage.scannable))
    await page.keyboard.press('Enter')
    await page.getByText('It is the same. You have verified Maya Lindqvist.').waitFor()
    expect(await calls(page, 'setVerified')).toMatchObject([
      { verified: true, digits: expect.stringMatching(/^\d{60}$/) },
    ])
    await page.keyboard.press('Escape')
    await soon(() => row(page, 'Maya Lindqvist').textContent()).toContain('verified')
    expect(complaints).toEqual([])
  })
})
