// A group from its making: people are invited, come in, speak, and go.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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

test('[G1][G3][D10] who makes a group gives its keys to everyone who accepts, and all read what is said', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await alice.tell(id, 'Welcome')
  await bob.seesIn(id, ['Welcome'])
  await carol.seesIn(id, ['Welcome'])
  await bob.tell(id, 'Glad to be here')
  await carol.tell(id, 'Me too')
  for (const person of [alice, bob, carol]) {
    const wanted = ['Glad to be here', 'Me too', 'Welcome']
    await until(async () => {
      const reads = (await person.readsIn(id)).toSorted()
      return JSON.stringify(reads) === JSON.stringify(wanted)
    }, `${person.name} reads all`)
    expect((await person.group(id))?.title).toBe('Hiking')
  }
})

test('[G3] an invitation that is refused leaves nothing behind, and the group goes on without them', async () => {
  const made = await alice.do('createGroup', { title: 'Hiking', people: [bob.account, carol.account] })
  await bob.accepts(made.id)
  await until(async () => (await carol.group(made.id))?.standing === 'invited', 'Carol is invited')
  expect((await carol.group(made.id))?.title).toBe('Hiking')
  await carol.do('answerInvitation', { conversation: made.id, accept: false })
  expect(await carol.group(made.id)).toBeUndefined()
  await alice.tell(made.id, 'The two of us, then')
  await bob.seesIn(made.id, ['The two of us, then'])
})

test('[G4][G5] who was removed cannot read what is said next, because it is under new keys', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await alice.tell(id, 'All three')
  await carol.seesIn(id, ['All three'])
  await bob.seesIn(id, ['All three'])
  await alice.do('removeMembers', { conversation: id, accounts: [carol.account] })
  await until(async () => (await carol.group(id))?.standing === 'removed', 'Carol is told')
  expect((await alice.group(id))?.marked).toBe(true)
  await alice.tell(id, 'Without Carol')
  await bob.seesIn(id, ['All three', 'Without Carol'])
  expect(await carol.readsIn(id)).toEqual(['All three'])
  expect(await alice.group(id)).toMatchObject({ epoch: 2, marked: false, members: 2 })
  const refused = await carol.try('sendMessage', { conversation: id, text: 'Let me back in' })
  expect(refused).toMatchObject({ ok: false, failure: { code: 'no-such-group' } })
})

describe('[P123] who is away learns when they come back', () => {
  async function comesBack(person: Person): Promise<void> {
    await person.open()
    await person.online()
  }

  test('that they were removed, and what was said to them before', async () => {
    const { id } = await alice.gather('Hiking', bob, carol)
    await carol.close()
    await alice.tell(id, 'All three')
    await bob.seesIn(id, ['All three'])
    await alice.do('removeMembers', { conversation: id, accounts: [carol.account] })
    await alice.tell(id, 'Without Carol')
    await bob.seesIn(id, ['All three', 'Without Carol'])
    await comesBack(carol)
    await until(async () => (await carol.group(id))?.standing === 'removed', 'Carol is told')
    await carol.seesIn(id, ['All three'])
    expect((await carol.group(id))?.maySend).toBe(false)
  })

  test('that they were removed, are invited again, and hear what is said from then on', async () => {
    const { id } = await alice.gather('Hiking', bob, carol)
    await carol.close()
    await alice.do('removeMembers', { conversation: id, accounts: [carol.account] })
    await alice.do('inviteToGroup', { conversation: id, people: [carol.account] })
    await comesBack(carol)
    await carol.accepts(id)
    await carol.counts(id, 3)
    await alice.tell(id, 'Welcome back')
    await carol.seesIn(id, ['Welcome back'])
  })

  test('that the group was deleted', async () => {
    const { id } = await alice.gather('Hiking', bob)
    await bob.close()
    await alice.do('deleteGroup', { conversation: id })
    await comesBack(bob)
    await until(async () => (await bob.group(id))?.standing === 'deleted', 'Bob is told')
  })

  test('that they were not let in', async () => {
    const { id } = await alice.gather('Hiking', bob)
    await alice.do('setGroupLink', { conversation: id, on: true })
    const { link } = await alice.do('getGroupLink', { conversation: id })
    await carol.do('requestToJoin', { link })
    await until(async () => (await alice.group(id))?.requests === 1, 'Alice is asked')
    await carol.close()
    await alice.do('decideRequest', { conversation: id, account: carol.account, approve: false })
    await comesBack(carol)
    await until(async () => (await carol.group(id))?.standing !== 'asked', 'Carol is told')
  })
})

test('[G2] by a link: a note, approval, and as much history as was granted', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before Carol')
  await bob.seesIn(id, ['Before Carol'])
  await alice.do('setGroupLink', { conversation: id, on: true })
  const { link } = await alice.do('getGroupLink', { conversation: id })
  expect(await carol.do('readGroupLink', { link })).toMatchObject({ members: 2, standing: null })
  const cut = await carol.try('requestToJoin', { link, note: 'half \uD83D' })
  expect(cut).toMatchObject({ ok: false, failure: { code: 'bad-input' } })
  const note = '⛰️ 🏔'.repeat(125)
  const asked = await carol.do('requestToJoin', { link, note })
  expect(asked.group.standing).toBe('asked')
  await until(async () => (await alice.group(id))?.requests === 1, 'Alice is asked')
  const { requests } = await alice.do('getGroup', { conversation: id })
  expect(requests).toMatchObject([{ person: { account: carol.account, name: 'Carol' }, note }])
  await alice.do('decideRequest', { conversation: id, account: carol.account, approve: true, history: { kind: 'all' } })
  await carol.seesIn(id, ['Before Carol'])
  await bob.tell(id, 'Hello Carol')
  await carol.seesIn(id, ['Before Carol', 'Hello Carol'])
})

test('[P123][G3] who went and is invited again, with all that was said, reads what was said meanwhile, and each thing once', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await alice.tell(id, 'All three')
  await bob.seesIn(id, ['All three'])
  await bob.do('leaveGroup', { conversation: id })
  await until(async () => (await alice.group(id))?.members === 2, 'Alice knows')
  await alice.tell(id, 'Without Bob')
  await carol.seesIn(id, ['All three', 'Without Bob'])
  await alice.do('inviteToGroup', { conversation: id, people: [bob.account], history: { kind: 'all' } })
  await bob.accepts(id)
  const line = ['All three', '(left)', '(new-keys)', 'Without Bob', '(invited)', '(joined)']
  let read: string[] = []
  await until(
    async () => {
      await world.clock.advance(1_000)
      read = await bob.readsIn(id, true)
      return JSON.stringify(read.slice(read.indexOf('All three'))) === JSON.stringify(line)
    },
    () => `Bob reads it all, but it is ${read}`,
  )
  await alice.tell(id, 'Welcome back')
  await until(async () => (await bob.readsIn(id)).at(-1) === 'Welcome back', 'Bob reads on')
  await bob.reopen()
  await bob.online()
  expect(await bob.readsIn(id)).toEqual(['All three', 'Without Bob', 'Welcome back'])
})

test('[G2] a rejection is told, and approval without a request is refused', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.do('setGroupLink', { conversation: id, on: true })
  const { link } = await alice.do('getGroupLink', { conversation: id })
  const early = await alice.try('decideRequest', { conversation: id, account: carol.account, approve: true })
  expect(early).toMatchObject({ ok: false, failure: { code: 'no-such-person' } })
  await carol.do('requestToJoin', { link })
  await until(async () => (await alice.group(id))?.requests === 1, 'Alice is asked')
  await alice.do('decideRequest', { conversation: id, account: carol.account, approve: false })
  await until(async () => (await carol.group(id))?.standing === 'removed', 'Carol is told')
})

test('[G4] who leaves is out at once, and the next message is under keys they do not have', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await carol.do('leaveGroup', { conversation: id })
  expect((await carol.group(id))?.standing).toBe('left')
  await until(async () => (await alice.group(id))?.members === 2, 'Alice knows')
  await alice.tell(id, 'Two of us')
  await bob.seesIn(id, ['Two of us'])
  expect((await bob.group(id))?.epoch).toBe(2)
  const last = await alice.try('leaveGroup', { conversation: id })
  expect(last).toMatchObject({ ok: false, failure: { code: 'last-owner' } })
})

test('[G6] any member may ask for new keys; who speaks next begins with them', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await bob.do('rotateKeys', { conversation: id })
  await until(async () => (await alice.group(id))?.marked === true, 'Alice knows')
  await alice.tell(id, 'Fresh')
  await bob.seesIn(id, ['Fresh'])
  expect((await bob.group(id))?.epoch).toBe(2)
})

test('[G9] what was said before new keys is still read after a restart, and each message names its epoch', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'old')
  await bob.seesIn(id, ['old'])
  await alice.do('rotateKeys', { conversation: id })
  await alice.tell(id, 'new')
  await bob.seesIn(id, ['old', 'new'])
  await bob.reopen()
  await bob.online()
  await alice.tell(id, 'newer')
  await bob.seesIn(id, ['old', 'new', 'newer'])
  const epochs = await Promise.all(
    (await bob.messagesIn(id))
      .filter(({ content }) => content.kind === 'text')
      .map(async ({ id: message }) => (await bob.do('getReaders', { message })).epoch),
  )
  expect(epochs).toEqual([1, 2, 2])
})

describe('encryption', () => {
  test('[G7][G8] required: nothing readable is taken; only an owner switches it, and everybody is told', async () => {
    const { id } = await alice.gather('Hiking', bob)
    const readable = { conversation: id, text: 'in the open', readable: true }
    expect(await alice.try('sendMessage', readable)).toMatchObject({ ok: false, failure: { code: 'not-permitted' } })
    const byBob = await bob.try('setGroupEncryption', { conversation: id, encryption: 'off' })
    expect(byBob).toMatchObject({ ok: false, failure: { code: 'not-permitted' } })
    expect(await alice.try('setGroupEncryption', { conversation: id, encryption: 'required' })).toMatchObject({
      ok: false,
      failure: { code: 'already-so' },
    })
    await alice.do('setGroupEncryption', { conversation: id, encryption: 'off' })
    await until(async () => (await bob.group(id))?.encryption === 'off', 'Bob is told')
    expect(await bob.group(id)).toMatchObject({ encryptionUnseen: true })
  })

  test('[G7][G8] off: nobody sends readable text before they have looked; it survives a restart; on again begins new keys', async () => {
    const { id } = await alice.gather('Hiking', bob)
    await alice.do('setGroupEncryption', { conversation: id, encryption: 'off' })
    await until(async () => (await bob.group(id))?.encryption === 'off', 'Bob is told')
    expect(await bob.try('sendMessage', { conversation: id, text: 'hm' })).toMatchObject({
      ok: false,
      failure: { code: 'look-first' },
    })
    await bob.reopen()
    await bob.online()
    expect(await bob.group(id)).toMatchObject({ encryption: 'off', encryptionUnseen: true })
    await bob.do('acceptReadable', { conversation: id })
    await bob.tell(id, 'for all to read')
    await alice.seesIn(id, ['for all to read'])
    expect((await alice.messagesIn(id)).at(-1)).toMatchObject({ readable: true })
    await alice.do('setGroupEncryption', { conversation: id, encryption: 'required' })
    await alice.tell(id, 'between us')
    await bob.seesIn(id, ['for all to read', 'between us'])
    expect(await bob.group(id)).toMatchObject({ encryption: 'required', epoch: 2 })
  })

  test('[G8] optional: each message chooses, and is encrypted unless it says otherwise', async () => {
    const { id } = await alice.gather('Hiking', bob)
    await alice.do('setGroupEncryption', { conversation: id, encryption: 'optional' })
    await alice.tell(id, 'between us')
    await alice.do('sendMessage', { conversation: id, text: 'for all', readable: true })
    await bob.seesIn(id, ['between us', 'for all'])
    const said = (await bob.messagesIn(id)).filter(({ content }) => content.kind === 'text')
    expect(said.map(({ readable }) => readable)).toEqual([false, true])
  })
})

test('[G10] who was away when keys were made has them when they are back, and reads what was said meanwhile', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  await carol.close()
  await alice.tell(id, 'Carol is away')
  await bob.seesIn(id, ['Carol is away'])
  await bob.tell(id, 'So she is')
  await carol.open()
  await carol.online()
  await carol.seesIn(id, ['Carol is away', 'So she is'])
})

test('[K15][G12] one changes one\u2019s own words and takes them back; others\u2019 only who may', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  const said = await bob.tell(id, 'At nin')
  await alice.seesIn(id, ['At nin'])
  await carol.seesIn(id, ['At nin'])
  await bob.do('editMessage', { message: said.id, text: 'At nine' })
  for (const person of [alice, bob, carol]) await person.seesIn(id, ['At nine'])
  const byCarol = await carol.try('recallMessages', { messages: [said.id] })
  expect(byCarol).toMatchObject({ ok: false, failure: { code: 'not-permitted' } })
  expect(await carol.try('editMessage', { message: said.id, text: 'Never' })).toMatchObject({ ok: false })
  await alice.do('recallMessages', { messages: [said.id] })
  for (const person of [alice, bob, carol])
    await until(async () => !(await person.readsIn(id)).includes('At nine'), `${person.name} does not see it any more`)
  const own = await carol.tell(id, 'Oops')
  await bob.seesIn(id, [...(await carol.readsIn(id))])
  await carol.do('recallMessages', { messages: [own.id] })
  for (const person of [alice, bob, carol])
    await until(async () => !(await person.readsIn(id)).includes('Oops'), `${person.name} does not see it any more`)
})

test('[G12][K15] who takes back what another said is named for it, and it does not come back with its key', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  keepsKeysFrom(carol, bob.account)
  const said = await carol.tell(id, 'Never mind the rules')
  await alice.seesIn(id, ['Never mind the rules'])
  await bob.seesIn(id, ['[key-missing]'])
  await alice.do('recallMessages', { messages: [said.id] })
  for (const person of [alice, bob, carol]) await person.seesIn(id, ['[deleted]'])
  for (const person of [alice, bob, carol]) {
    const event = (await person.messagesIn(id)).at(-1)?.content
    expect(event).toMatchObject({ event: 'recalled', actor: alice.account, value: '1' })
    expect(event).toMatchObject({ accounts: [{ account: carol.account }] })
  }
  expect((await alice.group(id))?.mayRecall).toBe(true)
  expect((await carol.group(id))?.mayRecall).toBe(false)
  // The key comes all the same, with what is said next.
  carol.device.sql.run('DROP TRIGGER keeps_keys')
  const next = await carol.tell(id, 'Next')
  await until(async () => {
    await world.clock.advance(1_000)
    return (await bob.messagesIn(id)).some(({ id: known, content }) => known === next.id && content.kind === 'text')
  }, 'Bob has asked for the key')
  expect(await bob.readsIn(id)).toEqual(['[deleted]', 'Next'])
})

test('[K15] a change that comes before what it is about can be read is made when its key has come', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  keepsKeysFrom(carol, bob.account)
  const [first, second] = [await carol.tell(id, 'At nin'), await carol.tell(id, 'Or not')]
  await bob.seesIn(id, ['[key-missing]', '[key-missing]'])
  carol.device.sql.run('DROP TRIGGER keeps_keys')
  await alice.do('rotateKeys', { conversation: id })
  await until(async () => (await carol.group(id))?.marked === true, 'Carol knows')
  // Under new keys, which Bob has.
  await carol.do('editMessage', { message: first.id, text: 'At nine' })
  await carol.do('recallMessages', { messages: [second.id] })
  await alice.seesIn(id, ['At nine', '[deleted]'])
  let read: string[] = []
  await until(
    async () => {
      await world.clock.advance(1_000)
      read = await bob.readsIn(id)
      return JSON.stringify(read) === JSON.stringify(['At nine', '[deleted]'])
    },
    () => `Bob reads what it says now, but it is ${read}`,
  )
})
