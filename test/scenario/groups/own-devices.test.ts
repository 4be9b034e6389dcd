// Somebody with several devices in a group: each reads along and speaks, a new one is given what was said, a lost one no more.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeRelayFrame, type RelayBody } from '../../../src/protocol/frames.ts'
import type { Held } from '../../holdable-wire.ts'
import type { Person } from '../../person.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'

let world: World
let alice: Person
let bob: Person

beforeEach(async () => {
  world = await World.create()
  alice = await world.person('Alice')
  bob = await world.person('Bob')
  await alice.find(bob)
})

afterEach(() => world.close())

test('[D1][D5][D9] a new device of a member follows the group, asks for its keys and reads what was said before', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before the laptop')
  await bob.seesIn(id, ['Before the laptop'])
  const laptop = await world.linkDirectly(bob)
  await laptop.online()
  await laptop.comesToSee(id, ['Before the laptop'])
  await laptop.tell(id, 'From my laptop')
  await alice.comesToSee(id, ['Before the laptop', 'From my laptop'])
  await bob.comesToSee(id, ['Before the laptop', 'From my laptop'])
  expect((await bob.messagesIn(id)).at(-1)).toMatchObject({ own: true })
  await alice.tell(id, 'To both of you')
  for (const device of [bob, laptop])
    await device.comesToSee(id, ['Before the laptop', 'From my laptop', 'To both of you'])
})

test('[D1][G1] a group that is made on one device is there on the other', async () => {
  const laptop = await world.linkDirectly(alice)
  await laptop.online()
  const { id } = await alice.gather('Hiking', bob)
  await bob.tell(id, 'Hello Alice')
  for (const device of [alice, laptop]) await device.comesToSee(id, ['Hello Alice'])
  await until(async () => (await laptop.group(id))?.title === 'Hiking', 'the laptop knows what it is called')
})

test('[G4][F30] a device that was removed does not read what is said next', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const laptop = await world.linkDirectly(bob)
  await laptop.online()
  await alice.tell(id, 'To both')
  for (const device of [bob, laptop]) await device.comesToSee(id, ['To both'])
  const lost = (await bob.do('listDevices', {})).find(({ here }) => !here)
  if (lost === undefined) throw new Error('there is no other device')
  await bob.do('revokeDevice', { device: lost.device })
  await until(async () => (await alice.group(id))?.marked === true, 'Alice knows')
  await alice.tell(id, 'Without the laptop')
  await bob.comesToSee(id, ['To both', 'Without the laptop'])
  expect(await alice.group(id)).toMatchObject({ epoch: 2 })
  const there = laptop.device.sql.all("SELECT text FROM messages WHERE conversation = ? AND kind = 'text'", [id])
  expect(there).toEqual([{ text: 'To both' }])
})

test('[G4][P113] who removes an own device that was told their keys opens one epoch, and is heard', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const laptop = await world.linkDirectly(alice)
  await laptop.online()
  await alice.tell(id, 'To all')
  for (const device of [bob, laptop]) await device.comesToSee(id, ['To all'])
  const lost = (await alice.do('listDevices', {})).find(({ here }) => !here)
  if (lost === undefined) throw new Error('there is no other device')
  await alice.do('revokeDevice', { device: lost.device })
  await alice.tell(id, 'Without the laptop')
  await bob.comesToSee(id, ['To all', 'Without the laptop'])
  expect((await alice.group(id))?.epoch).toBe(2)
})

test('[P117][G4][D12] who replaces their keys after a theft stays a member, and the next message is not for the thief', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const laptop = await world.linkDirectly(bob)
  await laptop.online()
  await alice.tell(id, 'Before the theft')
  for (const device of [bob, laptop]) await device.comesToSee(id, ['Before the theft'])
  const lost = (await bob.do('listDevices', {})).find(({ here }) => !here)
  if (lost === undefined) throw new Error('there is no other device')
  await bob.do('replaceKeys', { revoke: lost.device })
  await world.back(bob)
  await until(async () => {
    await world.clock.advance(500)
    return (await alice.group(id))?.marked === true
  }, 'Alice knows')
  await bob.tell(id, 'It was stolen')
  await alice.comesToSee(id, ['Before the theft', 'It was stolen'])
  expect((await alice.group(id))?.epoch).toBe(2)
  expect((await alice.group(id))?.members).toBe(2)
})

test('[P123] who leaves on one device, or is removed, is so on a device that was away', async () => {
  const hiking = await alice.gather('Hiking', bob)
  const choir = await alice.gather('Choir', bob)
  const chess = await alice.gather('Chess', bob)
  const laptop = await world.linkDirectly(bob)
  for (const { id } of [hiking, choir, chess]) await laptop.counts(id, 2)
  laptop.device.wire.cut()
  await bob.do('leaveGroup', { conversation: hiking.id })
  await alice.do('removeMembers', { conversation: choir.id, accounts: [bob.account] })
  await until(async () => (await bob.group(choir.id))?.standing === 'removed', 'Bob knows')
  await bob.do('leaveGroup', { conversation: chess.id })
  await alice.counts(chess.id, 1)
  await alice.do('deleteGroup', { conversation: chess.id })
  laptop.device.wire.mend()
  await world.back(laptop)
  await until(async () => (await laptop.group(hiking.id))?.standing === 'left', 'the laptop knows that he has left')
  await until(async () => (await laptop.group(chess.id))?.standing === 'left', 'also what is deleted since')
  await until(async () => (await laptop.group(choir.id))?.standing === 'removed', 'and that he was removed')
})

test('[P95][G2] who left and comes back by a link on one device is back on the other at once', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const laptop = await world.linkDirectly(bob)
  await laptop.counts(id, 2)
  await bob.do('leaveGroup', { conversation: id })
  await until(async () => (await laptop.group(id))?.standing === 'left', 'the laptop knows')
  await alice.do('setGroupLink', { conversation: id, on: true })
  const { link } = await alice.do('getGroupLink', { conversation: id })
  await bob.do('requestToJoin', { link, note: 'Me again' })
  await until(
    async () => (await alice.try('decideRequest', { conversation: id, account: bob.account, approve: true })).ok,
    'Alice lets him in',
  )
  for (const device of [bob, laptop]) await device.counts(id, 2)
  await alice.tell(id, 'Welcome back')
  for (const device of [bob, laptop]) await device.comesToSee(id, ['Welcome back'])
})

test('[G3] an invitation that is turned down on one device goes from the other', async () => {
  const laptop = await world.linkDirectly(bob)
  const { id } = await alice.do('createGroup', { title: 'Hiking', people: [bob.account] })
  for (const device of [bob, laptop])
    await until(async () => (await device.group(id))?.standing === 'invited', 'he is invited on both')
  await laptop.do('answerInvitation', { conversation: id, accept: false })
  for (const device of [bob, laptop])
    await until(async () => (await device.group(id)) === undefined, 'it is gone from both')
  await alice.do('inviteToGroup', { conversation: id, people: [bob.account] })
  for (const device of [bob, laptop])
    await until(async () => (await device.group(id))?.standing === 'invited', 'he is invited once more')
})

test('[P130][P145] a key that comes while the entry that it opens is being read opens it', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const laptop = await world.linkDirectly(alice)
  await laptop.counts(id, 2)
  await until(async () => {
    await world.clock.advance(500)
    return (await laptop.group(id))?.title === 'Hiking'
  }, 'the laptop knows what it is called')
  await alice.do('setGroupRole', { conversation: id, accounts: [bob.account], role: 'admin' })
  await until(async () => (await bob.group(id))?.role === 'admin', 'Bob may')
  await bob.tell(id, 'We both know both')
  await laptop.comesToSee(id, ['We both know both'])
  const owed = () => [alice, laptop, bob].flatMap(({ device }) => device.sql.all('SELECT 1 AS yes FROM key_deliveries'))
  await until(async () => {
    await world.clock.advance(500)
    return owed().length === 0
  }, 'all have all keys, and have said so')
  const { wire } = laptop.device
  wire.holdIncoming()
  await bob.do('updateGroupDetails', { conversation: id, title: 'Climbing' })
  await until(async () => (await alice.group(id))?.title === 'Climbing', 'Alice has the key')
  const held: Held[] = []
  const heldOf = (kind: RelayBody['case']) => held.find(({ frame }) => decodeRelayFrame(frame)?.body.case === kind)
  await until(() => {
    held.push(...wire.takeIncoming())
    return heldOf('streamGrew') !== undefined && heldOf('deliver') !== undefined
  }, 'the entry and its key are on their way to the laptop')
  // The key comes first, and is judged when the entry is already being read.
  for (const pass of [heldOf('deliver'), ...held.filter((one) => one !== heldOf('deliver'))]) pass?.()
  wire.release()
  await until(async () => (await laptop.group(id))?.title === 'Climbing', 'the laptop knows, too')
})

test('[P171][X5] a device that shows oneself by no name yet, and learns it, says so wherever it stands', async () => {
  const laptop = await world.linkDirectly(alice)
  const { id } = await alice.do('createGroup', { title: 'Hiking', people: [] })
  await laptop.counts(id, 1)
  await until(async () => (await laptop.messagesIn(id)).length > 0, 'the laptop shows that it was made')
  const line = (await laptop.messagesIn(id))[0]
  // The key of the names in it has not come: nobody has asked for it.
  expect(line?.authorName).toMatch(/^unknown-/)
  await laptop.do('findPerson', { username: 'alice' })
  expect((await laptop.messagesIn(id))[0]?.authorName).toBe('Alice')
  const told = laptop.changes.flatMap(({ changes }) => changes)
  const last = told.findLast((change) => change.kind === 'message' && change.message.id === line?.id)
  expect(last).toMatchObject({ message: { authorName: 'Alice' } })
})
