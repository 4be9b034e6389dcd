// What a person sees of a conversation: reading, writing, waiting, healing.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bubble, calls, openChat, row, soon, write, writing } from './story.ts'
import { openWindows, type Windows } from './window.ts'

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
}, 120_000)
afterAll(() => windows.close())

describe('reading', () => {
  test('messages of one person within five minutes stand together', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Maya Lindqvist')
    expect(await bubble(page, 'Done!').getAttribute('data-starts-group')).toBe('true')
    expect(await bubble(page, 'the hut is booked').getAttribute('data-starts-group')).toBe('false')
    await soon(() => page.getByRole('heading', { level: 3, name: /Yesterday|Today/ }).count()).toBe(2)
  })

  test('the line of new messages stays while they are read, and what was seen counts as read', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Maya Lindqvist')
    await soon(() => calls(page, 'markRead')).toHaveLength(1)
    await page.getByText('2 new messages').waitFor()
    expect(await row(page, 'Maya Lindqvist').getByText('2 unread messages').count()).toBe(0)
  })

  test('who reads along gets no line, and the message is read at once', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await bubble(page, 'sounds right to me').waitFor()
    await page.evaluate(() => window.stage.receive('iris', 'On the platform now'))
    await bubble(page, 'On the platform now').waitFor()
    await soon(() => calls(page, 'markRead')).toHaveLength(1)
    expect(await page.getByText('1 new message', { exact: true }).count()).toBe(0)
  })

  test('earlier messages come when one scrolls up, and the button leads back to the newest', async () => {
    const { page } = await windows.open('long')
    await openChat(page, 'Maya Lindqvist')
    await bubble(page, 'Line 400').waitFor()
    const scroller = page.locator('[data-testid="virtuoso-scroller"]').last()
    await soon(async () => {
      await scroller.evaluate((element) => element.scrollTo(0, 0))
      return (await calls(page, 'listMessages')).length
    }).toBeGreaterThan(2)
    await page.evaluate(() => window.stage.receive('maya', 'Are you still up there?'))
    await page.getByRole('button', { name: 'Jump to 1 unread message' }).click()
    await bubble(page, 'Are you still up there?').waitFor()
    await soon(() => page.getByRole('button', { name: /^Jump to/ }).count()).toBe(0)
  })

  test('[K13] who is a hundred messages behind has read only those in sight', async () => {
    const { page } = await windows.open('behind')
    await openChat(page, 'Maya Lindqvist')
    await page.getByText('100 new messages').waitFor()
    await soon(() => calls(page, 'markRead')).not.toHaveLength(0)
    const unread = await page.evaluate(() => window.stage.with('maya').unread)
    expect(unread).toBeGreaterThan(40)
    await page.getByRole('button', { name: /^Jump to \d+ unread messages/ }).click()
    await bubble(page, 'Line 400').waitFor()
    await soon(() => page.evaluate(() => window.stage.with('maya').unread)).toBe(0)
  })

  test('[K13] how far a message got is said in words', async () => {
    const { page } = await windows.open('states')
    await openChat(page, 'Maya Lindqvist')
    for (const word of ['sent', 'delivered', 'read', 'not sent', 'waiting to go out']) {
      await page.getByRole('img', { name: word, exact: true }).first().waitFor()
    }
  })

  test('a chat opens at its end, however much taller it turns out than was thought', async () => {
    const { page } = await windows.open('states')
    await openChat(page, 'Maya Lindqvist')
    await bubble(page, 'Bring the small stove').waitFor()
    const scroller = page.locator('[data-testid="virtuoso-scroller"]').last()
    await soon(() => scroller.evaluate((at) => at.scrollHeight - at.scrollTop - at.clientHeight)).toBeLessThan(10)
  })

  test('[K14] typing shows and ends', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Jonas Thiel')
    await page.getByText('Jonas Thiel is typing…').waitFor()
    await page.evaluate(() => window.stage.change('jonas', { typing: false }))
    await page.getByText('Jonas Thiel is typing…').waitFor({ state: 'detached' })
  })
})

describe('healing', () => {
  test('a gap shrinks and goes, and a sealed message opens where it stands', async () => {
    const { page } = await windows.open('states')
    await openChat(page, 'Maya Lindqvist')
    await page.getByText('2 messages before this have not arrived yet').waitFor()
    await page.evaluate(() => {
      const gap = window.stage.messages.find(({ content }) => content.kind === 'gap')
      const sealed = window.stage.messages.find(({ content }) => content.kind === 'undecryptable')
      if (!gap || !sealed) throw new Error('the scene has changed')
      window.stage.commit({ kind: 'message', message: { ...gap, content: { kind: 'gap', missing: 1 } } })
      window.stage.commit({ kind: 'message', message: { ...sealed, content: { kind: 'text', text: 'I am open' } } })
    })
    await page.getByText('One message before this has not arrived yet').waitFor()
    await bubble(page, 'I am open').waitFor()
    await page.evaluate(() => {
      const gap = window.stage.messages.find(({ content }) => content.kind === 'gap')
      if (gap) window.stage.commit({ kind: 'message-gone', conversation: gap.conversation, message: gap.id })
    })
    await page.getByText('One message before this has not arrived yet').waitFor({ state: 'detached' })
  })

  test('a missed revision begins again from a snapshot, and the open chat shows what was missed', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await page.evaluate(() => {
      window.stage.lose(1)
      window.stage.receive('iris', 'You never heard this')
      window.stage.receive('iris', 'but this')
    })
    await bubble(page, 'You never heard this').waitFor()
    await bubble(page, 'but this').waitFor()
    expect(await calls(page, 'getSnapshot')).toHaveLength(2)
  })

  test('a message that failed can be tried again or deleted', async () => {
    const { page } = await windows.open('states')
    await openChat(page, 'Maya Lindqvist')
    await page.getByText('Not sent: too large for this relay').waitFor()
    await page.getByRole('button', { name: 'Retry' }).click()
    await page.getByText('Not sent').waitFor({ state: 'detached' })
    expect(await calls(page, 'retryMessage')).toHaveLength(1)
  })
})

describe('writing', () => {
  test('Enter sends, Shift Enter begins a line', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await writing(page).pressSequentially('one')
    await writing(page).press('Shift+Enter')
    await writing(page).pressSequentially('two')
    await writing(page).press('Enter')
    await bubble(page, 'one').waitFor()
    expect(await calls(page, 'sendMessage')).toMatchObject([{ text: 'one\ntwo' }])
    expect(await writing(page).inputValue()).toBe('')
  })

  test('the Enter that ends a composed word does not send', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await writing(page).fill('にほん')
    await writing(page).evaluate((field) => {
      const enter = { key: 'Enter', bubbles: true, cancelable: true }
      field.dispatchEvent(new KeyboardEvent('keydown', { ...enter, isComposing: true }))
      field.dispatchEvent(new KeyboardEvent('keydown', { ...enter, keyCode: 229 }))
    })
    expect(await calls(page, 'sendMessage')).toHaveLength(0)
    await writing(page).press('Enter')
    await soon(() => calls(page, 'sendMessage')).toHaveLength(1)
  })

  test('what is refused comes back with a sentence', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await page.evaluate(() => window.stage.refuse('sendMessage', 'disk-full'))
    await write(page, 'precious words')
    await page.getByText('The disk is full. Free some space and try again.').waitFor()
    expect(await writing(page).inputValue()).toBe('precious words')
  })

  test('a draft is there when one comes back, and the list shows it', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await writing(page).fill('half a thought')
    await openChat(page, 'Grandpa')
    await row(page, 'Iris Okafor').getByText('half a thought').waitFor()
    await soon(() => calls(page, 'saveDraft')).toMatchObject([{ text: 'half a thought' }])
    await openChat(page, 'Iris Okafor')
    expect(await writing(page).inputValue()).toBe('half a thought')
  })

  test('what is too long for a draft is not cut within a character', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await writing(page).fill(`${'x'.repeat(65_535)}👍`)
    await openChat(page, 'Grandpa')
    await soon(() => calls(page, 'saveDraft')).toMatchObject([{ text: 'x'.repeat(65_535) }])
  })

  test('[K14] a typing notice goes out once in three seconds, and ends with the message', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await writing(page).pressSequentially('hello')
    expect(await calls(page, 'setTyping')).toMatchObject([{ typing: true }])
    await page.clock.setFixedTime(new Date(2026, 10, 20, 14, 40, 4))
    await writing(page).pressSequentially('!')
    expect(await calls(page, 'setTyping')).toHaveLength(2)
    await writing(page).press('Enter')
    await soon(() => calls(page, 'setTyping')).toMatchObject([{}, {}, { typing: false }])
  })

  test('the last bytes are counted, and what is too long cannot be sent', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Iris Okafor')
    await writing(page).fill('é'.repeat(4090))
    await page.getByText('12 bytes left').waitFor()
    await writing(page).fill('é'.repeat(4100))
    await page.getByText('8 bytes too long to send').waitFor()
    await writing(page).press('Enter')
    expect(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true)
    expect(await calls(page, 'sendMessage')).toHaveLength(0)
  })
})

describe('how two people stand', () => {
  test('[X6] a request is accepted before one can write', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Priya Raman')
    expect(await writing(page).count()).toBe(0)
    await page.getByRole('button', { name: 'Accept' }).click()
    await writing(page).waitFor()
  })

  test('[X6] a refused request is gone, and a blocked person can be unblocked', async () => {
    const { page } = await windows.open('day')
    await openChat(page, 'Leo Santos')
    await page.getByRole('button', { name: 'Block Leo Santos' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Block' }).click()
    await page.getByText('You blocked Leo Santos').waitFor()
    await page.getByRole('button', { name: 'Unblock', exact: true }).click()
    await writing(page).waitFor()
    await openChat(page, 'Priya Raman')
    await page.getByRole('button', { name: 'Refuse' }).click()
    await row(page, 'Priya Raman').waitFor({ state: 'detached' })
  })

  test('[fault 28] a changed safety number waits for a look', async () => {
    const { page } = await windows.open('states')
    await openChat(page, 'Maya Lindqvist')
    await page.getByText('You had verified them before.').waitFor()
    await page.getByRole('button', { name: 'Compare' }).first().click()
    await page.getByText('38172').waitFor()
    await page.getByRole('button', { name: 'They match' }).click()
    await page.getByText('You had verified them before.').waitFor({ state: 'detached' })
    expect(await calls(page, 'setVerified')).toMatchObject([{ verified: true }])
  })

  test('offline says what still works and when it tries again', async () => {
    const { page } = await windows.open('day')
    await page.evaluate(() => window.stage.goOffline(8_000))
    await page.getByText('You can write; it goes out by itself. Next try in 8 s.').waitFor()
    await page.getByRole('button', { name: 'Connect now' }).click()
    await page.getByText('connected', { exact: true }).waitFor()
  })

  test('an update that is ready waits for a word, and says so if it cannot be installed', async () => {
    const { page } = await windows.open('day')
    await page.evaluate(() => window.stage.commit({ kind: 'update', update: { state: 'ready', version: '0.2.0' } }))
    await page.getByText('Sotto 0.2.0 is ready').waitFor()
    await page.evaluate(() => window.stage.refuse('installUpdate', 'update-spoiled'))
    await page.getByRole('button', { name: 'Restart now' }).click()
    await page.getByText('The download was changed on this disk').waitFor()
    expect(await calls(page, 'installUpdate')).toHaveLength(1)
    await page.evaluate(() => window.stage.commit({ kind: 'update', update: { state: 'none' } }))
    await page.getByText('Sotto 0.2.0 is ready').waitFor({ state: 'detached' })
  })
})
