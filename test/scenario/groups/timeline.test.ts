// What a member's timeline shows of a group: what is news, in which order, by whose names, and what stays of it.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { Notices } from '../../../src/main/notices.ts'
import type { ConversationId } from '../../../src/shared/ids.ts'
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

async function row(person: Person, id: ConversationId) {
  const found = (await person.snapshot()).conversations.find((one) => one.id === id)
  if (found === undefined) throw new Error(`${person.name} has no such conversation`)
  return found
}

/** What the desktop would be told, had the window been away all the time. */
function toldOf(person: Person): string[] {
  const notices = new Notices()
  return person.changes.flatMap((set) => notices.of(set, 'away', world.clock.now()).map(({ body }) => body))
}

function givesKeysAgain({ device }: Person): void {
  device.sql.run('DROP TRIGGER keeps_keys')
}

test('[P139] a message whose key has not come yet is unread and told of, and is so once when it opens', async () => {
  const { id } = await alice.gather('Hiking', bob)
  keepsKeysFrom(alice, bob.account)
  const said = await alice.tell(id, 'Welcome')
  await bob.seesIn(id, ['[key-missing]'])
  expect(await row(bob, id)).toMatchObject({ unread: 1, firstUnread: said.id })
  const told = ['Somebody invites you to a group', 'New message in Hiking']
  expect(toldOf(bob)).toEqual(told)
  givesKeysAgain(alice)
  await bob.comesToSee(id, ['Welcome'])
  expect(await row(bob, id)).toMatchObject({ unread: 1, firstUnread: said.id })
  expect(toldOf(bob)).toEqual(told)
  await bob.readAllIn(id)
  expect(await row(bob, id)).toMatchObject({ unread: 0, firstUnread: null })
})

test('[P139] what turns out to change something said before is not unread any more', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const said = await alice.tell(id, 'At nin')
  await bob.seesIn(id, ['At nin'])
  await bob.readAllIn(id)
  await alice.do('rotateKeys', { conversation: id })
  keepsKeysFrom(alice, bob.account)
  await alice.do('editMessage', { message: said.id, text: 'At nine' })
  await bob.seesIn(id, ['At nin', '[key-missing]'])
  expect(await row(bob, id)).toMatchObject({ unread: 1 })
  givesKeysAgain(alice)
  await bob.comesToSee(id, ['At nine'])
  expect(await row(bob, id)).toMatchObject({ unread: 0, firstUnread: null })
})

test('[P139][P98] a change under newer keys waits for the message that cannot be read yet', async () => {
  const { id } = await alice.gather('Hiking', bob)
  keepsKeysFrom(alice, bob.account)
  const said = await alice.tell(id, 'At nin')
  await bob.seesIn(id, ['[key-missing]'])
  givesKeysAgain(alice)
  await alice.do('rotateKeys', { conversation: id })
  await alice.do('editMessage', { message: said.id, text: 'At nine' })
  await until(() => bob.device.sql.all('SELECT 1 AS yes FROM early').length === 1, 'Bob knows of the change')
  await bob.comesToSee(id, ['At nine'])
})

test('[P139][G12] what was taken back by who may does not open when its key comes', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  keepsKeysFrom(bob, carol.account)
  const said = await bob.tell(id, 'Oops')
  await alice.seesIn(id, ['Oops'])
  await carol.seesIn(id, ['[key-missing]'])
  await alice.do('recallMessages', { messages: [said.id] })
  await carol.seesIn(id, ['[deleted]'])
  expect(await row(carol, id)).toMatchObject({ unread: 0 })
  givesKeysAgain(bob)
  await bob.tell(id, 'Sorry')
  await carol.comesToSee(id, ['[deleted]', 'Sorry'])
})

test('[P139] history from before one came is no news, whatever is said afterwards', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const early = await alice.tell(id, 'Before Carol')
  await bob.seesIn(id, ['Before Carol'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await carol.accepts(id)
  await carol.comesToSee(id, ['Before Carol'])
  expect(await row(carol, id)).toMatchObject({ unread: 0 })
  const said = await bob.tell(id, 'Hello Carol')
  await carol.comesToSee(id, ['Before Carol', 'Hello Carol'])
  expect(await row(carol, id)).toMatchObject({ unread: 1, firstUnread: said.id })
  // Everything is counted anew.
  await alice.do('recallMessages', { messages: [early.id] })
  await carol.comesToSee(id, ['[deleted]', 'Hello Carol'])
  expect(await row(carol, id)).toMatchObject({ unread: 1, firstUnread: said.id })
})

test('[G3] who was removed, is invited again and refuses keeps what they have read, and may come back later', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await alice.tell(id, 'All three')
  await bob.seesIn(id, ['All three'])
  await alice.do('removeMembers', { conversation: id, accounts: [bob.account] })
  await until(async () => (await bob.group(id))?.standing === 'removed', 'Bob is told')
  const invitesBob = () =>
    alice.do('inviteToGroup', { conversation: id, people: [bob.account], history: { kind: 'none' } })
  await invitesBob()
  await until(async () => (await bob.group(id))?.standing === 'invited', 'Bob is invited again')
  await bob.do('answerInvitation', { conversation: id, accept: false })
  expect(await bob.group(id)).toMatchObject({ standing: 'removed', title: 'Hiking', maySend: false })
  expect(await bob.readsIn(id)).toEqual(['All three'])
  await bob.reopen()
  await bob.online()
  expect(await bob.readsIn(id)).toEqual(['All three'])
  await until(async () => (await alice.do('getGroup', { conversation: id })).invited.length === 0, 'Alice is told')
  await invitesBob()
  await bob.accepts(id)
  await bob.counts(id, 3)
  await alice.tell(id, 'Welcome back')
  await bob.seesIn(id, ['All three', 'Welcome back'])
})

/** Carol is taken in again, and given so much of what was said. */
async function takesBack(id: ConversationId, kind: 'none' | 'all', members = 3): Promise<void> {
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind } })
  await carol.accepts(id)
  await carol.counts(id, members)
}

async function leaves(id: ConversationId): Promise<void> {
  await carol.do('leaveGroup', { conversation: id })
  await until(async () => (await bob.group(id))?.members === 2, 'Bob sees that Carol has gone')
  await until(async () => (await alice.group(id))?.members === 2, 'Alice sees that Carol has gone')
}

test('[P139] who comes back reads what they were not given before where it was said, and stays where they were', async () => {
  const { id } = await alice.gather('Hiking', bob)
  for (const text of ['One', 'Two']) await alice.tell(id, text)
  await bob.seesIn(id, ['One', 'Two'])
  await takesBack(id, 'none')
  await alice.tell(id, 'Hello Carol')
  await carol.seesIn(id, ['Hello Carol'])
  const mine = await carol.tell(id, 'Hello all')
  await bob.seesIn(id, ['One', 'Two', 'Hello Carol', 'Hello all'])
  await leaves(id)
  await alice.tell(id, 'Without Carol')
  await bob.seesIn(id, ['One', 'Two', 'Hello Carol', 'Hello all', 'Without Carol'])
  await takesBack(id, 'none')
  const unread = await bob.tell(id, 'Welcome back')
  await carol.seesIn(id, ['Hello Carol', 'Hello all', 'Welcome back'])
  expect(await row(carol, id)).toMatchObject({ unread: 1, firstUnread: unread.id })
  await carol.readAllIn(id)
  await leaves(id)
  const known = new Map((await carol.messagesIn(id)).map((message) => [message.id, message]))
  expect(known.has(mine.id)).toBe(true)
  await takesBack(id, 'all')
  const all = ['One', 'Two', 'Hello Carol', 'Hello all', 'Without Carol', 'Welcome back']
  await carol.comesToSee(id, all)
  // The lines of what happened stand where they do for who was there all the time.
  expect(await carol.readsIn(id, true)).toEqual(await alice.readsIn(id, true))
  // What was here has not moved, and nothing of what is new is unread.
  for (const message of await carol.messagesIn(id))
    if (known.has(message.id)) expect(message).toMatchObject({ position: known.get(message.id)?.position })
  expect(await row(carol, id)).toMatchObject({ unread: 0, firstUnread: null })
  await carol.reopen()
  await carol.online()
  await alice.tell(id, 'And on')
  await carol.comesToSee(id, [...all, 'And on'])
  expect(await row(carol, id)).toMatchObject({ unread: 1 })
})

test('[P139] the line of new keys stands before what is said under them, for everybody', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Old')
  await bob.seesIn(id, ['Old'])
  await bob.do('rotateKeys', { conversation: id })
  await until(async () => (await alice.group(id))?.marked === true, 'Alice knows')
  // Three at once: one opens the epoch, and all are said under it.
  await Promise.all(['One', 'Two', 'Three'].map((text) => alice.tell(id, text)))
  await bob.seesIn(id, ['Old', 'One', 'Two', 'Three'])
  const told = (await bob.readsIn(id, true)).slice(-5)
  expect(told).toEqual(['(keys-asked-for)', '(new-keys)', 'One', 'Two', 'Three'])
  expect((await alice.readsIn(id, true)).slice(-5)).toEqual(told)
})

test('[P139] what failed and is tried again stands where it is said', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.do('setGroupEncryption', { conversation: id, encryption: 'optional' })
  await until(async () => (await bob.group(id))?.encryption === 'optional', 'Bob is told')
  await bob.do('acceptReadable', { conversation: id })
  bob.device.wire.holdIncoming()
  await alice.do('setGroupEncryption', { conversation: id, encryption: 'off' })
  const said = await bob.tell(id, 'Between us')
  await until(() => bob.device.wire.heldIncoming() >= 2, 'Bob is refused')
  bob.device.wire.release()
  const state = async () => (await bob.messagesIn(id)).find((one) => one.id === said.id)?.delivery?.state
  await until(async () => (await state()) === 'failed', 'it does not go out')
  await alice.do('setGroupEncryption', { conversation: id, encryption: 'required' })
  await alice.tell(id, 'Encrypted again')
  await until(async () => (await bob.readsIn(id)).includes('Encrypted again'), 'Bob reads it')
  await bob.do('retryMessage', { message: said.id })
  await alice.seesIn(id, ['Encrypted again', 'Between us'])
  expect(await bob.readsIn(id)).toEqual(['Encrypted again', 'Between us'])
})

test('[G2] who comes late is told by name who did what before, as soon as the names can be read', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.do('setGroupLink', { conversation: id, on: true })
  const { link } = await alice.do('getGroupLink', { conversation: id })
  await carol.do('requestToJoin', { link })
  await until(async () => (await alice.group(id))?.requests === 1, 'Alice is asked')
  keepsKeysFrom(alice, carol.account)
  await alice.do('decideRequest', { conversation: id, account: carol.account, approve: true, history: { kind: 'all' } })
  await carol.counts(id, 3)
  const names = async () =>
    (await carol.messagesIn(id)).flatMap(({ content }) =>
      content.kind === 'group-event' ? `${content.actorName} ${content.event}` : [],
    )
  await until(async () => (await names()).some((line) => line.endsWith(' created')), 'Carol sees how it began')
  expect((await names())[0]).toMatch(/^unknown-\w+ created$/)
  givesKeysAgain(alice)
  await until(async () => {
    await world.clock.advance(500)
    return (await names())[0] === 'Alice created'
  }, 'Carol can read the names')
  expect((await names()).slice(0, 3)).toEqual(['Alice created', 'Alice invited', 'Bob joined'])
  // A window that is open is told, too.
  const shown = carol.changes.flatMap(({ changes }) => changes).filter((change) => change.kind === 'message')
  const last = new Map(shown.map(({ message }) => [message.id, message]))
  const words = [...last.values()].flatMap(({ content }) => (content.kind === 'group-event' ? content.actorName : []))
  expect(words.filter((name) => name.startsWith('unknown'))).toEqual([])
})
