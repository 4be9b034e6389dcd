// The demonstration, which `npm run demo` plays: two people meet, talk, are switched off, come back and go on. It leaves
// pictures and a transcript in out/demo.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { say } from '../../src/renderer/text/say.ts'
import { button, comeBack, expectDeliveries, expectReads, find, makeProfile, reads, row, write } from './doing.ts'
import { type Open, root, test } from './people.ts'

const folder = join(root, 'out/demo')

test('the demonstration', async ({ computer }) => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const told: string[] = ['# Two people in two windows, and a relay between them', '']
  let scene = 0
  const show = async (what: string, ...windows: readonly Open[]): Promise<void> => {
    scene += 1
    told.push(`${scene}. ${what}`)
    for (const { page, profile } of windows) {
      const name = `${String(scene).padStart(2, '0')}-${profile}.png`
      await page.screenshot({ path: join(folder, name) })
      told.push(`   ![${profile}](${name})`)
    }
  }

  const [alice, bob] = await Promise.all([computer.open('alice'), computer.open('bob')])
  await show('The app is opened twice, on two profiles.', alice, bob)
  await makeProfile(alice.page, 'Alice', 'alice')
  await makeProfile(bob.page, 'Bob', 'bob')
  await show('Each chose a name. The relay on this computer started by itself.', alice, bob)

  await find(alice.page, 'bob')
  await write(alice.page, 'bob', 'Hello Bob, tea at five?')
  await row(bob.page, 'Alice').click()
  await expectReads(bob.page, ['Hello Bob, tea at five?'])
  await show('Alice found Bob by his username and wrote. Bob is asked first.', alice, bob)

  await button(bob.page, 'request.accept').click()
  await write(bob.page, 'Alice', 'Gladly. I bring the cake.')
  await expectReads(alice.page, ['Hello Bob, tea at five?', 'Gladly. I bring the cake.'])
  await write(alice.page, 'Bob', 'Lemon, please.')
  const before = ['Hello Bob, tea at five?', 'Gladly. I bring the cake.', 'Lemon, please.']
  await expectReads(bob.page, before)
  await expectDeliveries(alice.page, ['read', 'read'])
  await show('Bob accepted; both talk, and each sees that it was read.', alice, bob)

  await bob.close()
  await write(alice.page, 'Bob', 'Are you there?')
  await expectDeliveries(alice.page, ['read', 'read', 'sent'])
  await button(alice.page, 'rail.relay').click()
  await expect(alice.page.getByRole('row', { name: say('relayView.to', { name: 'Bob' }) })).toBeVisible()
  await show('Bob is away. What waits for him at the relay is an envelope that only he can open.', alice)

  await alice.kill()
  await show('Alice’s app, which ran the relay, is killed.')
  const bobAgain = await comeBack(computer, 'bob', 'Alice')
  await expectReads(bobAgain.page, [...before, 'Are you there?'])
  await write(bobAgain.page, 'Alice', 'Back again. Still lemon?')
  await show('Bob comes back: his app runs the relay now, and the message is there.', bobAgain)

  const aliceAgain = await comeBack(computer, 'alice', 'Bob')
  await expectReads(aliceAgain.page, [...before, 'Are you there?', 'Back again. Still lemon?'])
  await write(aliceAgain.page, 'Bob', 'Still lemon.')
  await expectDeliveries(aliceAgain.page, ['read', 'read', 'read', 'read'])
  await show(
    'Alice comes back as well, and they go on: nothing lost, nothing twice, all in order.',
    aliceAgain,
    bobAgain,
  )

  told.push('', '## As it stands in Alice’s window', '', ...(await reads(aliceAgain.page)).map((text) => `- ${text}`))
  expect(await reads(bobAgain.page)).toEqual(await reads(aliceAgain.page))
  writeFileSync(join(folder, 'transcript.md'), `${told.join('\n')}\n`)
})
