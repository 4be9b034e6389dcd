// The whole window without a mouse, and for those who listen to it.

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bubble, calls, openChat, soon, writing } from './story.ts'
import { openWindows, type Windows } from './window.ts'

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
}, 120_000)
afterAll(() => windows.close())

/** What has the focus: its name for screen readers, or what it says. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement
    if (!element?.matches('button, input, textarea, [data-message]')) return ''
    return element.getAttribute('aria-label') ?? element.textContent ?? ''
  })

/** Of a member who offers nothing: what is said of them. */
const focusedMember = (page: Page) =>
  page.evaluate(() => (document.activeElement?.matches('[data-member]') ? document.activeElement.textContent : ''))

/** Goes on with Tab until what has the focus is called so. */
async function tabTo(page: Page, isIt: (name: string) => boolean): Promise<void> {
  for (let stop = 0; stop < 40; stop++) {
    await page.keyboard.press('Tab')
    const name = await page.evaluate(() => {
      const element = document.activeElement
      return element?.getAttribute('aria-label') ?? element?.closest('label')?.textContent ?? element?.textContent ?? ''
    })
    if (isIt(name)) return
  }
  throw new Error('Tab does not lead there')
}

describe('by keyboard alone', () => {
  test('the first minute: a profile, somebody found, a message sent', async () => {
    const { page } = await windows.open('welcome')
    const { keyboard } = page
    await keyboard.type('Alba Lund')
    await keyboard.press('Enter')
    await page.getByText('Nobody here yet').waitFor()
    expect(await calls(page, 'createProfile')).toMatchObject([
      { name: 'Alba Lund', username: 'alba.lund', relay: { kind: 'this-computer' } },
    ])
    await keyboard.press('Control+n')
    await keyboard.type('tomas')
    await keyboard.press('Enter')
    await page.getByText('Waiting for Tomas Kral to accept').waitFor()
    await soon(() => focused(page)).toBe('Message to Tomas Kral')
    await keyboard.type('Tea at five?')
    await keyboard.press('Enter')
    await bubble(page, 'Tea at five?').waitFor()
  })

  test('joining by invitation sends the address and the code', async () => {
    const { page } = await windows.open('welcome')
    await page.getByLabel('Your name').fill('Alba')
    await page.getByRole('button', { name: 'Join with an invitation' }).press('Enter')
    await page.getByLabel('Address of the relay').fill('https://relay.example.org')
    await page.getByLabel('Invitation code').fill(' TEA-4711 ')
    await page.keyboard.press('Enter')
    await page.getByText('The address begins with wss://').waitFor()
    await page.getByLabel('Address of the relay').fill('wss://relay.example.org')
    await page.keyboard.press('Enter')
    await soon(() => calls(page, 'createProfile')).toMatchObject([
      { relay: { kind: 'address', url: 'wss://relay.example.org' }, invitation: 'TEA-4711' },
    ])
  })

  test('the arrow keys reach everybody in a long list', async () => {
    const { page } = await windows.open('long')
    await page.keyboard.press('Control+f')
    await page.keyboard.press('ArrowDown')
    await soon(() => focused(page)).toContain('Maya Lindqvist')
    await page.keyboard.press('ArrowDown')
    await soon(() => focused(page)).toContain('Guest 300')
    await page.keyboard.press('End')
    await soon(() => focused(page)).toMatch(/Guest 1(?!\d)/)
    await page.keyboard.press('Enter')
    await soon(() => focused(page)).toBe('Message to Guest 1')
    await page.keyboard.press('Escape')
    await soon(() => focused(page)).toMatch(/Guest 1(?!\d)/)
  })

  test('the search opens the first match, and asks the relay for a username', async () => {
    const { page } = await windows.open('day')
    await page.keyboard.press('Control+f')
    await page.keyboard.type('grand')
    await page.keyboard.press('Enter')
    await soon(() => focused(page)).toBe('Message to Grandpa')
    await page.keyboard.press('Control+f')
    await page.keyboard.type('@nobody')
    await page.keyboard.press('Enter')
    await page.getByText('Nobody on this relay has that username.').waitFor()
    await page.keyboard.press('Control+f')
    await page.keyboard.type('@sana')
    await page.keyboard.press('Enter')
    await soon(() => focused(page)).toBe('Message to Sana Noor')
  })

  test('the palette jumps, and gives the focus back when it does not', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('jonas')
    await page.keyboard.press('Enter')
    await soon(() => focused(page)).toBe('Message to Jonas Thiel')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.press('Escape')
    await soon(() => focused(page)).toBe('Message to Jonas Thiel')
  })

  test('messages are walked with the arrow keys, and the menu key opens their menu', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await bubble(page, 'sounds right to me').waitFor()
    await page.keyboard.press('Shift+F6')
    await page.keyboard.press('F6')
    await page.keyboard.press('F6')
    await page.keyboard.press('ArrowUp')
    await soon(() => focused(page)).toContain('sounds right to me')
    await page.keyboard.press('ArrowUp')
    await soon(() => focused(page)).toContain('Then let us meet')
    await page.keyboard.press('ContextMenu')
    await page.getByRole('menuitem', { name: 'Copy text' }).waitFor()
    await page.keyboard.press('Enter')
    await soon(() => page.evaluate(() => navigator.clipboard.readText())).toBe('Then let us meet at the station.')
  })

  test('a group: made, with its people, and written in', async () => {
    const { page } = await windows.open('day')
    const { keyboard } = page
    await keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    await keyboard.type('new group')
    await keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'New group' })
    await dialog.waitFor()
    await soon(() => dialog.getByLabel('Title').evaluate((field) => field === document.activeElement)).toBe(true)
    await keyboard.type('Hut')
    await tabTo(page, (name) => name.includes('Iris Okafor'))
    await keyboard.press('Space')
    await dialog.getByText('1 chosen').waitFor()
    await tabTo(page, (name) => name === 'Make the group')
    await keyboard.press('Enter')
    await soon(() => calls(page, 'createGroup')).toMatchObject([{ title: 'Hut', people: [expect.any(String)] }])
    await soon(() => focused(page)).toBe('Message to Hut')
  })

  test('the members of a large group: all are reached, few are drawn, and one is banned', async () => {
    const { page, complaints } = await windows.open('group:large')
    const { keyboard } = page
    await openChat(page, 'North Ridge walk')
    const members = page.getByRole('list', { name: 'Members' })
    await members.getByText('Maya Lindqvist').waitFor()
    expect(await members.getByRole('listitem').count()).toBeLessThan(40)
    expect(await members.getByRole('listitem').first().getAttribute('aria-setsize')).toBe('1000')
    await page.getByRole('searchbox', { name: 'Filter members' }).focus()
    await keyboard.press('Tab')
    // Oneself: with whom there is nothing to do.
    await soon(() => focusedMember(page)).toContain('Alba Lund')
    await keyboard.press('ArrowDown')
    await soon(() => focused(page)).toBe('What to do with Maya Lindqvist')
    await keyboard.press('End')
    await soon(() => focused(page)).toBe('What to do with Walker 995')
    expect(await members.getByRole('listitem').last().getAttribute('aria-posinset')).toBe('1000')
    await keyboard.press('ArrowUp')
    await soon(() => focused(page)).toBe('What to do with Walker 994')
    await keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Write to them' }).waitFor()
    await keyboard.press('End')
    await keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Ban Walker 994?' })
    await dialog.waitFor()
    await tabTo(page, (name) => name === 'Ban')
    await keyboard.press('Enter')
    await soon(() => calls(page, 'banMembers')).toMatchObject([{ accounts: [expect.any(String)] }])
    await members.getByText('Walker 994').waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
  })

  test('several members are found, chosen and muted', async () => {
    const { page } = await windows.open('group:large')
    const { keyboard } = page
    await openChat(page, 'North Ridge walk')
    await page.getByRole('button', { name: 'Select', exact: true }).press('Enter')
    await keyboard.press('Tab')
    await keyboard.type('walker 99')
    await keyboard.press('Tab')
    await soon(() => focused(page)).toBe('Walker 99')
    await keyboard.press('Space')
    await keyboard.press('ArrowDown')
    await soon(() => focused(page)).toBe('Walker 990')
    await keyboard.press('Space')
    await tabTo(page, (name) => name === 'Mute…')
    await keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Mute 2 members?' }).waitFor()
    await tabTo(page, (name) => name === 'Mute')
    await keyboard.press('Enter')
    await soon(() => calls(page, 'muteMembers')).toMatchObject([{ accounts: [expect.any(String), expect.any(String)] }])
  })

  test('Alt and an arrow go through the chats', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Maya Lindqvist')
    await page.keyboard.press('Alt+ArrowDown')
    await soon(() => focused(page)).toBe('Message to Iris Okafor')
    await page.keyboard.press('Alt+ArrowUp')
    await soon(() => focused(page)).toBe('Message to Maya Lindqvist')
  })

  test('what has the focus shows it', async () => {
    const { page } = await windows.open('day')
    for (let stop = 0; stop < 14; stop++) {
      await page.keyboard.press('Tab')
      const ring = await page.evaluate(() => {
        const outlined = (element: Element | null) => !!element && getComputedStyle(element).outlineStyle !== 'none'
        const element = document.activeElement
        return element === document.body || outlined(element) || outlined(element?.parentElement ?? null)
      })
      expect(ring, await focused(page)).toBe(true)
    }
  })
})

describe('for those who listen', () => {
  test.each(['day', 'states', 'welcome', 'empty', 'closed:wrong-key', 'locked', 'restored'])(
    'everything in "%s" has a name',
    async (scene) => {
      const { page } = await windows.open(scene)
      if (scene === 'day' || scene === 'states') await openChat(page, 'Maya Lindqvist')
      const flaws = await page.evaluate(() => {
        const found: string[] = []
        for (const element of document.querySelectorAll('button, [role="button"], input, textarea')) {
          const labels = element instanceof HTMLInputElement ? (element.labels?.length ?? 0) : 0
          const name = element.getAttribute('aria-label') ?? element.textContent ?? ''
          if (name.trim() === '' && labels === 0) found.push(`no name: ${element.outerHTML.slice(0, 120)}`)
        }
        for (const picture of document.querySelectorAll('svg:not([aria-hidden]), img:not([alt])')) {
          found.push(`picture without a name: ${picture.outerHTML.slice(0, 120)}`)
        }
        const ids = [...document.querySelectorAll('[id]')].map((element) => element.id)
        for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) found.push(`twice: ${id}`)
        for (const attribute of ['aria-describedby', 'aria-controls', 'aria-labelledby']) {
          for (const element of document.querySelectorAll(`[${attribute}]`)) {
            for (const id of (element.getAttribute(attribute) ?? '').split(' ')) {
              if (id !== '' && !document.getElementById(id)) found.push(`${attribute} names nothing: ${id}`)
            }
          }
        }
        for (const item of document.querySelectorAll('[role="listitem"]')) {
          if (item.parentElement?.getAttribute('role') !== 'list') found.push('a list item outside a list')
        }
        if (document.querySelectorAll('main').length !== 1) found.push('not one main')
        if (document.querySelectorAll('h1').length !== 1) found.push('not one h1')
        return found
      })
      expect(flaws).toEqual([])
    },
  )

  test('what comes in is said', async () => {
    const { page } = await windows.open('day')
    await page.evaluate(() => window.stage.receive('iris', 'On the platform now'))
    await soon(() => page.getByRole('log').textContent()).toContain('Iris Okafor: On the platform now')
  })

  test('the lists say how long they are', async () => {
    const { page } = await windows.open('long')
    const first = page.getByRole('list', { name: 'Chats, newest first' }).getByRole('listitem').first()
    expect(await first.getAttribute('aria-setsize')).toBe('301')
    expect(await first.getAttribute('aria-posinset')).toBe('1')
  })
})

describe('every size and direction', () => {
  test.each([
    { width: 720, height: 450, what: '200 % zoom' },
    { width: 500, height: 700, what: 'a narrow window' },
    { width: 1000, height: 700, what: 'a middling one' },
  ])('nothing sticks out: $what', async ({ width, height }) => {
    const { page } = await windows.open('day', { width, height })
    if (width <= 900) await page.getByText('Iris Okafor').waitFor()
    await openChat(page, 'Iris Okafor')
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    const field = await writing(page).boundingBox()
    expect((field?.y ?? height) + (field?.height ?? 0)).toBeLessThanOrEqual(height)
  })

  test('below 900 pixels the list and the conversation take turns', async () => {
    const { page } = await windows.open('day', { width: 720, height: 600 })
    await page.keyboard.press('Control+i')
    await openChat(page, 'Iris Okafor')
    expect(await page.getByRole('heading', { name: 'Chats' }).isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Back' }).click()
    await page.getByRole('heading', { name: 'Chats' }).waitFor()
  })

  test('right to left, the rail stands on the right', async () => {
    const { page } = await windows.open('day')
    await page.evaluate(() => {
      document.documentElement.dir = 'rtl'
    })
    await openChat(page, 'Iris Okafor')
    const rail = await page.getByRole('navigation').boundingBox()
    expect(rail?.x).toBe(1440 - 60)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(1440)
  })
})
