// Members who cheat with keys, and what the others make of it. Their relay is evil enough to take what they publish.

import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FulfilledSchema } from '../../src/protocol/generated/group_pb.ts'
import { StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import { announcementBytes } from '../../src/protocol/signed.ts'
import { DeviceId, type GroupId, GroupSessionId, groupConversation } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { EvilRelay } from './evil-relay.ts'
import {
  createListeningLog,
  identityOf,
  keepsKeysFrom,
  openRequests,
  owesKeysTo,
  publishAs,
  solicitation,
  vaultOf,
} from './insider.ts'

let world: World
let evil: EvilRelay
let alice: Person
let bob: Person
let mallory: Person
const log = createListeningLog()

beforeEach(async () => {
  log.heard.length = 0
  world = await World.create({ log })
  evil = await EvilRelay.before(() => world.address())
  const [one, two, three] = await Promise.all(
    ['Alice', 'Bob', 'Mallory'].map((name) => world.person(name, evil.address)),
  )
  if (one === undefined || two === undefined || three === undefined) throw new Error('nobody')
  alice = one
  bob = two
  mallory = three
  for (const other of [bob, mallory]) await alice.find(other)
})

afterEach(async () => {
  await world.close()
  await evil.close()
})

/** Alice has said something that Mallory can read, and Bob cannot: he was told no keys. */
async function aSecretFromBob() {
  const { id, group } = await alice.gather('Hiking', bob, mallory)
  keepsKeysFrom(alice, bob.account)
  await alice.tell(id, 'Alice was here')
  await mallory.seesIn(id, ['Alice was here'])
  await bob.seesIn(id, ['[key-missing]'])
  const session = vaultOf(mallory, group)[0]?.session
  return { id, group, session: GroupSessionId.parse(session) }
}

const refused = (why: string) => log.heard.filter((line) => line === `groups.key-refused ${why}`).length

/** With the next thing that Mallory has to say again: what leaves at once is told to nobody who was not owed it before. */
async function pushed(group: GroupId, why: string): Promise<void> {
  const before = refused(why)
  owesKeysTo(mallory, group, bob.account)
  const { id } = await mallory.tell(groupConversation(group), 'Psst')
  await mallory.do('editMessage', { message: id, text: 'Pssst' })
  await until(
    () => refused(why) > before,
    () => `what Mallory gives is refused as ${why}: ${log.heard}`,
  )
}

const alicesIn = (person: Person, group: GroupId) =>
  vaultOf(person, group).filter(({ owner }) => owner === alice.account)

/** The next member who knows the key gives it to Bob as soon as he may ask: Mallory does, if she plays by the rules. */
async function heals(id: Parameters<Person['readsIn']>[0], said: string): Promise<void> {
  await until(async () => {
    await world.clock.advance(500)
    return (await bob.readsIn(id)).includes(said)
  }, 'Bob reads what he has asked for')
}

test('[D8][P133] keys that one has not asked for, of somebody else: not taken; when one has asked, they are', async () => {
  const { id, group } = await aSecretFromBob()
  await pushed(group, 'unsolicited')
  expect(alicesIn(bob, group)).toEqual([])
  expect(await bob.readsIn(id)).toContain('[key-missing]')
  await heals(id, 'Alice was here')
})

test('[D8][F36][P133] forwarded as one’s own, under another epoch, or with another announcement: forged', async () => {
  const { id, group } = await aSecretFromBob()
  const { sql } = mallory.device
  for (const change of ['owner = ?', 'epoch = 2, owner = ?', 'announcement = zeroblob(64), owner = ?']) {
    sql.run('CREATE TEMP TABLE genuine AS SELECT * FROM group_sessions')
    sql.run(`UPDATE group_sessions SET ${change} WHERE owner = ?`, [mallory.account, alice.account])
    // Nobody is given a key of an epoch that is not there: of that he has no member's key.
    await pushed(group, change.startsWith('epoch') ? 'not-a-member' : 'forged')
    sql.run('INSERT OR REPLACE INTO group_sessions SELECT * FROM genuine')
    sql.run('DROP TABLE genuine')
  }
  expect(alicesIn(bob, group)).toEqual([])
  await heals(id, 'Alice was here')
})

/** Alice's session in Mallory's vault becomes one that Mallory has announced, as far as she can. */
function claimsAsHerOwn(group: GroupId, session: GroupSessionId): void {
  const { sql } = mallory.device
  const row = sql.get<{ distribution: Uint8Array; salt: Uint8Array }>(
    'SELECT distribution, salt FROM group_sessions WHERE owner = ?',
    [alice.account],
  )
  if (row === undefined) throw new Error('Mallory has no session of Alice')
  const claimed = { ...row, group, epoch: 1, owner: mallory.account, device: DeviceId.parse(1), session }
  const announcement = identityOf(mallory).privateKey.sign(new Uint8Array(announcementBytes(claimed)))
  sql.run('UPDATE group_sessions SET owner = ?, announcement = ? WHERE owner = ?', [
    mallory.account,
    announcement,
    alice.account,
  ])
}

test('[D8][F36][P128] a session of hers that Mallory announces as her own reads nothing of Alice’s, and takes nothing from Bob', async () => {
  const { id, group, session } = await aSecretFromBob()
  await heals(id, 'Alice was here')
  claimsAsHerOwn(group, session)
  await pushed(group, 'forged')
  expect(alicesIn(bob, group)).toEqual([{ session, owner: alice.account, epoch: 1 }])
  await alice.tell(id, 'Still me')
  await until(async () => (await bob.readsIn(id)).includes('Still me'), 'Bob reads Alice')
})

test('[D8][F36][P128] nor does she take its place before Bob has it: under that id there is only Alice’s', async () => {
  const { id, group, session } = await aSecretFromBob()
  const { sql } = mallory.device
  sql.run('CREATE TEMP TABLE genuine AS SELECT * FROM group_sessions')
  claimsAsHerOwn(group, session)
  await pushed(group, 'forged')
  expect(vaultOf(bob, group).filter((known) => known.session === session)).toEqual([])
  sql.run('INSERT OR REPLACE INTO group_sessions SELECT * FROM genuine')
  await heals(id, 'Alice was here')
  expect(alicesIn(bob, group)).toEqual([{ session, owner: alice.account, epoch: 1 }])
})

test('[G11][P133] keys from somebody who is no member any more, and keys that are owed to one: none are taken or given', async () => {
  const { id, group } = await aSecretFromBob()
  await alice.do('removeMembers', { conversation: id, accounts: [mallory.account] })
  await until(async () => (await bob.group(id))?.members === 2, 'Bob knows')
  await until(async () => (await mallory.group(id))?.standing === 'removed', 'Mallory knows')
  // She cannot speak any more: her messenger gives what is owed when it is connected anew.
  owesKeysTo(mallory, group, bob.account)
  const arrivals = () => log.heard.filter((line) => line === 'groups.arrival-dropped').length
  await mallory.reopen()
  await mallory.online()
  await until(() => arrivals() > 0, 'what Mallory gives was looked at')
  expect(vaultOf(bob, group)).toEqual([])
  // Alice owes Mallory the keys of what is said next, by mistake: she gives none.
  await alice.tell(id, 'Under new keys')
  const given = evil.delivered.filter(({ to }) => to === mallory.account).length
  owesKeysTo(alice, group, mallory.account)
  await alice.reopen()
  await alice.online()
  const owed = () => alice.device.sql.all('SELECT 1 AS yes FROM key_deliveries WHERE account = ?', [mallory.account])
  await until(() => owed().length === 0, 'nothing is owed to Mallory')
  expect(evil.delivered.filter(({ to }) => to === mallory.account)).toHaveLength(given)
  expect(await mallory.readsIn(id)).toEqual(['Alice was here'])
})

test('[F36][P143] a flood of requests is bounded, and others are answered all the same', async () => {
  const { id, group } = await aSecretFromBob()
  const open = (person: Person, asker: Person) =>
    person.device.sql.all('SELECT 1 AS yes FROM solicited_keys WHERE account = ?', [asker.account]).length
  for (let request = 0; request < 15; request++) {
    const ids = Array.from({ length: 100 }, () => crypto.getRandomValues(new Uint8Array(16)))
    publishAs(evil, mallory, group, StreamKind.SOLICITATION, solicitation(ids))
  }
  await until(() => open(alice, mallory) > 0 && open(alice, mallory) % 100 === 0, 'Alice has heard of it')
  await heals(id, 'Alice was here')
  expect(open(alice, mallory)).toBeLessThanOrEqual(1_000)
  expect(open(bob, mallory)).toBeLessThanOrEqual(1_000)
})

test('[P143] that somebody else’s request was answered is not theirs to say', async () => {
  const { id, group } = await aSecretFromBob()
  // Mallory does not answer herself: she has no key to give by now.
  mallory.device.sql.run('DELETE FROM group_sessions')
  alice.device.sql.run('DROP TRIGGER keeps_keys')
  await alice.close()
  await until(async () => {
    await world.clock.advance(1_000)
    return openRequests(mallory, bob).length > 0
  }, 'Bob has asked')
  const [asked] = openRequests(mallory, bob)
  if (asked === undefined) throw new Error('Bob has not asked')
  const content = toBinary(
    FulfilledSchema,
    create(FulfilledSchema, { solicitation: asked.solicitation, ids: [asked.key] }),
  )
  publishAs(evil, mallory, group, StreamKind.FULFILLED, content)
  await alice.open()
  await alice.online()
  await heals(id, 'Alice was here')
  await until(() => openRequests(alice, bob).length === 0, 'Bob has said that he has it')
})
