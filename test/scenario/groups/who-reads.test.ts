// Who can read what was said in a group: whoever comes later as much as they are granted, and whoever has gone what they had.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConversationId, MessageId } from '../../../src/shared/ids.ts'
import { keepsKeysFrom } from '../../hostile/insider.ts'
import type { Person } from '../../person.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'

let world: World
let alice: Person
let bob: Person
let carol: Person

beforeEach(async () => {
  world = await World.create()
  alice = await world.person('Alice')
  bob = await world.person('Bob')
  carol = await world.person('Carol')
  for (const other of [bob, carol]) await alice.find(other)
})

afterEach(() => world.close())

async function switches(encryption: 'off' | 'optional' | 'required', id: ConversationId): Promise<void> {
  await alice.do('setGroupEncryption', { conversation: id, encryption })
}

async function takesInCarol(id: ConversationId): Promise<void> {
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await carol.accepts(id)
  await carol.counts(id, 3)
}

/** As `Bob 1 confirmed`. Of a person without devices that are known: `Bob`. */
async function readersOf(person: Person, message: MessageId): Promise<string[]> {
  const { readers } = await person.do('getReaders', { message })
  return readers.flatMap(({ person: { name }, devices }) =>
    devices.length === 0 ? name : devices.map(({ device, has }) => `${name} ${device} ${has}`),
  )
}

async function seesReaders(person: Person, message: MessageId, expected: string[]): Promise<void> {
  let last: string[] = []
  await until(
    async () => {
      last = await readersOf(person, message)
      return JSON.stringify(last.toSorted()) === JSON.stringify(expected.toSorted())
    },
    () => `${person.name} sees as readers ${JSON.stringify(expected)}, but it is ${JSON.stringify(last)}`,
  )
}

test('[G8][P123] what was said in the open is there for who comes later, though everything is encrypted by then', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await switches('off', id)
  await alice.tell(id, 'in the open')
  await switches('required', id)
  await alice.tell(id, 'between us')
  await bob.seesIn(id, ['in the open', 'between us'])
  await takesInCarol(id)
  await carol.comesToSee(id, ['in the open', 'between us'])
  const shown = (await carol.messagesIn(id)).filter(({ content }) => content.kind === 'text')
  expect(shown.map(({ readable }) => readable)).toEqual([true, false])
})

test('[G8][P123] and so is what was said before each message could choose', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await switches('off', id)
  await alice.tell(id, 'in the open')
  await switches('optional', id)
  await alice.do('sendMessage', { conversation: id, text: 'for all', readable: true })
  await alice.tell(id, 'between us')
  await bob.seesIn(id, ['in the open', 'for all', 'between us'])
  await takesInCarol(id)
  await carol.comesToSee(id, ['in the open', 'for all', 'between us'])
})

test('[P123][G2] who left comes back by the link, and the chat is open again', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Both')
  await bob.seesIn(id, ['Both'])
  await alice.do('setGroupLink', { conversation: id, on: true })
  const { link } = await alice.do('getGroupLink', { conversation: id })
  await bob.do('leaveGroup', { conversation: id })
  await until(async () => (await alice.group(id))?.members === 1, 'Alice knows')
  await alice.tell(id, 'Alone')
  await bob.do('requestToJoin', { link })
  await until(async () => (await alice.group(id))?.requests === 1, 'Alice is asked')
  await alice.do('decideRequest', { conversation: id, account: bob.account, approve: true, history: { kind: 'all' } })
  await bob.comesToSee(id, ['Both', 'Alone'])
  expect((await bob.snapshot()).conversations.find((one) => one.id === id)).toMatchObject({ state: 'open' })
  await bob.tell(id, 'Both again')
  await alice.comesToSee(id, ['Both', 'Alone', 'Both again'])
})

test('[P115] of one’s own message: whom its key was told, and who has said that they have it', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await carol.close()
  const said = await alice.tell(id, 'Hello')
  await bob.seesIn(id, ['Hello'])
  await seesReaders(alice, said.id, ['Alice 1 confirmed', 'Bob 1 confirmed', 'Carol 1 told'])
  await carol.open()
  await carol.online()
  await seesReaders(alice, said.id, ['Alice 1 confirmed', 'Bob 1 confirmed', 'Carol 1 confirmed'])
})

test('[P115] whoever was not told the key yet is said not to have it', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  keepsKeysFrom(alice, carol.account)
  const said = await alice.tell(id, 'Hello')
  await carol.seesIn(id, ['[key-missing]'])
  await seesReaders(alice, said.id, ['Alice 1 confirmed', 'Bob 1 confirmed', 'Carol 1 not-yet'])
  // Carol cannot know about Bob, and knows of herself that she cannot.
  await seesReaders(carol, said.id, ['Alice 1 confirmed', 'Bob 1 entitled', 'Carol 1 not-yet'])
})

test('[P115] who was removed since still has what they were told, and is not among the readers of what came later', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  const before = await alice.tell(id, 'All three')
  for (const person of [bob, carol]) await person.seesIn(id, ['All three'])
  await alice.do('removeMembers', { conversation: id, accounts: [carol.account] })
  const after = await alice.tell(id, 'Two of us')
  await bob.seesIn(id, ['All three', 'Two of us'])
  await seesReaders(alice, before.id, ['Alice 1 confirmed', 'Bob 1 confirmed', 'Carol 1 confirmed'])
  await seesReaders(alice, after.id, ['Alice 1 confirmed', 'Bob 1 confirmed'])
  await seesReaders(bob, before.id, ['Alice 1 confirmed', 'Bob 1 confirmed', 'Carol 1 entitled'])
  await seesReaders(bob, after.id, ['Alice 1 confirmed', 'Bob 1 confirmed'])
})

test('[P115] who came later is a reader of what was before as far as it was granted', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const before = await alice.tell(id, 'Two of us')
  await bob.seesIn(id, ['Two of us'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'none' } })
  await carol.accepts(id)
  await alice.counts(id, 3)
  const after = await bob.tell(id, 'Three of us')
  await carol.seesIn(id, ['Three of us'])
  await alice.seesIn(id, ['Two of us', 'Three of us'])
  await seesReaders(alice, before.id, ['Alice 1 confirmed', 'Bob 1 confirmed'])
  await seesReaders(bob, before.id, ['Alice 1 confirmed', 'Bob 1 confirmed'])
  await seesReaders(alice, after.id, ['Alice 1 confirmed', 'Bob 1 confirmed', 'Carol 1 entitled'])
})

test('[P115][D1] each device of a reader is named', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const laptop = await world.linkDirectly(bob)
  await laptop.online()
  const said = await alice.tell(id, 'To both of you')
  await laptop.comesToSee(id, ['To both of you'])
  await seesReaders(alice, said.id, ['Alice 1 confirmed', 'Bob 1 confirmed', 'Bob 2 confirmed'])
  const theirs = await laptop.tell(id, 'From my laptop')
  await alice.comesToSee(id, ['To both of you', 'From my laptop'])
  await seesReaders(alice, theirs.id, ['Alice 1 confirmed', 'Bob 1 entitled', 'Bob 2 confirmed'])
  await seesReaders(laptop, theirs.id, ['Alice 1 confirmed', 'Bob 1 confirmed', 'Bob 2 confirmed'])
})
