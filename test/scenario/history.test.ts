// History: what was said before a device was added comes to it, while both go on.

import { randomUUID } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MessageId, personConversation } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  ;[alice, bob] = await world.friends('Alice', 'Bob')
})
afterEach(() => world.close())

/** Said long ago: as many rows as a story has no time to say. */
function longAgo(count: number, length = 20): void {
  const { sql } = alice.device
  const conversation = personConversation(bob.account)
  sql.transaction(() => {
    for (let at = 0; at < count; at++) {
      const own = at % 2
      const id = MessageId.parse(randomUUID())
      sql.run(
        `INSERT INTO messages (conversation, position, sequence, id, author, own, sent_at, kind, text, delivery, delivery_at)
         VALUES (?, ?, 0, ?, ?, ?, ?, 'text', ?, ?, ?)`,
        [
          conversation,
          1000 + at,
          id,
          own ? alice.account : bob.account,
          own,
          1000 + at,
          `${at} ${'x'.repeat(length)}`,
          own ? 'read' : null,
          own ? 2000 + at : null,
        ],
      )
    }
    sql.run('UPDATE conversations SET last_position = ?, read_position = ? WHERE id = ?', [
      1000 + count,
      1000 + count,
      conversation,
    ])
  })
}

async function arrived(device: Person): Promise<void> {
  let last: unknown
  await until(
    async () => {
      const { history } = await device.snapshot()
      last = history
      return history.arriving === null
    },
    () => `history is there, but it is ${JSON.stringify(last)}`,
  )
}

describe('[P108] history', () => {
  test('[P108] comes to a device that was added, as it was: texts, ticks, what was read, drafts', async () => {
    await alice.say(bob, 'Tea?')
    await bob.sees(alice, ['Hello Bob', 'Tea?'])
    await bob.read(alice)
    await bob.say(alice, 'At five.')
    await alice.reaches(bob, 'Tea?', 'read')
    await alice.sees(bob, ['Hello Bob', 'Tea?', 'At five.'])
    await alice.do('saveDraft', { conversation: personConversation(bob.account), text: 'And' })
    const laptop = await world.freshInstall(alice, 'laptop')
    await world.link(alice, laptop)
    await arrived(laptop)
    await laptop.sees(bob, ['Hello Bob', 'Tea?', 'At five.'])
    const [here, there] = [await alice.messages(bob), await laptop.messages(bob)]
    expect(there).toEqual(here)
    expect(await laptop.conversation(bob)).toMatchObject({ unread: 1, draft: 'And', state: 'open' })
    await until(async () => (await alice.snapshot()).history.leaving === null, 'it has left')
  })

  test('[P108][P109] both go on while it comes: nothing is lost, nothing comes twice, all of it in order', async () => {
    longAgo(3000)
    const laptop = await world.freshInstall(alice, 'laptop')
    await world.link(alice, laptop)
    const said: string[] = []
    for (let at = 0; at < 15; at++) {
      said.push(`from Bob ${at}`, `from the laptop ${at}`, `from the desk ${at}`)
      await bob.say(alice, `from Bob ${at}`)
      if (await laptop.hasConversation(bob)) await laptop.say(bob, `from the laptop ${at}`)
      else said.splice(said.indexOf(`from the laptop ${at}`), 1)
      await alice.say(bob, `from the desk ${at}`)
    }
    await arrived(laptop)
    const both = async () => [await alice.reads(bob), await laptop.reads(bob)]
    await until(
      async () => (await both()).every((texts) => said.every((text) => texts.includes(text))),
      'both have all that was said',
    )
    for (const texts of await both()) {
      expect(texts).toHaveLength(3001 + said.length)
      expect(new Set(texts).size).toBe(texts.length)
    }
    // What was said before stands before what was said since, on the new device, too.
    const texts = await laptop.reads(bob)
    expect(texts.slice(0, 3001)).toEqual((await alice.reads(bob)).slice(0, 3001))
  })

  test('[P108] the end of each conversation is there first, and a chat goes on before the rest has come', async () => {
    longAgo(8_000, 300)
    const laptop = await world.freshInstall(alice, 'laptop')
    await world.link(alice, laptop)
    await until(async () => (await laptop.reads(bob)).length > 0, 'something of it is there')
    const { history } = await laptop.snapshot()
    expect(history.arriving).not.toBeNull()
    const first = await laptop.do('listMessages', { conversation: personConversation(bob.account), limit: 10 })
    expect(first.messages.at(-1)?.content).toMatchObject({ text: expect.stringMatching(/^7999 /) })
    await laptop.say(bob, 'From my laptop')
    await until(async () => (await bob.reads(alice)).includes('From my laptop'), 'Bob hears of it')
    await arrived(laptop)
    expect(await laptop.reads(bob)).toHaveLength(8_002)
  })

  test.each(['the new device', 'the other device'])('[P108] %s stops it, and goes on from there', async (who) => {
    longAgo(6_000, 500)
    const laptop = await world.freshInstall(alice, 'laptop')
    await world.link(alice, laptop)
    const stopper = who === 'the new device' ? laptop : alice
    await until(async () => ((await laptop.snapshot()).history.arriving?.done ?? 0) > 0, 'a part of it is there')
    await stopper.do('stopHistory', {})
    await until(async () => (await laptop.snapshot()).history.arriving?.state === 'stopped', 'it is stopped')
    const had = (await laptop.reads(bob)).length
    expect(had).toBeLessThan(6_001)
    expect(await stopper.try('stopHistory', {})).toMatchObject({ failure: { code: 'already-so' } })
    await laptop.say(bob, 'Meanwhile')
    await until(async () => (await bob.reads(alice)).includes('Meanwhile'), 'Bob hears of it')
    await stopper.do('resumeHistory', {})
    await arrived(laptop)
    expect((await laptop.reads(bob)).length).toBe(6_002)
    expect((await laptop.snapshot()).history.arriving).toBeNull()
  })

  test.each(['the new device', 'the other device', 'the relay'])(
    '[P108] %s is restarted again and again on the way',
    async (who) => {
      longAgo(6_000, 500)
      const laptop = await world.freshInstall(alice, 'laptop')
      await world.link(alice, laptop)
      for (let times = 0; times < 4; times++) {
        if (who === 'the relay') {
          await world.stopRelay()
          await world.startRelay()
        } else await (who === 'the new device' ? laptop : alice).reopen()
        await world.back(alice, laptop, bob)
        await world.clock.advance(1000)
      }
      await until(async () => {
        await world.clock.advance(500)
        return (await laptop.snapshot()).history.arriving === null
      }, 'all of it is there')
      const texts = await laptop.reads(bob)
      expect(texts).toHaveLength(6_001)
      expect(new Set(texts).size).toBe(texts.length)
    },
  )

  test('[P108] what is deleted or changed on one device while it is on its way is so on the other', async () => {
    await bob.say(alice, 'Delete me')
    await alice.say(bob, 'Chagne me')
    await alice.reaches(bob, 'Chagne me', 'delivered')
    longAgo(8000, 300)
    const laptop = await world.freshInstall(alice, 'laptop')
    await world.link(alice, laptop)
    const find = async (text: string) =>
      (await alice.messages(bob)).find(({ content }) => content.kind === 'text' && content.text === text)
    const [gone, changed] = [await find('Delete me'), await find('Chagne me')]
    if (gone === undefined || changed === undefined) throw new Error('not said')
    await alice.do('deleteMessage', { message: gone.id })
    await alice.do('editMessage', { message: changed.id, text: 'Change me' })
    await arrived(laptop)
    await until(async () => {
      const texts = await laptop.reads(bob)
      return texts.includes('Change me') && !texts.includes('Delete me') && !texts.includes('Chagne me')
    }, 'the laptop has it as it is now')
  })

  test('[P108][P154] blobs of history do not stay at the relay', async () => {
    longAgo(3000, 300)
    const laptop = await world.freshInstall(alice, 'laptop')
    await world.link(alice, laptop)
    await arrived(laptop)
    await until(async () => (await world.relayTotals()).blobs === 0, 'no blob is left')
  })

  test('[P108] blobs that the relay has lost are made anew', async () => {
    longAgo(10_000, 700)
    const laptop = await world.freshInstall(alice, 'laptop')
    await world.link(alice, laptop)
    await until(async () => ((await laptop.snapshot()).history.arriving?.done ?? 0) > 0, 'a part of it is there')
    await laptop.close()
    const told = () => alice.device.sql.all('SELECT number FROM history_parts').length
    await until(() => told() === 2, 'two parts are told')
    for (const name of readdirSync(world.relayBlobs)) {
      if (name === 'unfinished') continue
      rmSync(join(world.relayBlobs, name), { recursive: true, force: true })
    }
    await laptop.open()
    await until(async () => {
      await world.clock.advance(500)
      return (await laptop.snapshot()).history.arriving === null
    }, 'all of it is there')
    expect(await laptop.reads(bob)).toHaveLength(10_001)
  })

  test('[D12] a third device gets it from the one it was linked by', async () => {
    await alice.say(bob, 'Tea?')
    const laptop = await world.freshInstall(alice, 'laptop')
    await world.link(alice, laptop)
    await arrived(laptop)
    await laptop.say(bob, 'From the laptop')
    await alice.sees(bob, ['Hello Bob', 'Tea?', 'From the laptop'])
    const phone = await world.freshInstall(alice, 'phone')
    await world.link(laptop, phone)
    await arrived(phone)
    await phone.sees(bob, ['Hello Bob', 'Tea?', 'From the laptop'])
    await bob.say(alice, 'To all of you')
    for (const device of [alice, laptop, phone])
      await device.sees(bob, ['Hello Bob', 'Tea?', 'From the laptop', 'To all of you'])
  })
})
