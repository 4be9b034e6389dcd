// Members who want the others' disks, or their time: what they send is as it should be, but far too much of it.

import { create, toBinary } from '@bufbuild/protobuf'
import {
  ProtocolAddress,
  SenderKeyDistributionMessage,
  type SenderKeyRecord,
  SenderKeyStore,
} from '@signalapp/libsignal-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addGroupArrival } from '../../src/engine/storage/group-arrivals.ts'
import { GroupKeysSchema, GroupKeysStoredSchema, LeaseSchema } from '../../src/protocol/generated/group_pb.ts'
import { StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import { announcementBytes, SESSION_SALT_BYTES, sessionIdOf } from '../../src/protocol/signed.ts'
import { DeviceId, type GroupId, Instant, uuidToBytes } from '../../src/shared/ids.ts'
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
  alice = await world.person('Alice', evil.address)
  bob = await world.person('Bob', evil.address)
  mallory = await world.person('Mallory', evil.address)
  for (const other of [bob, mallory]) await alice.find(other)
})

afterEach(async () => {
  await world.close()
  await evil.close()
})

class InMemory extends SenderKeyStore {
  readonly #records = new Map<string, SenderKeyRecord>()
  async saveSenderKey(_: ProtocolAddress, id: string, record: SenderKeyRecord): Promise<void> {
    this.#records.set(id, record)
  }
  async getSenderKey(_: ProtocolAddress, id: string): Promise<SenderKeyRecord | null> {
    return this.#records.get(id) ?? null
  }
}

/** A session of Mallory's of the first epoch, as genuine as any. */
async function anotherSession(group: GroupId, device: number): Promise<void> {
  const salt = crypto.getRandomValues(new Uint8Array(SESSION_SALT_BYTES))
  const origin = { group, epoch: 1, owner: mallory.account, device: DeviceId.parse(device), salt }
  const session = sessionIdOf(origin)
  const address = ProtocolAddress.new(mallory.account, device)
  const distribution = (await SenderKeyDistributionMessage.create(address, session, new InMemory())).serialize()
  const announced = { ...origin, session, distribution }
  const announcement = identityOf(mallory).privateKey.sign(new Uint8Array(announcementBytes(announced)))
  mallory.device.sql.run(
    `INSERT INTO group_sessions
       (session, group_id, epoch, owner, owner_device, salt, distribution, announcement, shared_by, learned_at)
     VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, 1)`,
    [uuidToBytes(session), group, mallory.account, device, salt, distribution, announcement, mallory.account],
  )
}

const tooMany = () => log.heard.filter((line) => line === 'groups.key-refused too-many').length

/** Time goes by until so many keys were refused. */
async function refuses(count: number): Promise<void> {
  await until(
    async () => {
      await world.clock.advance(1_000)
      return tooMany() >= count
    },
    () => `${count} are refused, but it is ${tooMany()}`,
  )
}

test('[F36][P133] sessions without end of one device, and of devices without end: a few are stored, and what they say is read', async () => {
  const { id, group } = await alice.gather('Hiking', bob, mallory)
  await mallory.tell(id, 'Hello')
  await bob.seesIn(id, ['Hello'])
  for (let more = 0; more < 40; more++) await anotherSession(group, 1)
  owesKeysTo(mallory, group, bob.account)
  await mallory.tell(id, 'Psst')
  await refuses(37)
  const stored = () => vaultOf(bob, group).filter(({ owner }) => owner === mallory.account).length
  expect(stored()).toBe(4)
  for (let device = 2; device < 52; device++) await anotherSession(group, device)
  owesKeysTo(mallory, group, bob.account)
  await mallory.tell(id, 'Psst!')
  await refuses(37 + 37 + 14)
  expect(stored()).toBe(40)
  await bob.seesIn(id, ['Hello', 'Psst', 'Psst!'])
})

test('[F36][P130] details keys without end: a hundred that nothing is sealed under are kept, and the title is read all the same', async () => {
  const { id, group } = await alice.gather('Hiking', bob, mallory)
  for (let parcel = 0; parcel < 6; parcel++) {
    const detailsKeys = Array.from({ length: 25 }, () => crypto.getRandomValues(new Uint8Array(32)))
    const body = toBinary(GroupKeysSchema, create(GroupKeysSchema, { group: uuidToBytes(group), detailsKeys }))
    brings(bob, mallory, group, 'keys', body)
  }
  await mallory.tell(id, 'Psst')
  await refuses(50)
  await alice.do('rotateKeys', { conversation: id })
  await alice.tell(id, 'A new name')
  await alice.do('updateGroupDetails', { conversation: id, title: 'Climbing' })
  await until(async () => {
    await world.clock.advance(1_000)
    return (await bob.group(id))?.title === 'Climbing'
  }, 'Bob reads the title')
  expect(bob.device.sql.all('SELECT 1 AS yes FROM details_keys').length).toBeLessThan(110)
})

test('[F36][P131] that somebody has keys that nobody gave them: not noted', async () => {
  const { id, group } = await alice.gather('Hiking', bob, mallory)
  await alice.tell(id, 'Hello')
  for (const person of [bob, mallory]) await person.seesIn(id, ['Hello'])
  const ids = Array.from({ length: 1_000 }, () => crypto.getRandomValues(new Uint8Array(16)))
  for (const some of [ids.slice(0, 90), ids]) {
    const stored = create(GroupKeysStoredSchema, { group: uuidToBytes(group), ids: some })
    brings(alice, mallory, group, 'stored', toBinary(GroupKeysStoredSchema, stored))
  }
  await mallory.tell(id, 'Psst')
  await until(
    () => alice.device.sql.all("SELECT 1 AS yes FROM group_arrivals WHERE kind = 'stored'").length === 0,
    'Alice has looked at it',
  )
  const noted = alice.device.sql.all<{ key: Uint8Array }>('SELECT DISTINCT key FROM key_holders')
  expect(noted.some(({ key }) => ids.some((one) => Buffer.from(one).equals(key)))).toBe(false)
  expect(log.heard.filter((line) => line === 'groups.arrival-dropped')).toHaveLength(1)
})

/** In the mailbox of one's messenger, from another, to be judged with the next thing that happens in the group. */
function brings(to: Person, from: Person, group: GroupId, kind: 'keys' | 'stored', body: Uint8Array): void {
  addGroupArrival(to.device.sql, {
    account: from.account,
    device: DeviceId.parse(1),
    group_id: group,
    kind,
    body,
    at: Instant.parse(world.clock.now()),
  })
}

test('[F36][P142] who takes the lease on a request again and again, and never answers: the third is not theirs', async () => {
  const { id, group } = await alice.gather('Hiking', bob, mallory)
  keepsKeysFrom(alice, bob.account)
  await alice.tell(id, 'Alice was here')
  await mallory.seesIn(id, ['Alice was here'])
  await bob.seesIn(id, ['[key-missing]'])
  mallory.device.sql.run('DELETE FROM group_sessions')
  alice.device.sql.run('DROP TRIGGER keeps_keys')
  await alice.close()
  await until(async () => {
    await world.clock.advance(1_000)
    return openRequests(bob, bob).length > 0
  }, 'Bob has asked')
  const [asked] = openRequests(bob, bob)
  if (asked === undefined) throw new Error('Bob has not asked')
  const leased = () =>
    bob.device.sql.get<{ account: string | null; until: number }>(
      'SELECT lease_account AS account, lease_until AS until FROM solicited_keys WHERE solicitation = ?',
      [asked.solicitation],
    )
  const lease = toBinary(LeaseSchema, create(LeaseSchema, { solicitation: asked.solicitation, ids: [asked.key] }))
  for (let time = 0; time < 2; time++) {
    publishAs(evil, mallory, group, StreamKind.LEASE, lease)
    await until(() => (leased()?.until ?? 0) > world.clock.now(), 'Mallory has the lease')
    expect(leased()?.account).toBe(mallory.account)
    await world.clock.advance(30_000)
  }
  publishAs(evil, mallory, group, StreamKind.LEASE, lease)
  await mallory.tell(id, 'I have it, wait')
  await until(async () => (await bob.readsIn(id)).length === 2, 'Bob has read on')
  await world.clock.advance(1)
  expect(leased()?.until).toBeLessThanOrEqual(world.clock.now())
  await alice.open()
  await alice.online()
  await until(async () => {
    await world.clock.advance(500)
    return (await bob.readsIn(id)).includes('Alice was here')
  }, 'Alice answers')
})
