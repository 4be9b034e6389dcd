// Who asks for keys, or is given some, that the log does not let them have: nobody answers, and nothing is taken.

import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type StreamItem, StreamItemSchema, StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import { type GroupId, GroupSessionId, uuidToBytes } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { EvilRelay } from './evil-relay.ts'
import { streamItems } from './group-misdeeds.ts'
import { createListeningLog, givenTo, keepsKeysFrom, owesKeysTo, publishAs, solicitation, vaultOf } from './insider.ts'

let world: World
let evil: EvilRelay
let alice: Person
let bob: Person
const log = createListeningLog()

beforeEach(async () => {
  log.heard.length = 0
  world = await World.create({ log })
  evil = await EvilRelay.before(() => world.address())
  alice = await world.person('Alice', evil.address)
  bob = await world.person('Bob', evil.address)
  await alice.find(bob)
})

afterEach(async () => {
  await world.close()
  await evil.close()
})

/** Of an epoch, as a member knows it: the id of the only session in it. */
function sessionOf(person: Person, group: GroupId, epoch: number): Uint8Array<ArrayBuffer> {
  return uuidToBytes(GroupSessionId.parse(vaultOf(person, group).find((known) => known.epoch === epoch)?.session))
}

/** Alice and Bob have spoken; Dave came later, without what was before, and lacks the key of what was said since. */
async function withDave() {
  const dave = await world.person('Dave', evil.address)
  await alice.find(dave)
  const { id, group } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before Dave')
  await bob.seesIn(id, ['Before Dave'])
  await alice.do('inviteToGroup', { conversation: id, people: [dave.account], history: { kind: 'none' } })
  await dave.accepts(id)
  await dave.counts(id, 3)
  return { dave, id, group }
}

test('[D7][P115][P141] who joined without history asks for what was before, too: they are given what is theirs, and not that', async () => {
  const { dave, id, group } = await withDave()
  keepsKeysFrom(alice, dave.account)
  await alice.tell(id, 'With Dave')
  await dave.seesIn(id, ['[key-missing]'])
  await bob.seesIn(id, ['Before Dave', 'With Dave'])
  const [before, since] = [sessionOf(bob, group, 1), sessionOf(bob, group, 2)]
  // In one request: whoever answers it has looked at both.
  publishAs(evil, dave, group, StreamKind.SOLICITATION, solicitation([before, since]))
  await until(async () => {
    await world.clock.advance(1_000)
    return givenTo(bob, dave.account, since).length > 0
  }, 'Bob gives Dave what is his')
  for (const person of [alice, bob]) expect(givenTo(person, dave.account, before)).toEqual([])
  await until(async () => {
    await world.clock.advance(1_000)
    return (await dave.readsIn(id)).includes('With Dave')
  }, 'Dave reads it')
  expect(vaultOf(dave, group).map(({ epoch }) => epoch)).toEqual([2])
})

test('[D7][P133] a genuine session of its very owner, of a time before one may read: not taken', async () => {
  const { dave, id, group } = await withDave()
  await alice.tell(id, 'With Dave')
  await dave.seesIn(id, ['With Dave'])
  owesKeysTo(alice, group, dave.account)
  const said = await alice.tell(id, 'And all of before')
  // What leaves at once is told to nobody who was not owed it before; what is said again later is.
  await alice.do('editMessage', { message: said.id, text: 'And all of before!' })
  const refused = 'groups.key-refused not-entitled'
  await until(
    () => log.heard.includes(refused),
    () => `Dave refuses what is not his: ${log.heard}`,
  )
  await dave.seesIn(id, ['With Dave', 'And all of before!'])
  expect(vaultOf(dave, group).map(({ epoch }) => epoch)).toEqual([2])
})

test('[D7][F36][P141] who was removed and who never was a member ask, and the relay lets them: nobody answers', async () => {
  const mallory = await world.person('Mallory', evil.address)
  const stranger = await world.person('Stranger', evil.address)
  await alice.find(mallory)
  const { id, group } = await alice.gather('Hiking', bob, mallory)
  await alice.tell(id, 'All three')
  for (const person of [bob, mallory]) await person.seesIn(id, ['All three'])
  await bob.close()
  await alice.do('removeMembers', { conversation: id, accounts: [mallory.account] })
  await alice.tell(id, 'Without Mallory')
  await until(async () => (await mallory.group(id))?.standing === 'removed', 'Mallory knows')
  await until(() => vaultOf(alice, group).length === 2, 'Alice has spoken in the second epoch')
  const keys = [sessionOf(alice, group, 1), sessionOf(alice, group, 2)]
  const slipped = new Set<string | undefined>()
  evil.begin(
    streamItems(group, 'everybody', (items, victim) => {
      const spoken = items.findIndex(({ kind }) => kind === StreamKind.SOLICITATION)
      if (spoken < 0 || slipped.has(victim.account)) return items
      slipped.add(victim.account)
      const asking = [mallory, stranger].map((person) => asksFor(keys, person, items[spoken]))
      return [...items.slice(0, spoken), ...asking, ...items.slice(spoken)]
    }),
  )
  await bob.open()
  await bob.online()
  await bob.seesIn(id, ['All three', 'Without Mallory'])
  // Bob asks Alice, behind them in the stream, for what he was told and has lost: when she has answered him twice, she
  // has long come to what stood before.
  for (const key of keys) {
    alice.device.sql.run('DELETE FROM key_holders WHERE account = ?', [bob.account])
    bob.device.sql.run('DELETE FROM group_sessions WHERE session = ?', [key])
    publishAs(evil, bob, group, StreamKind.SOLICITATION, solicitation([key]))
    await until(async () => {
      await world.clock.advance(1_000)
      return givenTo(alice, bob.account, key).length > 0
    }, 'Alice answers Bob')
  }
  expect([...slipped]).toEqual(expect.arrayContaining([alice.account]))
  const parcels = (person: Person) => evil.delivered.filter(({ to }) => to === person.account).length
  const before = [mallory, stranger].map(parcels)
  for (const asker of [mallory, stranger]) {
    expect(alice.device.sql.all('SELECT 1 AS yes FROM key_deliveries WHERE account = ?', [asker.account])).toEqual([])
    expect(alice.device.sql.all('SELECT 1 AS yes FROM solicited_keys WHERE account = ?', [asker.account])).toEqual([])
  }
  expect(givenTo(alice, mallory.account, keys[1] ?? new Uint8Array())).toEqual([])
  await world.clock.advance(60_000)
  expect([mallory, stranger].map(parcels)).toEqual(before)
  expect(vaultOf(mallory, group).map(({ epoch }) => epoch)).toEqual([1])
})

/** As if they had published it, at the place of another item. */
function asksFor(keys: Uint8Array<ArrayBuffer>[], person: Person, like: StreamItem | undefined): StreamItem {
  return create(StreamItemSchema, {
    position: like?.position ?? 0n,
    timeMs: like?.timeMs ?? 0n,
    kind: StreamKind.SOLICITATION,
    sender: uuidToBytes(person.account),
    senderDevice: 1,
    message: crypto.getRandomValues(new Uint8Array(16)),
    content: solicitation(keys),
  })
}
