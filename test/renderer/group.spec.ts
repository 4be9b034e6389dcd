// The window of a group: who is in it, who wants in, what may be done about it, and what is asked first.

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { say } from '../../src/renderer/text/say.ts'
import { bubble, calls, openChat, row, soon, writing } from './story.ts'
import { openWindows, type Windows } from './window.ts'

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
})
afterAll(() => windows.close())

const NAME = 'North Ridge walk'
const WALK = 'group:0000096f-0000-4000-8000-000000000001'
const IRIS = '00000acc-0000-4000-8000-000000000003'
const TOMAS = '00000acc-0000-4000-8000-000000000032'

async function openGroup(): Promise<Page> {
  const { page } = await windows.open('group')
  await openChat(page, NAME)
  return page
}

const member = (page: Page, name: string) =>
  page.getByRole('region', { name: 'Members' }).getByRole('listitem').filter({ hasText: name })

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `What to do with ${name}` }).click()
  await page.getByRole('menuitem', { name: action, exact: true }).click()
}

describe('the list', () => {
  test('says who spoke last in a group, and has a place of its own for groups', async () => {
    const { page } = await windows.open('group')
    await row(page, NAME).getByText('Maya Lindqvist: the hut is booked').waitFor()
    await page.getByRole('radio', { name: 'Groups' }).click()
    await soon(() => page.locator('[data-row]').count()).toBe(1)
  })

  test('says what happened where nobody spoke', async () => {
    const { page } = await windows.open('group')
    await page.evaluate((id) => {
      const events = window.stage.messages.filter(
        (one) => one.conversation === id && one.content.kind === 'group-event',
      )
      const last = events.at(-1)
      const found = window.stage.snapshot.conversations.find((one) => one.id === id)
      if (!last || !found?.last) throw new Error('nothing happened')
      window.stage.commit({
        kind: 'conversation',
        conversation: { ...found, last: { ...found.last, content: last.content } },
      })
    }, WALK)
    await row(page, NAME).getByText('Maya Lindqvist changed the picture').waitFor()
  })
})

describe('who asks to join', () => {
  test('[G2] is shown with their note, and let in with as much history as is granted', async () => {
    const page = await openGroup()
    const card = page.getByRole('region', { name: 'Who asks to join' })
    await card.getByText('Maya told me about the walk').waitFor()
    await card.getByLabel('Older messages').selectOption('all')
    await card.getByRole('button', { name: 'Let in' }).click()
    await member(page, 'Tomas Kral').waitFor()
    expect(await card.count()).toBe(0)
    expect(await calls(page, 'decideRequest')).toEqual([
      { conversation: WALK, account: TOMAS, approve: true, history: { kind: 'all' } },
    ])
  })

  test('[G2] is given nothing of what was said before unless somebody chooses so', async () => {
    const page = await openGroup()
    await page.getByRole('button', { name: 'Let in' }).click()
    expect(await calls(page, 'decideRequest')).toMatchObject([{ approve: true, history: { kind: 'none' } }])
  })

  test('[G2] is granted what was said since a day that somebody names', async () => {
    const page = await openGroup()
    await page.getByLabel('Older messages').selectOption('since…')
    await page.getByLabel('Since').fill('2026-11-02')
    await page.getByRole('button', { name: 'Let in' }).click()
    const [{ history }] = (await calls(page, 'decideRequest')) as [{ history: { since: number } }]
    expect(new Date(history.since)).toEqual(new Date(2026, 10, 2))
  })

  test('[G2] is turned away', async () => {
    const page = await openGroup()
    await page.getByRole('button', { name: 'Reject' }).click()
    expect(await calls(page, 'decideRequest')).toMatchObject([{ account: TOMAS, approve: false }])
    expect(await member(page, 'Tomas Kral').count()).toBe(0)
  })
})

describe('members', () => {
  test('[G12] their role, whether they were verified, and whether they may speak', async () => {
    const page = await openGroup()
    await member(page, 'Maya Lindqvist').getByText('admin').waitFor()
    await member(page, 'Iris Okafor').getByText('verified').waitFor()
    await member(page, 'Jonas Thiel').getByText('member · muted').waitFor()
    const security = page.getByRole('region', { name: 'Security' })
    await security.getByText('1 of 4').waitFor()
  })

  test('[G12] one is removed, after it was asked once', async () => {
    const page = await openGroup()
    await choose(page, 'Iris Okafor', 'Remove')
    const dialog = page.getByRole('dialog', { name: 'Remove Iris Okafor?' })
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    expect(await calls(page, 'removeMembers')).toEqual([])
    await choose(page, 'Iris Okafor', 'Remove')
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await soon(() => member(page, 'Iris Okafor').count()).toBe(0)
    expect(await calls(page, 'removeMembers')).toEqual([{ conversation: WALK, accounts: [IRIS] }])
  })

  test('[G12] one is banned for a week, and let back in', async () => {
    const page = await openGroup()
    await choose(page, 'Iris Okafor', 'Ban…')
    const dialog = page.getByRole('dialog', { name: 'Ban Iris Okafor?' })
    await dialog.getByLabel('For how long').selectOption('a week')
    await dialog.getByRole('button', { name: 'Ban' }).click()
    const banned = page.getByRole('region', { name: 'Banned' })
    await banned.getByText('Iris Okafor').waitFor()
    await banned.getByText('until 27 Nov').waitFor()
    const week = Date.UTC(2026, 10, 27)
    const [{ until }] = (await calls(page, 'banMembers')) as [{ until: number }]
    expect(Math.abs(until - week)).toBeLessThan(2 * 86_400_000)
    await banned.getByRole('button', { name: 'Let back in' }).click()
    await soon(() => banned.count()).toBe(0)
  })

  test('[G12] several are muted at once, and all of them', async () => {
    const page = await openGroup()
    await page.getByRole('button', { name: 'Select' }).click()
    await page.getByRole('checkbox', { name: 'Iris Okafor' }).check()
    await page.getByRole('checkbox', { name: 'Sana Noor' }).check()
    await page.getByRole('button', { name: 'Mute…', exact: true }).click()
    await page.getByRole('dialog', { name: 'Mute 2 members?' }).getByRole('button', { name: 'Mute' }).click()
    await member(page, 'Sana Noor').getByText('member · muted').waitFor()
    await page.getByRole('button', { name: 'Mute all…', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Mute' }).click()
    await soon(() => page.getByRole('dialog').count()).toBe(0)
    const muted = (await calls(page, 'muteMembers')) as { accounts: string[] }[]
    expect(muted.map(({ accounts }) => accounts.length)).toEqual([2, 0])
  })

  test.each([
    ['Mute…', 'muteMembers', 'member · muted until 9 Dec'],
    ['Ban…', 'banMembers', 'until 9 Dec'],
  ] as const)('[G12] %s until a day that somebody names', async (item, call, says) => {
    const page = await openGroup()
    await choose(page, 'Iris Okafor', item)
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('For how long').selectOption('until…')
    await dialog.getByLabel('Until the beginning of').fill('2026-11-20')
    await dialog.getByText('This day is too early').waitFor()
    expect(await dialog.getByRole('button', { name: item.slice(0, -1) }).isDisabled()).toBe(true)
    await dialog.getByLabel('Until the beginning of').fill('2026-12-09')
    await dialog.getByRole('button', { name: item.slice(0, -1) }).click()
    await page.getByText(says).waitFor()
    const [{ until }] = (await calls(page, call)) as [{ until: number }]
    expect(new Date(until)).toEqual(new Date(2026, 11, 9))
  })

  test('[G12] the group is handed over, after it was asked once', async () => {
    const page = await openGroup()
    await choose(page, 'Maya Lindqvist', 'Hand over the group')
    await page.getByRole('dialog', { name: `Hand ${NAME} over to Maya Lindqvist?` }).waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Hand over the group' }).click()
    await member(page, 'Maya Lindqvist').getByText('owner').waitFor()
    await member(page, 'Alba Lund').getByText('admin').waitFor()
  })

  test('a refusal is said where it was asked, and nothing is gone', async () => {
    const page = await openGroup()
    await page.evaluate(() => window.stage.refuse('removeMembers', 'not-permitted'))
    await choose(page, 'Iris Okafor', 'Remove')
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('alert').getByText('Your role in this group does not allow that.').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await member(page, 'Iris Okafor').waitFor()
  })
})

describe('inviting', () => {
  async function opensInvite(page: Page) {
    await page.getByRole('button', { name: 'Invite people' }).click()
    const dialog = page.getByRole('dialog', { name: 'Invite people' })
    await dialog.getByText('of 994 that there is room for').waitFor()
    return dialog
  }

  test('[G3] says how many are invited now, and how many the relay makes wait', async () => {
    const page = await openGroup()
    await page.evaluate(() => {
      window.stage.invites = { invited: 100, waiting: 30, notInvited: null }
    })
    const dialog = await opensInvite(page)
    await dialog.getByRole('checkbox', { name: 'Grandpa' }).check()
    await dialog.getByText('1 chosen, of 994').waitFor()
    await dialog.getByRole('button', { name: 'Invite one' }).click()
    await dialog.getByText('100 people are invited.').waitFor()
    await dialog.getByText('30 more are invited by and by').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    await soon(() => page.getByRole('dialog').count()).toBe(0)
  })

  test('[G3] says where the group refused in the middle of it, and why', async () => {
    const page = await openGroup()
    await page.evaluate(() => {
      const failure = { code: 'not-permitted' as const }
      window.stage.invites = { invited: 100, waiting: 0, notInvited: { people: 30, failure } }
    })
    const dialog = await opensInvite(page)
    await dialog.getByRole('checkbox', { name: 'Grandpa' }).check()
    await dialog.getByRole('button', { name: 'Invite one' }).click()
    await dialog.getByRole('alert').getByText('30 were not: Your role in this group does not allow that.').waitFor()
  })

  test('[P114] chooses no more people than the group has room for, and says so', async () => {
    const page = await openGroup()
    await page.evaluate(() => {
      const { group } = window.stage
      if (group) window.stage.changeGroup({ toInvite: 992 })
    })
    await page.getByRole('region', { name: 'Invited' }).getByText('992 more are invited by and by').waitFor()
    await page.getByRole('button', { name: 'Invite people' }).click()
    const dialog = page.getByRole('dialog', { name: 'Invite people' })
    for (const name of ['Grandpa', 'Priya']) await dialog.getByRole('checkbox', { name }).check()
    await dialog
      .getByRole('status')
      .getByText('A group has 1000 members at most: 2 people can be invited now.')
      .waitFor()
    expect(await dialog.getByRole('checkbox', { name: 'نور' }).isDisabled()).toBe(true)
    await dialog.getByRole('checkbox', { name: 'Priya' }).uncheck()
    expect(await dialog.getByRole('checkbox', { name: 'نور' }).isDisabled()).toBe(false)
  })
})

describe('what one’s rank does not allow', () => {
  const both = [say('group.write'), say('details.compare')]

  async function offered(page: Page, name: string): Promise<string[]> {
    await page.getByRole('button', { name: `What to do with ${name}` }).click()
    const items = await page.getByRole('menuitem').allTextContents()
    await page.keyboard.press('Escape')
    return items
  }

  test('[G12] an admin is offered to moderate who is below them, and nobody else', async () => {
    const { page, complaints } = await windows.open('group:admin')
    await openChat(page, NAME)
    for (const name of ['Maya Lindqvist', 'Sana Noor']) expect(await offered(page, name)).toEqual(both)
    const below = await offered(page, 'Iris Okafor')
    expect(below).toEqual(expect.arrayContaining([...both, 'Make admin', 'Mute…', 'Remove', 'Ban…']))
    expect(below).not.toContain('Make owner')
    expect(below).not.toContain('Hand over the group')
    await page.getByRole('button', { name: 'Select' }).click()
    const boxes = page.getByRole('region', { name: 'Members' }).getByRole('checkbox')
    expect(await boxes.evaluateAll((all) => all.map((box) => box.getAttribute('aria-label')))).toEqual([
      'Iris Okafor',
      'Jonas Thiel',
    ])
    expect(complaints).toEqual([])
  })

  test('[G12] a member is offered to write to others, and to compare', async () => {
    const { page } = await windows.open('group:member')
    await openChat(page, NAME)
    for (const name of ['Maya Lindqvist', 'Iris Okafor']) expect(await offered(page, name)).toEqual(both)
    expect(await page.getByRole('button', { name: 'Select' }).count()).toBe(0)
  })

  test('[G12] what is only for owners is offered to an owner', async () => {
    const page = await openGroup()
    expect(await offered(page, 'Maya Lindqvist')).toEqual(
      expect.arrayContaining(['Make member', 'Make owner', 'Hand over the group', 'Remove']),
    )
  })

  test('[P118] what an owner said is not offered to an admin to take back; what a member said is', async () => {
    const { page } = await windows.open('group:admin')
    await openChat(page, NAME)
    await bubble(page, 'Who is bringing the stove?').click({ button: 'right' })
    await page.getByRole('menuitem', { name: say('message.deleteHere') }).waitFor()
    expect(await page.getByRole('menuitem', { name: say('message.deleteForAllAsk') }).count()).toBe(0)
    await page.keyboard.press('Escape')
    await bubble(page, 'I have the maps').click({ button: 'right' })
    await page.getByRole('menuitem', { name: say('message.deleteForAllAsk') }).waitFor()
  })
})

describe('a group that is halted', () => {
  test('says what is wrong, who was in it, and lets nobody write', async () => {
    const page = await openGroup()
    await page.evaluate(() => {
      const { group } = window.stage
      if (group)
        window.stage.changeGroup({
          halted: 'rolled-back',
          summary: { ...group.summary, standing: 'halted', role: null, maySend: false },
        })
    })
    await page.getByText('The relay shows less of its history than it showed before.').waitFor()
    await page.getByRole('region', { name: 'Members, as far as it holds' }).getByText('Maya Lindqvist').waitFor()
    await page.getByRole('banner').or(page.locator('header')).getByText('Nothing is sent in this group.').waitFor()
    expect(await writing(page).count()).toBe(0)
    expect(await page.getByText('End-to-end encrypted').count()).toBe(0)
  })
})

describe('what others said', () => {
  const asks = say('message.deleteForAllAsk')

  test('[G12] is taken back by who may, after they were asked, and the chat says who did it', async () => {
    const { page, complaints } = await windows.open('group')
    await openChat(page, 'North Ridge walk')
    await bubble(page, 'Who is bringing the stove?').click({ button: 'right' })
    await page.getByRole('menuitem', { name: asks }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Delete what Maya Lindqvist said?').waitFor()
    await dialog.getByRole('button', { name: say('action.cancel') }).click()
    expect(await calls(page, 'recallMessages')).toEqual([])
    await bubble(page, 'Who is bringing the stove?').click({ button: 'right' })
    await page.getByRole('menuitem', { name: asks }).click()
    await dialog.getByRole('button', { name: say('group.recallNow') }).click()
    await page.getByText('You deleted a message of Maya Lindqvist').waitFor()
    await soon(() => bubble(page, say('message.deleted')).count()).toBe(1)
    expect((await calls(page, 'recallMessages')).length).toBe(1)
    expect(complaints).toEqual([])
  })

  test('[G12] says why it was not, and leaves it there', async () => {
    const { page } = await windows.open('group')
    await openChat(page, 'North Ridge walk')
    await page.evaluate(() => window.stage.refuse('recallMessages', 'not-permitted'))
    await bubble(page, 'Who is bringing the stove?').click({ button: 'right' })
    await page.getByRole('menuitem', { name: asks }).click()
    await page.getByRole('button', { name: say('group.recallNow') }).click()
    await page.getByRole('dialog').getByRole('alert').getByText(/./).waitFor()
    await soon(() => bubble(page, 'Who is bringing the stove?').count()).toBe(1)
  })

  test('[G12] is not offered to who may not; one’s own is changed and taken back by everybody', async () => {
    const { page, complaints } = await windows.open('group:member')
    await openChat(page, 'North Ridge walk')
    await bubble(page, 'Who is bringing the stove?').click({ button: 'right' })
    await page.getByRole('menuitem', { name: say('message.deleteHere') }).waitFor()
    expect(await page.getByRole('menuitem', { name: asks }).count()).toBe(0)
    await page.keyboard.press('Escape')
    await bubble(page, 'And two gas cans').click({ button: 'right' })
    await page.getByRole('menuitem', { name: say('message.edit'), exact: true }).click()
    await page.getByLabel(say('message.editLabel')).fill('Then let us go')
    await page.keyboard.press('Enter')
    await soon(() => bubble(page, 'Then let us go').count()).toBe(1)
    await bubble(page, 'Then let us go').click({ button: 'right' })
    await page.getByRole('menuitem', { name: say('message.deleteForAll'), exact: true }).click()
    await soon(() => bubble(page, say('message.deleted')).count()).toBe(1)
    expect(complaints).toEqual([])
  })
})

describe('leaving', () => {
  test('is asked once, and says so where one wrote', async () => {
    const page = await openGroup()
    await page.getByRole('button', { name: 'Leave', exact: true }).click()
    await page
      .getByRole('dialog', { name: `Leave ${NAME}?` })
      .getByRole('button', { name: 'Leave' })
      .click()
    await page.getByRole('main').getByText('You have left this group.').last().waitFor()
    expect(await writing(page).count()).toBe(0)
  })

  test('[G12] an owner ends it for everyone, after it was asked once', async () => {
    const page = await openGroup()
    await page.getByRole('button', { name: 'Delete group' }).click()
    await page.getByRole('button', { name: 'Delete for everyone' }).click()
    await page.getByRole('main').getByText('This group was deleted.').last().waitFor()
  })
})

describe('encryption', () => {
  test('[G6] new keys are asked for once, and announced for the next message', async () => {
    const page = await openGroup()
    await page.getByRole('button', { name: 'Change keys now' }).click()
    await page.getByText('begins with new keys').waitFor()
    expect(await page.getByRole('button', { name: 'Change keys now' }).isDisabled()).toBe(true)
  })

  test('[G7] switching it off is loud, and nobody speaks readably before they have seen it', async () => {
    const page = await openGroup()
    await page.getByRole('region', { name: 'Security' }).getByRole('button', { name: 'Change', exact: true }).click()
    await page.getByRole('radio', { name: 'Off' }).click()
    await page.getByText('The relay will read along').waitFor()
    await page.getByRole('button', { name: 'Change it for everyone' }).click()
    await page.getByText('Not encrypted').first().waitFor()
    expect(await writing(page).count()).toBe(0)
    await page.getByRole('button', { name: 'I have seen it' }).click()
    expect(await calls(page, 'setGroupEncryption')).toEqual([{ conversation: WALK, encryption: 'off' }])
    expect(await calls(page, 'acceptReadable')).toEqual([{ conversation: WALK }])
    expect(await writing(page).getAttribute('placeholder')).toBe('The relay can read this')
  })

  test('[G8] where each message chooses, it is encrypted until one unlocks this one, and the next is again', async () => {
    const page = await openGroup()
    await page.evaluate(() => {
      const { group } = window.stage
      if (group) window.stage.changeGroup({ summary: { ...group.summary, encryption: 'optional' } })
    })
    await page.getByRole('button', { name: 'This message is encrypted. Unlock it' }).click()
    await writing(page).fill('For everybody')
    await writing(page).press('Enter')
    await page.getByRole('button', { name: 'This message is encrypted. Unlock it' }).waitFor()
    await writing(page).fill('For us')
    await writing(page).press('Enter')
    await soon(() => calls(page, 'sendMessage')).toEqual([
      { conversation: WALK, text: 'For everybody', readable: true },
      { conversation: WALK, text: 'For us', readable: false },
    ])
  })
})

describe('in the timeline', () => {
  test('who came, who went, and which keys are new', async () => {
    const page = await openGroup()
    for (const line of [
      'You made this group',
      'Maya Lindqvist joined',
      'Leo Santos left',
      'New keys for everyone who is here (no. 2)',
      'You muted Jonas Thiel',
    ])
      await page.locator('[data-kind="group-event"]').getByText(line, { exact: true }).waitFor()
  })

  test('who can read a message, down to the device', async () => {
    const page = await openGroup()
    await bubble(page, 'And two gas cans').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Who can read this' }).click()
    const dialog = page.getByRole('dialog', { name: 'Who can read this' })
    await dialog.getByText('Encrypted with the 2nd keys of this group').waitFor()
    const maya = dialog.getByRole('listitem').filter({ hasText: 'Maya Lindqvist' })
    await maya.getByText('device 1: can read it, device 2: not yet').waitFor()
  })

  test('[G9] why one cannot read a message, who was asked, and asking again', async () => {
    const page = await openGroup()
    await page.getByRole('button', { name: 'Why?' }).click()
    const dialog = page.getByRole('dialog', { name: 'Why can I not read this?' })
    await dialog.getByText('The 2nd keys of Maya Lindqvist').waitFor()
    await dialog.getByText('nobody was asked yet').waitFor()
    await dialog.getByRole('button', { name: 'Ask again' }).click()
    await dialog.getByText('The members were asked at 14:40.').waitFor()
    await dialog.getByText('Asked again at 14:41.').waitFor()
    expect(await calls(page, 'askForKeys')).toHaveLength(1)
  })
})

describe('who has read it', () => {
  const mark = (page: Page) => bubble(page, 'And two gas cans').locator('[data-delivery]')

  /** Of Alba's message: so many have read it. */
  async function isReadBy(page: Page, count: number, state: 'sent' | 'read' | 'waiting' = 'sent'): Promise<void> {
    await page.evaluate(
      ([id, read, delivery]) => {
        const found = window.stage.messages.find(
          (one) => `${one.conversation}` === id && one.own && one.content.kind === 'text',
        )
        if (!found) throw new Error('nothing was said')
        const readBy = read === 0 ? null : { count: read, of: 4 }
        window.stage.commit({
          kind: 'message',
          message: {
            ...found,
            readBy,
            delivery: delivery === 'waiting' ? { state: delivery } : { state: delivery, at: found.sentAt },
          },
        })
      },
      [WALK, count, state] as const,
    )
  }

  async function opensReceipts(page: Page) {
    await bubble(page, 'And two gas cans').click({ button: 'right' })
    await page.getByRole('menuitem', { name: say('group.receipts') }).click()
    return page.getByRole('dialog', { name: say('group.receipts') })
  }

  test('[K13] one’s own is sent, then read by some, then by all', async () => {
    const page = await openGroup()
    await isReadBy(page, 0)
    await soon(() => mark(page).getAttribute('aria-label')).toBe('sent')
    await isReadBy(page, 2)
    await soon(() => mark(page).getAttribute('aria-label')).toBe('read by 2 of 4')
    expect(await mark(page).getAttribute('data-delivery')).toBe('delivered')
    await isReadBy(page, 4, 'read')
    await soon(() => mark(page).getAttribute('aria-label')).toBe('read')
  })

  test('[K13][P147] who has, and when, and who has not, is looked up, and grows while one looks', async () => {
    const page = await openGroup()
    await isReadBy(page, 1)
    const dialog = await opensReceipts(page)
    const read = dialog.getByRole('region', { name: 'Read', exact: true }).getByRole('listitem')
    const others = dialog.getByRole('region', { name: 'Not yet, or they do not tell' }).getByRole('listitem')
    await read.getByText('Maya Lindqvist').waitFor()
    await read.getByText('14:26').waitFor()
    expect(await others.count()).toBe(3)
    await isReadBy(page, 3)
    await read.getByText('Jonas Thiel').waitFor()
    expect(await others.allTextContents()).toEqual([expect.stringContaining('Sana Noor')])
  })

  test('[P63] with receipts off it is said why nobody is named', async () => {
    const page = await openGroup()
    await isReadBy(page, 0)
    await page.evaluate(() => {
      const { settings } = window.stage.snapshot
      window.stage.commit({ kind: 'settings', settings: { ...settings, readReceipts: false } })
    })
    const dialog = await opensReceipts(page)
    await dialog.getByText('You have read receipts off').waitFor()
    expect(await dialog.getByRole('listitem').count()).toBe(0)
  })

  test('[P147] is not asked of what others said, or of what has not left', async () => {
    const page = await openGroup()
    await bubble(page, 'I have the maps').click({ button: 'right' })
    await page.getByRole('menuitem', { name: say('group.readers') }).waitFor()
    expect(await page.getByRole('menuitem', { name: say('group.receipts'), exact: true }).count()).toBe(0)
    await page.keyboard.press('Escape')
    await isReadBy(page, 0, 'waiting')
    await soon(() => mark(page).getAttribute('aria-label')).toBe('waiting to go out')
    await bubble(page, 'And two gas cans').click({ button: 'right' })
    await page.getByRole('menuitem', { name: say('group.readers') }).waitFor()
    expect(await page.getByRole('menuitem', { name: say('group.receipts'), exact: true }).count()).toBe(0)
  })
})

describe('the link', () => {
  test('is shown, switched off, and made anew', async () => {
    const page = await openGroup()
    const card = page.getByRole('region', { name: 'Link to this group' })
    await card.getByRole('button', { name: 'Show the link' }).click()
    await page.getByRole('dialog').getByText('sotto:group?').waitFor()
    await page.keyboard.press('Escape')
    await card.getByRole('button', { name: 'Switch it off' }).click()
    await card.getByText('There is none').waitFor()
    await card.getByRole('button', { name: 'Make a link' }).click()
    await card.getByRole('button', { name: 'Show the link' }).waitFor()
  })
})
