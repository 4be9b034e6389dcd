// Two people in a conversation: typing, reading, drafts, coming and going.

import { expect } from '@playwright/test'
import { say } from '../../src/renderer/text/say.ts'
import {
  bubbles,
  button,
  comeBack,
  composer,
  expectDeliveries,
  expectReads,
  find,
  jumpToNewest,
  meet,
  picture,
  row,
  write,
} from './doing.ts'
import { test } from './people.ts'

test('[K14][P64] typing shows while it lasts, and ends', async ({ computer }) => {
  const { alice, bob } = await meet(computer)
  await composer(alice.page, 'Bob').pressSequentially('I am thi', { delay: 30 })
  const typing = bob.page.getByText(say('conversation.typing', { name: 'Alice' }))
  await expect(typing).toBeVisible()
  await expect(typing).toBeHidden({ timeout: 12_000 })
})

test('[K13] what came while Bob was in another chat is counted, and the line stands where he stopped', async ({
  computer,
}) => {
  const { alice, bob } = await meet(computer)
  await find(bob.page, 'bob')
  for (const text of ['One', 'Two', 'Three']) await write(alice.page, 'Bob', text)
  await expect(row(bob.page, 'Alice')).toContainText(say('list.unreadCount', { count: 3 }))
  await expectDeliveries(alice.page, ['read', 'delivered', 'delivered', 'delivered'])
  await row(bob.page, 'Alice').click()
  await expect(bob.page.getByText(say('conversation.newMessages', { count: 3 }))).toBeVisible()
  await expectReads(bob.page, ['Hello Bob', 'One', 'Two', 'Three'])
  await expect(row(bob.page, 'Alice')).not.toContainText(say('list.unreadCount', { count: 3 }))
  await expectDeliveries(alice.page, ['read', 'read', 'read', 'read'])
  await picture(bob.page, 'unread')
})

test('messages of one author stand together under one name and one day', async ({ computer }) => {
  const { alice, bob } = await meet(computer)
  await write(alice.page, 'Bob', 'And another thing')
  await write(bob.page, 'Alice', 'Yes?')
  await expectReads(bob.page, ['Hello Bob', 'And another thing', 'Yes?'])
  const starts = await bubbles(bob.page).evaluateAll((all) => all.map((one) => one.dataset.startsGroup))
  expect(starts).toEqual(['true', 'false', 'true'])
  await expect(bob.page.getByRole('heading', { name: say('day.today') })).toHaveCount(1)
})

test('a draft is there again after the app was closed', async ({ computer }) => {
  const { alice } = await meet(computer)
  await composer(alice.page, 'Bob').fill('I was just about to say')
  await expect
    .poll(() =>
      alice.page.evaluate(async () => {
        const snapshot = await window.sotto?.invoke('getSnapshot', {})
        return snapshot?.ok && snapshot.value.conversations.map(({ draft }) => draft)
      }),
    )
    .toEqual(['I was just about to say'])
  await alice.close()
  const back = await comeBack(computer, 'alice', 'Bob')
  await expect(composer(back.page, 'Bob')).toHaveValue('I was just about to say')
})

test('[K8][P51][P53] what is sent to a closed app is there when it opens: once, in order', async ({ computer }) => {
  const { alice, bob } = await meet(computer)
  const numbered = Array.from({ length: 12 }, (_, index) => `Number ${index + 1}`)
  await bob.close()
  for (const text of numbered) await write(alice.page, 'Bob', text)
  await expectDeliveries(alice.page, ['read', ...numbered.map(() => 'sent')])
  const bobAgain = await comeBack(computer, 'bob', 'Alice')
  await expectReads(bobAgain.page, ['Hello Bob', ...numbered])
  await jumpToNewest(bobAgain.page)
  await expectDeliveries(alice.page, ['read', ...numbered.map(() => 'read')])

  // Now the other way round; and Alice's app is the one that ran the relay.
  await alice.close()
  for (const text of numbered) await write(bobAgain.page, 'Alice', `Re: ${text}`)
  const aliceAgain = await comeBack(computer, 'alice', 'Bob')
  await expectReads(aliceAgain.page, ['Hello Bob', ...numbered, ...numbered.map((text) => `Re: ${text}`)])
  await jumpToNewest(aliceAgain.page)
  await expectDeliveries(
    bobAgain.page,
    numbered.map(() => 'read'),
  )
})

test('[K1] what the relay sees: an envelope waiting for Bob, its size and time, and not a word of it', async ({
  computer,
}) => {
  const { alice, bob } = await meet(computer)
  await bob.close()
  await write(alice.page, 'Bob', 'The spare key is under the third pot')
  await expectDeliveries(alice.page, ['read', 'sent'])
  await button(alice.page, 'rail.relay').click()
  const panel = alice.page.getByRole('region', { name: say('relayView.title') })
  await expect(panel.getByRole('row', { name: say('relayView.to', { name: 'Bob' }) })).toHaveCount(1)
  await expect(panel).not.toContainText('third pot')
  await expect(panel).not.toContainText(Buffer.from('third pot').toString('hex').replace(/../g, '$& ').trim())
  await picture(alice.page, 'relay')
})
