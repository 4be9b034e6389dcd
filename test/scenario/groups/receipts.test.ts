// Receipts in a group: who has read what one said, told to whoever said it alone.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MessageId } from '../../../src/shared/ids.ts'
import type { Message } from '../../../src/shared/model.ts'
import { EvilRelay } from '../../hostile/evil-relay.ts'
import type { Person } from '../../person.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'

let world: World
let evil: EvilRelay
let alice: Person
let bob: Person
let carol: Person

beforeEach(async () => {
  world = await World.create()
  evil = await EvilRelay.before(() => world.address())
  alice = await world.person('Alice')
  bob = await world.person('Bob', evil.address)
  carol = await world.person('Carol')
  for (const other of [bob, carol]) await alice.find(other)
})

afterEach(async () => {
  await world.close()
  await evil.close()
})

async function own(person: Person, message: MessageId): Promise<Message | undefined> {
  const conversations = (await person.snapshot()).conversations.filter(({ kind }) => kind === 'group')
  for (const { id } of conversations) for (const one of await person.messagesIn(id)) if (one.id === message) return one
  return undefined
}

/** However long it takes by the clock. */
async function shows(person: Person, message: MessageId, expected: Partial<Message>): Promise<void> {
  let last: unknown
  await until(
    async () => {
      await world.clock.advance(500)
      const found = await own(person, message)
      last = found && { readBy: found.readBy, delivery: found.delivery?.state }
      try {
        expect(found).toMatchObject(expected)
        return true
      } catch {
        return false
      }
    },
    () => `${person.name} is shown ${JSON.stringify(expected)}, but it is ${JSON.stringify(last)}`,
  )
}

const readByAll = { delivery: expect.objectContaining({ state: 'read' }) }
const sent = { delivery: expect.objectContaining({ state: 'sent' }) }

/** Nothing of that kind is on its way any more. */
async function settled(...people: Person[]): Promise<void> {
  for (let step = 0; step < 10; step++) {
    await world.clock.advance(1_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const { device } of people)
    await until(() => device.sql.all('SELECT 1 AS yes FROM reads_to_tell').length === 0, 'all is told')
}

test('[K13][P147] a message is read by one, by two, by all; its author alone learns who, and when', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  const said = await alice.tell(id, 'At nine')
  for (const person of [bob, carol]) await person.comesToSee(id, ['At nine'])
  expect(await alice.do('getReceipts', { message: said.id })).toMatchObject({ told: 'told', read: [] })
  await bob.readAllIn(id)
  await shows(alice, said.id, { ...sent, readBy: { count: 1, of: 2 } })
  const receipts = await alice.do('getReceipts', { message: said.id })
  expect(receipts.read.map(({ person }) => person.name)).toEqual(['Bob'])
  expect(receipts.others.map(({ name }) => name)).toEqual(['Carol'])
  expect(receipts.read[0]?.at).toBeGreaterThanOrEqual(said.sentAt)
  await carol.readAllIn(id)
  await shows(alice, said.id, { ...readByAll, readBy: { count: 2, of: 2 } })
  for (const person of [bob, carol]) {
    expect(person.device.sql.all('SELECT 1 AS yes FROM group_reads')).toEqual([])
    expect(await person.try('getReceipts', { message: said.id })).toMatchObject({ ok: false })
  }
  // No conversation between two comes of it, nor a number that is missing in one.
  expect(await carol.hasConversation(alice)).toBe(false)
})

test('[P147][P71] a receipt that its author cannot open comes again, and nothing stands for it then', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const said = await alice.tell(id, 'At nine')
  await bob.comesToSee(id, ['At nine'])
  await until(() => alice.device.sql.all('SELECT 1 AS yes FROM key_deliveries').length === 0, 'Bob has all keys')
  // As after a damaged page: Alice has no session any more.
  alice.device.sql.run('DELETE FROM sessions')
  await alice.reopen()
  await alice.online()
  await bob.readAllIn(id)
  await shows(alice, said.id, readByAll)
  await until(async () => (await alice.reads(bob)).length === 0, 'no placeholder is left')
})

test('[P147] many messages are one receipt for each author, a moment later, and told once', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  const texts: string[] = []
  const ids: { by: Person; message: MessageId }[] = []
  for (let at = 0; at < 20; at++) {
    const by = at % 2 === 0 ? alice : carol
    texts.push(`Line ${at}`)
    ids.push({ by, message: (await by.tell(id, `Line ${at}`)).id })
    await alice.comesToSee(id, texts)
    await carol.comesToSee(id, texts)
  }
  await bob.comesToSee(id, texts)
  await settled(alice, bob, carol)
  const before = evil.asked('submit')
  for (const message of await bob.messagesIn(id))
    if (message.content.kind === 'text') await bob.do('markRead', { conversation: id, upTo: message.id })
  for (const { by, message } of ids) await shows(by, message, { readBy: expect.objectContaining({ of: 2 }) })
  await settled(bob)
  expect(evil.asked('submit') - before).toBe(2)
})

test('[P63][P147] who has receipts off tells nothing, and is told nothing', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await bob.do('updateSettings', { readReceipts: false })
  const said = await alice.tell(id, 'At nine')
  await bob.comesToSee(id, ['At nine'])
  await bob.readAllIn(id)
  expect(bob.device.sql.all('SELECT 1 AS yes FROM reads_to_tell')).toEqual([])
  const bobs = await bob.tell(id, 'Yes')
  for (const person of [alice, carol]) {
    await person.comesToSee(id, ['At nine', 'Yes'])
    await person.readAllIn(id)
  }
  await shows(alice, said.id, { ...sent, readBy: { count: 1, of: 2 } })
  await settled(alice, carol)
  expect(await own(bob, bobs.id)).toMatchObject({ ...sent, readBy: null })
  expect(bob.device.sql.all('SELECT 1 AS yes FROM group_reads')).toEqual([])
  expect(await bob.do('getReceipts', { message: bobs.id })).toMatchObject({ told: 'off', read: [] })
  expect((await alice.do('getReceipts', { message: said.id })).others.map(({ name }) => name)).toEqual(['Bob'])
})

test('[P147] what is read while offline is told later, also by who starts anew; who answers has read', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  const said = await alice.tell(id, 'At nine')
  for (const person of [bob, carol]) await person.comesToSee(id, ['At nine'])
  bob.device.wire.cut()
  await bob.readAllIn(id)
  await bob.reopen()
  await world.back(bob)
  await shows(alice, said.id, { readBy: { count: 1, of: 2 } })
  await carol.tell(id, 'Fine')
  await shows(alice, said.id, { ...readByAll, readBy: { count: 2, of: 2 } })
})

test('[P147][P91] every device of the author learns it, and one of the reader’s tells', async () => {
  const laptop = await world.linkDirectly(alice)
  const bobs = await world.linkDirectly(bob)
  const { id } = await alice.gather('Hiking', bob)
  const said = await laptop.tell(id, 'From my laptop')
  for (const device of [alice, bob, bobs]) await device.comesToSee(id, ['From my laptop'])
  await bobs.readAllIn(id)
  for (const device of [alice, laptop]) await shows(device, said.id, { ...readByAll, readBy: { count: 1, of: 1 } })
  expect(bob.device.sql.all('SELECT 1 AS yes FROM reads_to_tell')).toEqual([])
  const receipts = await laptop.do('getReceipts', { message: said.id })
  expect(receipts.read.map(({ person }) => person.name)).toEqual(['Bob'])
})

test('[P147] who leaves without having read it holds nothing up; who comes later is not asked', async () => {
  const dave = await world.person('Dave')
  await alice.find(dave)
  const { id } = await alice.gather('Hiking', bob, carol)
  const said = await alice.tell(id, 'At nine')
  for (const person of [bob, carol]) await person.comesToSee(id, ['At nine'])
  await alice.do('inviteToGroup', { conversation: id, people: [dave.account], history: { kind: 'all' } })
  await dave.accepts(id)
  await dave.comesToSee(id, ['At nine'])
  const next = await alice.tell(id, 'To Dave, too')
  for (const person of [bob, dave]) {
    await person.comesToSee(id, ['At nine', 'To Dave, too'])
    await person.readAllIn(id)
  }
  await shows(alice, said.id, { ...sent, readBy: { count: 1, of: 2 } })
  await shows(alice, next.id, { ...sent, readBy: { count: 2, of: 3 } })
  await carol.do('leaveGroup', { conversation: id })
  await shows(alice, said.id, { ...readByAll, readBy: { count: 1, of: 1 } })
  await shows(alice, next.id, { ...readByAll, readBy: { count: 2, of: 2 } })
})

test('[P147][P99] with the message goes who has read it', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const first = await alice.tell(id, 'One')
  const second = await alice.tell(id, 'Two')
  await bob.comesToSee(id, ['One', 'Two'])
  await bob.readAllIn(id)
  for (const said of [first, second]) await shows(alice, said.id, readByAll)
  await alice.do('recallMessages', { messages: [first.id] })
  await alice.do('deleteMessage', { message: second.id })
  expect(alice.device.sql.all('SELECT 1 AS yes FROM group_reads')).toEqual([])
  expect(await own(alice, first.id)).toMatchObject({ content: { kind: 'deleted' }, readBy: null })
  expect(await alice.try('getReceipts', { message: first.id })).toMatchObject({ ok: false })
})

test('[P147][G8] what was said readably is told of, too, and sealed', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.do('setGroupEncryption', { conversation: id, encryption: 'off' })
  const said = await alice.tell(id, 'For everybody')
  await bob.comesToSee(id, ['For everybody'])
  await bob.readAllIn(id)
  await shows(alice, said.id, { ...readByAll, readBy: { count: 1, of: 1 } })
})
