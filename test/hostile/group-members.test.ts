// Messengers in a group whose relay is evil: what it shows them that is not so they do not believe, and say.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { sealDetails } from '../../src/engine/groups/details.ts'
import { StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import type { Change, Sealed } from '../../src/protocol/groups/change.ts'
import { type GroupId, uuidToBytes } from '../../src/shared/ids.ts'
import { random } from '../engine/signal/people.ts'
import type { Person } from '../person.ts'
import { webp } from '../pictures.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { EvilRelay } from './evil-relay.ts'
import {
  claimsEncryptionOff,
  forks,
  keepsDelivering,
  leavesOut,
  rollsBack,
  slipsIn,
  streamItems,
} from './group-misdeeds.ts'
import { appendAs, createListeningLog, entryOf, identityOf, stateOf, vaultOf } from './insider.ts'

let world: World
let evil: EvilRelay
let alice: Person
let bob: Person
let carol: Person
const log = createListeningLog()

beforeEach(async () => {
  log.heard.length = 0
  world = await World.create({ log })
  evil = await EvilRelay.before(() => world.address())
  const [one, two, three] = await Promise.all(['Alice', 'Bob', 'Carol'].map((name) => world.person(name, evil.address)))
  if (one === undefined || two === undefined || three === undefined) throw new Error('nobody')
  alice = one
  bob = two
  carol = three
  for (const other of [bob, carol]) await alice.find(other)
})

afterEach(async () => {
  await world.close()
  await evil.close()
})

async function halts(person: Person, id: Parameters<Person['group']>[0], why: string): Promise<void> {
  await until(async () => (await person.do('getGroup', { conversation: id })).halted !== null, `${person.name} halts`)
  expect((await person.do('getGroup', { conversation: id })).halted).toBe(why)
  expect(await person.group(id)).toMatchObject({ maySend: false })
  const refused = { ok: false, failure: { code: 'group-halted' } }
  expect(await person.try('sendMessage', { conversation: id, text: 'Is this still ours?' })).toMatchObject(refused)
  expect(await person.try('rotateKeys', { conversation: id })).toMatchObject(refused)
}

test('[F32][P116] a member whom the relay adds or removes by itself: the group halts, says why, and nothing is sent there', async () => {
  const { id, group } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before')
  await bob.seesIn(id, ['Before'])
  const { index } = stateOf(bob, group).head
  const identityKey = identityOf(carol).publicKey.serialize()
  // Carol, who is nobody here, signs what only Alice could.
  const forged = entryOf(world, carolIn(group), group, {
    kind: 'invite',
    people: [{ account: carol.account, identityKey, role: 'member', history: { kind: 'all' } }],
    expiresAt: undefined,
  })
  const stop = evil.begin(forks(group, bob.account, index + 1, forged))
  await alice.do('rotateKeys', { conversation: id })
  await halts(bob, id, 'not-a-member')
  const after = await alice.tell(id, 'After')
  await until(
    async () => (await alice.messagesIn(id)).find((one) => one.id === after.id)?.delivery?.state === 'sent',
    'Alice goes on',
  )
  expect(await bob.readsIn(id)).toEqual(['Before'])
  stop()
  // Seen once, it stays seen.
  await bob.reopen()
  await bob.online()
  await halts(bob, id, 'not-a-member')
})

/** Some that Bob can seal. */
function detailsOf({ device }: Person): Sealed {
  const row = device.sql.get<{ group_id: GroupId; key: Uint8Array }>('SELECT group_id, key FROM details_keys')
  if (row === undefined) throw new Error('no key')
  const details = { title: 'Mine', description: '', picture: webp(64, 64) }
  return sealDetails(random, row.key, row.group_id, details)
}

/** Carol's device is made to know the group as well as Bob's does. */
function carolIn(group: Parameters<typeof stateOf>[1]): Person {
  const row = bob.device.sql.get<{ state: string }>('SELECT state FROM group_states WHERE group_id = ?', [group])
  if (row === undefined) throw new Error('Bob does not know it either')
  carol.device.sql.run("INSERT INTO groups (group_id, standing) VALUES (?, 'removed')", [group])
  carol.device.sql.run('INSERT INTO group_states (group_id, state) VALUES (?, ?)', [group, row.state])
  return carol
}

test.each<[Change['kind'], (bob: Person) => Change, string]>([
  ['set-encryption', () => ({ kind: 'set-encryption', encryption: 'off' }), 'not-permitted'],
  ['remove', () => ({ kind: 'remove', accounts: [carol.account] }), 'not-permitted'],
  ['ban', () => ({ kind: 'ban', accounts: [alice.account], until: undefined }), 'not-permitted'],
  ['set-role', (bob) => ({ kind: 'set-role', accounts: [bob.account], role: 'owner' }), 'not-permitted'],
  ['set-permissions', () => ({ kind: 'set-permissions', permissions: { ban: 'member' } }), 'not-permitted'],
  ['delete-group', () => ({ kind: 'delete-group' }), 'not-permitted'],
  // Title, description and picture [P145].
  ['set-details', (bob) => ({ kind: 'set-details', details: detailsOf(bob) }), 'not-permitted'],
])(
  '[G12][F32][P116] %s, signed by a member who may not, and let through by the relay: members halt',
  async (_, change, why) => {
    const { id, group } = await alice.gather('Hiking', bob, carol)
    const { index } = stateOf(alice, group).head
    const forged = entryOf(world, bob, group, change(bob))
    evil.begin(forks(group, alice.account, index + 1, forged))
    await carol.do('rotateKeys', { conversation: id })
    await halts(alice, id, why)
    expect(await alice.group(id)).toMatchObject({ title: 'Hiking', avatar: null })
    const { encryption, deleted, members, bans } = stateOf(alice, group)
    expect([encryption.mode, deleted, members.size, bans.size]).toEqual(['required', undefined, 3, 0])
  },
)

test('[F32][P116] a fork, and an entry that is left out, break the chain', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  const { index } = stateOf(alice, group).head
  // Alice has signed both: the relay shows one to Bob, and the other to the rest.
  const other = entryOf(world, alice, group, { kind: 'set-encryption', encryption: 'optional' })
  evil.begin(forks(group, bob.account, index + 1, other))
  evil.begin(leavesOut(group, carol.account, index + 1))
  await alice.do('rotateKeys', { conversation: id })
  // What comes behind it does not fit.
  await alice.tell(id, 'Under new keys')
  await halts(carol, id, 'wrong-index')
  await halts(bob, id, 'wrong-chain')
})

test('[F32][P116] an entry that is said to be one of before is not shown as something that happened', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  const { index } = stateOf(bob, group).head
  const forged = entryOf(world, carol, group, { kind: 'remove', accounts: [alice.account] })
  const before = await bob.readsIn(id, true)
  evil.begin(slipsIn(group, bob.account, index + 1, forged))
  await alice.do('setGroupEncryption', { conversation: id, encryption: 'optional' })
  await halts(bob, id, 'wrong-index')
  expect(await bob.readsIn(id, true)).toEqual([...before, '(encryption)'])
})

test('[F32][P116] who comes in reads from the beginning what they know already, and no other history', async () => {
  const { id, group } = await alice.gather('Hiking', bob)
  await bob.do('rotateKeys', { conversation: id })
  await alice.tell(id, 'In the second epoch')
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await until(async () => (await carol.group(id))?.standing === 'invited', 'Carol is invited')
  await until(() => stateOf(carol, group).invited.has(carol.account), 'Carol has read the log')
  const { index } = stateOf(carol, group).head
  const forged = entryOf(world, carol, group, { kind: 'ban', accounts: [bob.account], until: undefined })
  evil.begin(slipsIn(group, carol.account, index - 1, forged))
  await carol.try('answerInvitation', { conversation: id, accept: true })
  await until(async () => (await carol.do('getGroup', { conversation: id })).halted !== null, 'Carol halts')
})

test('[F32][P116] a log that is rolled back is known by its length when one comes back', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  const { index } = stateOf(bob, group).head
  await alice.do('removeMembers', { conversation: id, accounts: [carol.account] })
  await until(() => stateOf(bob, group).members.size === 2, 'Bob knows that Carol is gone')
  evil.begin(rollsBack(group, bob.account, index))
  await bob.reopen()
  await bob.online()
  await halts(bob, id, 'rolled-back')
})

test('[F32][G11][P123] the relay goes on delivering to whoever was removed: they can open nothing of it', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  await alice.tell(id, 'All three')
  await carol.seesIn(id, ['All three'])
  await bob.seesIn(id, ['All three'])
  const delivering = keepsDelivering(evil, group, carol.account)
  evil.begin(delivering)
  await alice.do('removeMembers', { conversation: id, accounts: [carol.account] })
  await alice.tell(id, 'Behind her back')
  await bob.seesIn(id, ['All three', 'Behind her back'])
  await bob.tell(id, 'Indeed')
  await alice.seesIn(id, ['All three', 'Behind her back', 'Indeed'])
  await until(() => delivering.count >= 3, 'Carol was given what is not hers')
  await until(async () => (await carol.group(id))?.standing === 'removed', 'Carol is told')
  await world.clock.advance(120_000)
  expect(await carol.readsIn(id)).toEqual(['All three'])
  expect(vaultOf(carol, group).map(({ epoch }) => epoch)).toEqual([1])
})

test('[F32][G8][P136] that encryption is off is not believed of the relay: nothing is said readably, and what it says readably is not shown', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  const published: StreamKind[] = []
  evil.begin({
    toRelay(body) {
      if (body.case === 'publish') published.push(body.value.kind)
      return body
    },
  })
  const stop = evil.begin(claimsEncryptionOff(group))
  const said = await alice.tell(id, 'Between us')
  await until(async () => {
    await world.clock.advance(1_000)
    return (await alice.messagesIn(id)).at(-1)?.delivery?.state === 'failed'
  }, 'it does not go out')
  expect(await alice.group(id)).toMatchObject({ encryption: 'required' })
  stop()
  await alice.do('retryMessage', { message: said.id })
  await bob.seesIn(id, ['Between us'])
  expect(new Set(published)).toEqual(new Set([StreamKind.SEALED]))
  // The other way round: the relay puts words into Alice's mouth.
  evil.begin(
    streamItems(group, bob.account, (items) =>
      items.map((item) => (item.kind === StreamKind.SEALED ? { ...item, kind: StreamKind.READABLE } : item)),
    ),
  )
  await alice.tell(id, 'And this')
  await until(() => log.heard.includes('groups.ignored readable-where-it-must-not-be'), 'Bob does not believe it')
  expect(await bob.readsIn(id)).toEqual(['Between us'])
})

test('[P132] under another name, number or group than what is inside: dropped', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  await alice.tell(id, 'Original')
  await bob.seesIn(id, ['Original'])
  for (const [what, change] of [
    ['misattributed', { sender: uuidToBytes(carol.account) }],
    ['unreadable', { message: crypto.getRandomValues(new Uint8Array(16)).fill(0x40, 6, 7).fill(0x80, 8, 9) }],
  ] as const) {
    log.heard.length = 0
    const stop = evil.begin(
      streamItems(group, bob.account, (items) =>
        items.map((item) => (item.kind === StreamKind.SEALED ? { ...item, ...change } : item)),
      ),
    )
    await alice.tell(id, what)
    await until(
      () => log.heard.includes(`groups.ignored ${what}`),
      () => `Bob drops what is ${what}: ${log.heard}`,
    )
    expect(await bob.readsIn(id)).toEqual(['Original'])
    stop()
  }
})

test('[P134] a message that the relay leaves out shows as a gap once a later one comes', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  await alice.tell(id, 'One')
  await bob.seesIn(id, ['One'])
  let left: bigint | undefined
  evil.begin(
    streamItems(group, bob.account, (items) => {
      left ??= items.find(({ kind }) => kind === StreamKind.SEALED)?.position
      return items.filter(({ position }) => position !== left)
    }),
  )
  await alice.tell(id, 'Two')
  await carol.seesIn(id, ['One', 'Two'])
  await alice.tell(id, 'Three')
  await until(async () => (await bob.readsIn(id)).includes('Three'), 'Bob reads on')
  expect(await bob.readsIn(id)).toEqual(['One', '[1 missing]', 'Three'])
})

test('[P118][K15] an admin who takes back what an owner or another admin said, past their own app: for nobody is anything gone', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  await alice.do('setGroupRole', { conversation: id, accounts: [bob.account, carol.account], role: 'admin' })
  await until(async () => (await bob.group(id))?.role === 'admin', 'Bob is an admin')
  const alices = await alice.tell(id, 'At nine')
  await carol.seesIn(id, ['At nine'])
  const carols = await carol.tell(id, 'I bring the map')
  for (const person of [alice, bob, carol]) await person.seesIn(id, ['At nine', 'I bring the map'])
  for (const one of [alices, carols]) {
    const refused = await bob.try('recallMessages', { messages: [one.id] })
    expect(refused).toMatchObject({ ok: false, failure: { code: 'not-permitted' } })
  }
  appendAs(evil, world, bob, group, { kind: 'recall', messages: [alices.id, carols.id] })
  const { index } = stateOf(carol, group).head
  await until(() => stateOf(carol, group).head.index === index + 1, 'the relay took it')
  await alice.do('setGroupRole', { conversation: id, accounts: [carol.account], role: 'member' })
  await until(async () => (await bob.group(id))?.mayNotRecallOf.includes(carol.account) === false, 'Carol is below Bob')
  // By where it stands in the log: then she was not.
  await carol.tell(id, 'Fine')
  for (const person of [alice, bob, carol]) {
    await person.seesIn(id, ['At nine', 'I bring the map', 'Fine'])
    expect(await person.readsIn(id, true)).not.toContain('(recalled)')
  }
  await bob.do('recallMessages', { messages: [carols.id] })
  for (const person of [alice, carol]) {
    await person.seesIn(id, ['At nine', '[deleted]', 'Fine'])
    expect((await person.readsIn(id, true)).filter((line) => line === '(recalled)')).toHaveLength(1)
  }
})

test('[P118] who comes back judges what was taken back meanwhile by the roles of then', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  await alice.do('setGroupRole', { conversation: id, accounts: [bob.account], role: 'admin' })
  await until(async () => (await bob.group(id))?.role === 'admin', 'Bob is an admin')
  const alices = await alice.tell(id, 'At nine')
  await carol.seesIn(id, ['At nine'])
  const carols = await carol.tell(id, 'I bring the map')
  for (const person of [alice, bob, carol]) await person.seesIn(id, ['At nine', 'I bring the map'])
  await carol.do('leaveGroup', { conversation: id })
  await until(async () => (await bob.group(id))?.members === 2, 'Carol has gone')
  appendAs(evil, world, bob, group, { kind: 'recall', messages: [alices.id] })
  const { index } = stateOf(alice, group).head
  await until(() => stateOf(alice, group).head.index === index + 1, 'the relay took it')
  await bob.do('recallMessages', { messages: [carols.id] })
  await alice.seesIn(id, ['At nine', '[deleted]'])
  // What Bob may by now, he could not then; what he could then, he may no more.
  await alice.do('setGroupRole', { conversation: id, accounts: [bob.account], role: 'owner' })
  await until(async () => (await bob.group(id))?.role === 'owner', 'Bob is an owner')
  await bob.do('inviteToGroup', { conversation: id, people: [carol.account] })
  await carol.accepts(id)
  await carol.seesIn(id, ['At nine', '[deleted]'])
})
