// Several who do something at the same moment, and none of whom has seen what the other does.

import { afterEach, beforeEach, expect, test } from 'vitest'
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

async function seeEach(id: Parameters<Person['seesIn']>[0], people: readonly Person[], said: string[]): Promise<void> {
  for (const person of people)
    await until(
      async () => JSON.stringify((await person.readsIn(id)).toSorted()) === JSON.stringify(said.toSorted()),
      `${person.name} reads ${said}`,
    )
}

test('[F33] two admins change a group at once: one is first, and the other does it again on top of that', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await alice.do('setGroupRole', { conversation: id, accounts: [bob.account], role: 'admin' })
  await until(async () => (await bob.group(id))?.role === 'admin', 'Bob is an admin')
  bob.device.wire.holdIncoming()
  await alice.do('updateGroupDetails', { conversation: id, title: 'Climbing' })
  const byBob = bob.try('muteMembers', { conversation: id, accounts: [carol.account] })
  // The relay has told him by now that he was too late.
  await until(() => bob.device.wire.heldIncoming() >= 2, 'Bob is answered')
  bob.device.wire.release()
  expect(await byBob).toMatchObject({ ok: true })
  for (const person of [alice, bob, carol]) {
    await until(async () => {
      const { members } = await person.do('getGroup', { conversation: id })
      return members.some(({ muted, person: { account } }) => muted !== null && account === carol.account)
    }, `${person.name} sees that Carol is muted`)
    await until(async () => (await person.group(id))?.title === 'Climbing', `${person.name} sees the title`)
  }
})

test('[F33] ten changes at once by three people are all made, each once', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  await alice.do('setGroupRole', { conversation: id, accounts: [bob.account, carol.account], role: 'admin' })
  for (const admin of [bob, carol])
    await until(async () => (await admin.group(id))?.role === 'admin', `${admin.name} is an admin`)
  const people = [alice, bob, carol]
  const changes = Array.from({ length: 9 }, (_, index) =>
    people[index % 3]?.try('updateGroupDetails', { conversation: id, title: `Title ${index}` }),
  )
  for (const answered of await Promise.all(changes)) expect(answered).toMatchObject({ ok: true })
  const titles = await Promise.all(
    people.map(async (person) => {
      await until(
        async () => {
          const events = (await person.readsIn(id, true)).filter((line) => line.startsWith('(details'))
          return events.length === 9
        },
        () => `${person.name} sees nine changes`,
      )
      return (await person.group(id))?.title
    }),
  )
  expect(new Set(titles).size).toBe(1)
  expect(group).toBeDefined()
})

test('[G10][P135][F33] two speak at once in a marked group: one epoch is opened, and both speak in it', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await alice.tell(id, 'Old')
  await seeEach(id, [bob, carol], ['Old'])
  await carol.do('rotateKeys', { conversation: id })
  for (const person of [alice, bob])
    await until(async () => (await person.group(id))?.marked === true, `${person.name} knows that new keys are due`)
  bob.device.wire.holdIncoming()
  await alice.tell(id, 'Alice is first')
  await carol.seesIn(id, ['Old', 'Alice is first'])
  await bob.tell(id, 'Bob is second')
  await until(() => bob.device.wire.heldIncoming() >= 2, 'Bob is told that there is an epoch')
  bob.device.wire.release()
  await seeEach(id, [alice, bob, carol], ['Old', 'Alice is first', 'Bob is second'])
  for (const person of [alice, bob, carol]) expect((await person.group(id))?.epoch).toBe(2)
})

test('[P135][P121] sealed before one has seen that new keys are due: the relay does not take it, and it is sealed afresh', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await bob.tell(id, 'Old')
  await seeEach(id, [alice, carol], ['Old'])
  bob.device.wire.holdIncoming()
  await alice.do('removeMembers', { conversation: id, accounts: [carol.account] })
  await bob.tell(id, 'Bob does not know yet')
  await until(() => bob.device.wire.heldIncoming() >= 2, 'Bob is refused')
  bob.device.wire.release()
  await alice.seesIn(id, ['Old', 'Bob does not know yet'])
  await until(
    async () =>
      (await bob.messagesIn(id)).findLast(({ content }) => content.kind === 'text')?.delivery?.state === 'sent',
    'Bob is told that it is sent',
  )
  expect(await carol.readsIn(id)).toEqual(['Old'])
  expect((await alice.group(id))?.epoch).toBe(2)
  await bob.tell(id, 'And on')
  await alice.seesIn(id, ['Old', 'Bob does not know yet', 'And on'])
})

test('[P134][P112] what the relay does not take leaves no hole behind: what comes next is not taken for incomplete', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await bob.tell(id, 'One')
  await alice.seesIn(id, ['One'])
  bob.device.wire.holdIncoming()
  await alice.do('muteMembers', { conversation: id, accounts: [bob.account] })
  await bob.tell(id, 'Not heard')
  await until(() => bob.device.wire.heldIncoming() >= 2, 'Bob is refused')
  bob.device.wire.release()
  await until(async () => (await bob.messagesIn(id)).some(({ delivery }) => delivery?.state === 'failed'), 'it failed')
  await until(async () => (await bob.group(id))?.maySend === false, 'Bob knows')
  expect(await bob.try('sendMessage', { conversation: id, text: 'mm' })).toMatchObject({
    ok: false,
    failure: { code: 'muted' },
  })
  await alice.do('unmuteMembers', { conversation: id, accounts: [bob.account] })
  await until(async () => (await bob.group(id))?.maySend === true, 'Bob may again')
  await bob.tell(id, 'Two')
  await alice.seesIn(id, ['One', 'Two'])
})

test('[P134][P135] several that were sealed when the epoch was over are sealed afresh: all are read, in order, and none is missed', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await bob.tell(id, 'Old')
  await seeEach(id, [alice, carol], ['Old'])
  bob.device.wire.holdIncoming()
  await alice.do('removeMembers', { conversation: id, accounts: [carol.account] })
  for (const text of ['One', 'Two', 'Three']) await bob.tell(id, text)
  const sealed = "SELECT count(*) AS count FROM group_outbox WHERE state = 'sealed'"
  expect(bob.device.sql.get(sealed)).toEqual({ count: 3 })
  await until(() => bob.device.wire.heldIncoming() >= 2, 'Bob is refused')
  bob.device.wire.release()
  await alice.seesIn(id, ['Old', 'One', 'Two', 'Three'])
  await bob.tell(id, 'Four')
  await alice.seesIn(id, ['Old', 'One', 'Two', 'Three', 'Four'])
  expect(await carol.readsIn(id)).toEqual(['Old'])
})

test('[P134] what is withdrawn before it left leaves no hole behind, though more was sealed after it', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await bob.tell(id, 'Old')
  await alice.seesIn(id, ['Old'])
  bob.device.wire.holdIncoming()
  await bob.tell(id, 'On its way')
  const deleted = await bob.tell(id, 'Deleted')
  await bob.tell(id, 'Between')
  const recalled = await bob.tell(id, 'Recalled')
  await bob.tell(id, 'Last')
  await bob.do('deleteMessage', { message: deleted.id })
  await bob.do('recallMessages', { messages: [recalled.id] })
  bob.device.wire.release()
  await alice.seesIn(id, ['Old', 'On its way', 'Between', 'Last'])
  await bob.tell(id, 'And on')
  await alice.seesIn(id, ['Old', 'On its way', 'Between', 'Last', 'And on'])
  await bob.seesIn(id, ['Old', 'On its way', 'Between', '[deleted]', 'Last', 'And on'])
})

test('[P134] what failed and is tried again gets its number behind what was sealed meanwhile', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await bob.tell(id, 'Old')
  await alice.seesIn(id, ['Old'])
  bob.device.wire.holdIncoming()
  await alice.do('muteMembers', { conversation: id, accounts: [bob.account] })
  const failed = await bob.tell(id, 'Again')
  await until(() => bob.device.wire.heldIncoming() >= 2, 'Bob is refused')
  bob.device.wire.release()
  await until(async () => (await bob.messagesIn(id)).some(({ delivery }) => delivery?.state === 'failed'), 'it failed')
  await alice.do('unmuteMembers', { conversation: id, accounts: [bob.account] })
  await until(async () => (await bob.group(id))?.maySend === true, 'Bob may again')
  bob.device.wire.holdIncoming()
  for (const text of ['One', 'Two']) await bob.tell(id, text)
  await bob.do('retryMessage', { message: failed.id })
  bob.device.wire.release()
  await alice.seesIn(id, ['Old', 'One', 'Two', 'Again'])
})

test('[F34] joining while keys change: read from there on, and as much of before as was granted', async () => {
  const dave = await world.person('Dave')
  await alice.find(dave)
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before')
  await bob.seesIn(id, ['Before'])
  await alice.do('inviteToGroup', { conversation: id, people: [dave.account], history: { kind: 'none' } })
  await until(async () => (await dave.group(id))?.standing === 'invited', 'Dave is invited')
  await bob.do('rotateKeys', { conversation: id })
  await Promise.all([dave.do('answerInvitation', { conversation: id, accept: true }), alice.tell(id, 'Meanwhile')])
  await until(async () => (await bob.group(id))?.members === 3, 'Dave is in')
  await bob.tell(id, 'After')
  await seeEach(id, [alice, bob], ['Before', 'Meanwhile', 'After'])
  await until(async () => (await dave.readsIn(id)).includes('After'), 'Dave reads what is said after')
  expect(await dave.readsIn(id)).not.toContain('Before')
})

test('[F34][G5] leaving while another is away: they read what was said before and after, whoever left only what was before', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await bob.close()
  await alice.tell(id, 'In the old epoch')
  await carol.seesIn(id, ['In the old epoch'])
  await carol.do('leaveGroup', { conversation: id })
  await until(async () => (await alice.group(id))?.members === 2, 'Alice knows')
  await alice.tell(id, 'In the new one')
  await bob.open()
  await bob.online()
  await bob.seesIn(id, ['In the old epoch', 'In the new one'])
  expect(await carol.readsIn(id)).toEqual(['In the old epoch'])
})

test('[F34] leaving without a connection is refused, and done when there is one', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  carol.device.wire.cut()
  expect(await carol.try('leaveGroup', { conversation: id })).toMatchObject({
    ok: false,
    failure: { code: 'not-connected' },
  })
  expect((await carol.group(id))?.standing).toBe('member')
  carol.device.wire.mend()
  await world.back(carol)
  await carol.do('leaveGroup', { conversation: id })
  expect((await carol.group(id))?.standing).toBe('left')
})

test('[F35][G4] keys change lazily: nothing is made or sent before somebody speaks', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  await alice.tell(id, 'All three')
  await seeEach(id, [bob, carol], ['All three'])
  await alice.do('removeMembers', { conversation: id, accounts: [carol.account] })
  await until(async () => (await bob.group(id))?.marked === true, 'Bob knows')
  await world.clock.advance(3_600_000)
  const sessions = (person: Person) =>
    person.device.sql.all('SELECT session FROM group_sessions WHERE group_id = ?', [group]).length
  for (const person of [alice, bob]) {
    expect(await person.group(id)).toMatchObject({ epoch: 1, marked: true })
    expect(sessions(person)).toBe(1)
  }
  await bob.tell(id, 'Bob speaks first')
  await alice.seesIn(id, ['All three', 'Bob speaks first'])
  expect((await alice.group(id))?.epoch).toBe(2)
  expect(sessions(alice)).toBe(2)
})

test('[P131][G10] keys that are lost on the way are told again, until everybody has said that they have them', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await bob.close()
  await alice.tell(id, 'Hello')
  await carol.seesIn(id, ['Hello'])
  const owed = () => alice.device.sql.all<{ account: string }>('SELECT DISTINCT account FROM key_deliveries')
  await until(() => owed().length === 1, 'Carol has confirmed')
  expect(owed()).toEqual([{ account: bob.account }])
  // What was told once waits for him at the relay; he comes back on a database of before, which cannot know it.
  await alice.reopen()
  await alice.online()
  await bob.open()
  await bob.online()
  await bob.seesIn(id, ['Hello'])
  await until(async () => {
    await world.clock.advance(1_000)
    return owed().length === 0
  }, 'Bob has confirmed')
})

test('[P131][P81] keys that a crash has parted from the relay leave when the app is started again, and not half a minute later', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.close()
  let isDead = false
  await alice.open((point) => {
    if (point !== 'group.keys-committed') return
    isDead = true
    throw new Error('Alice dies')
  })
  await alice.online()
  await alice.tell(id, 'Hello')
  await bob.seesIn(id, ['[key-missing]'])
  await until(() => isDead, 'Alice has died')
  await alice.reopen()
  await alice.online()
  // The clock stands still: nobody has asked for anything.
  await bob.seesIn(id, ['Hello'])
})

test('[P131][P71] keys that somebody cannot open come anew, through another session, and nothing stands for them then', async () => {
  const { id } = await alice.gather('Hiking', bob)
  // As after a damaged page: Bob has no session any more.
  bob.device.sql.run('DELETE FROM sessions')
  await bob.reopen()
  await bob.online()
  await alice.tell(id, 'Hello')
  await bob.comesToSee(id, ['Hello'])
  await until(async () => {
    await world.clock.advance(500)
    return alice.device.sql.all('SELECT 1 AS yes FROM key_deliveries').length === 0
  }, 'Bob has confirmed')
  expect(await alice.hasConversation(bob)).toBe(true)
  for (const person of [alice, bob]) {
    const lines = person.device.sql.all("SELECT 1 AS yes FROM messages WHERE kind = 'undecryptable'")
    expect(lines, person.name).toEqual([])
  }
})

test('[D11] each device speaks in a session of its own, and tells its keys to each device in a session for that alone', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  await alice.tell(id, 'Alice')
  await bob.tell(id, 'Bob')
  await carol.tell(id, 'Carol')
  await seeEach(id, [alice, bob, carol], ['Alice', 'Bob', 'Carol'])
  for (const person of [alice, bob, carol]) {
    const known = person.device.sql.all<{ owner: string; session: Uint8Array }>(
      'SELECT owner, session FROM group_sessions WHERE group_id = ?',
      [group],
    )
    expect(new Set(known.map(({ owner }) => owner))).toEqual(new Set([alice.account, bob.account, carol.account]))
    expect(new Set(known.map(({ session }) => session.join())).size).toBe(3)
    // Whoever only listens along cannot speak in it: the chain to speak in is one's own alone.
    expect(person.device.sql.all('SELECT session FROM sender_keys')).toHaveLength(1)
    const pairs = person.device.sql.all<{ account: string; device: number }>('SELECT account, device FROM sessions')
    const others = [alice, bob, carol].filter((other) => other !== person).map(({ account }) => account)
    expect(pairs.map(({ account }) => account).toSorted()).toEqual(others.toSorted())
  }
  expect(world.wiretap.heardInGroups()).toBe(3)
})

test('[F34][G11][P133] who speaks and leaves at once is read by those who were away, though they come to know of both together', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await alice.close()
  await bob.close()
  const said = await carol.tell(id, 'Goodbye')
  const owed = () => carol.device.sql.all('SELECT 1 AS yes FROM key_deliveries WHERE tries = 0').length
  await until(
    async () => (await carol.messagesIn(id)).find((one) => one.id === said.id)?.delivery?.state === 'sent',
    'Carol has spoken',
  )
  await until(() => owed() === 0, 'her keys are under way')
  await carol.do('leaveGroup', { conversation: id })
  for (const person of [alice, bob]) {
    await person.open()
    await person.online()
    await person.seesIn(id, ['Goodbye'])
  }
})

test('[P98][P99][G12] who is muted changes nothing and takes nothing back; what was refused on the way goes on when one may again', async () => {
  const { id } = await alice.gather('Hiking', bob)
  const one = await bob.tell(id, 'One')
  const two = await bob.tell(id, 'Two')
  await alice.seesIn(id, ['One', 'Two'])
  bob.device.wire.holdIncoming()
  await alice.do('muteMembers', { conversation: id, accounts: [bob.account] })
  await bob.do('editMessage', { message: one.id, text: 'One, changed' })
  await bob.do('recallMessages', { messages: [two.id] })
  await until(() => bob.device.wire.heldIncoming() >= 2, 'Bob is refused')
  bob.device.wire.release()
  await until(async () => (await bob.group(id))?.maySend === false, 'Bob knows')
  for (const answered of [
    await bob.try('editMessage', { message: one.id, text: 'One, once more' }),
    await bob.try('recallMessages', { messages: [one.id] }),
  ])
    expect(answered).toMatchObject({ ok: false, failure: { code: 'muted' } })
  expect(await alice.readsIn(id)).toEqual(['One', 'Two'])

  await alice.do('unmuteMembers', { conversation: id, accounts: [bob.account] })
  await until(async () => (await bob.group(id))?.maySend === true, 'Bob may again')
  // Refused by the log as it was, it waits a moment.
  await world.clock.advance(10_000)
  await alice.seesIn(id, ['One, changed', '[deleted]'])
  expect(await bob.readsIn(id)).toEqual(['One, changed', '[deleted]'])
})
