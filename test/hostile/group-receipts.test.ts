// Receipts in a group that are not theirs to give: they change nothing.

import { randomBytes, randomUUID } from 'node:crypto'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Log } from '../../src/engine/ports.ts'
import { addToOutbox } from '../../src/engine/storage/outbox.ts'
import { ContentSchema } from '../../src/protocol/generated/content_pb.ts'
import type { GroupReadsSchema } from '../../src/protocol/generated/group_pb.ts'
import { type ConversationId, type GroupId, Instant, MessageId, uuidToBytes } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
let mallory: Person
let events: string[]

beforeEach(async () => {
  events = []
  const note = (event: string) => void events.push(event)
  const log: Log = { debug: note, info: note, warn: note, error: (event) => note(`error: ${event}`) }
  world = await World.create({ log })
  alice = await world.person('Alice')
  bob = await world.person('Bob')
  mallory = await world.person('Mallory')
  await mallory.befriend(alice)
  for (const other of [bob, mallory]) await alice.find(other)
})

afterEach(async () => {
  await world.close()
  expect(events.filter((event) => event.startsWith('error: '))).toEqual([])
})

type Reads = Extract<MessageInitShape<typeof GroupReadsSchema>, { readonly $typeName?: never }>

/** Mallory's device sends it to Alice, as if her app had written it. */
function sends(reads: Reads): void {
  const content = create(ContentSchema, {
    sender: uuidToBytes(mallory.account),
    senderDevice: 1,
    recipient: uuidToBytes(alice.account),
    conversation: uuidToBytes(mallory.account),
    timeMs: BigInt(world.clock.now()),
    message: uuidToBytes(MessageId.parse(randomUUID())),
    body: { case: 'groupReads', value: reads },
  })
  addToOutbox(mallory.device.sql, {
    submission: randomBytes(16),
    recipient: alice.account,
    kind: 'content',
    content: toBinary(ContentSchema, content),
    at: Instant.parse(0),
  })
}

/** When it has come, this is over. */
async function tells(reads: Reads): Promise<void> {
  sends(reads)
  const said = `Behind it ${randomUUID()}`
  await mallory.say(alice, said)
  await until(async () => (await alice.reads(mallory)).includes(said), 'what Mallory said behind it has come')
}

const readsOf = (group: GroupId, ...messages: (MessageId | Uint8Array<ArrayBuffer>)[]): Reads => ({
  group: uuidToBytes(group),
  reads: messages.map((message) => ({
    message: typeof message === 'string' ? uuidToBytes(message) : message,
    atMs: BigInt(world.clock.now()),
  })),
})

const noted = () => alice.device.sql.all('SELECT message, account, at FROM group_reads')
const untouched = async (id: ConversationId) =>
  (await alice.messagesIn(id)).every(({ readBy, delivery }) => readBy === null && delivery?.state !== 'read')

test('[P147][K13] from somebody who is no member, or no longer: nothing', async () => {
  const { id, group } = await alice.gather('Hiking', bob)
  const said = await alice.tell(id, 'At nine')
  await bob.seesIn(id, ['At nine'])
  await tells(readsOf(group, said.id))
  expect(noted()).toEqual([])
  const other = await alice.gather('Others', bob, mallory)
  const late = await alice.tell(other.id, 'Without Mallory')
  await mallory.seesIn(other.id, ['Without Mallory'])
  await alice.do('removeMembers', { conversation: other.id, accounts: [mallory.account] })
  await tells(readsOf(other.group, late.id))
  expect(noted()).toEqual([])
  for (const one of [id, other.id]) expect(await untouched(one)).toBe(true)
})

test('[P147] of what others said, of another group, of a conversation of two, of nothing, and of what is none: nothing', async () => {
  const { id, group } = await alice.gather('Hiking', bob, mallory)
  const bobs = await bob.tell(id, 'I bring the map')
  await alice.seesIn(id, ['I bring the map'])
  const elsewhere = await alice.gather('Without Mallory', bob)
  const secret = await alice.tell(elsewhere.id, 'A surprise for Mallory')
  await alice.say(bob, 'Between us')
  const between = (await alice.messages(bob)).at(-1)
  if (between === undefined) throw new Error('nothing was said')
  await tells(readsOf(group, bobs.id, secret.id, between.id, MessageId.parse(randomUUID()), new Uint8Array(3)))
  await tells(readsOf(elsewhere.group, secret.id))
  await tells({ group: new Uint8Array(2), reads: [] })
  expect(noted()).toEqual([])
  expect(alice.device.sql.all('SELECT 1 AS yes FROM early')).toEqual([])
  for (const one of [id, elsewhere.id]) expect(await untouched(one)).toBe(true)
  expect((await alice.messages(bob)).at(-1)).toMatchObject({ delivery: { state: 'sent' } })
})

test('[P147] from who came after it was said, though they may read it: nothing', async () => {
  const { id, group } = await alice.gather('Hiking', bob)
  const said = await alice.tell(id, 'Before Mallory')
  await alice.do('inviteToGroup', { conversation: id, people: [mallory.account], history: { kind: 'all' } })
  await mallory.accepts(id)
  await alice.counts(id, 3)
  await tells(readsOf(group, said.id))
  expect(noted()).toEqual([])
  expect(await untouched(id)).toBe(true)
})

test('[P147][P49] a reader’s time is none before it was said, nor after it came; told again, the first one counts', async () => {
  const { id, group } = await alice.gather('Hiking', bob, mallory)
  const [first, second] = [await alice.tell(id, 'One'), await alice.tell(id, 'Two')]
  await mallory.seesIn(id, ['One', 'Two'])
  await tells({
    group: uuidToBytes(group),
    reads: [
      { message: uuidToBytes(first.id), atMs: 1n },
      { message: uuidToBytes(second.id), atMs: BigInt(world.clock.now() + 86_400_000) },
      { message: uuidToBytes(second.id), atMs: 2n ** 60n },
    ],
  })
  const now = world.clock.now()
  const before = noted() as { message: string; at: number }[]
  expect(before).toHaveLength(2)
  for (const { at } of before) {
    expect(at).toBeGreaterThanOrEqual(first.sentAt)
    expect(at).toBeLessThanOrEqual(now)
  }
  await world.clock.advance(60_000)
  await tells(readsOf(group, first.id, second.id))
  expect(noted()).toEqual(before)
  expect((await alice.messagesIn(id)).map(({ readBy }) => readBy).filter((one) => one !== null)).toEqual([
    { count: 1, of: 2 },
    { count: 1, of: 2 },
  ])
})

test('[P147] from somebody who is blocked: nothing', async () => {
  const { id, group } = await alice.gather('Hiking', bob, mallory)
  const said = await alice.tell(id, 'At nine')
  await mallory.seesIn(id, ['At nine'])
  const friendly = await alice.tell(id, 'Before')
  await mallory.seesIn(id, ['At nine', 'Before'])
  await tells(readsOf(group, friendly.id))
  expect(noted()).toHaveLength(1)
  await alice.do('blockPerson', { account: mallory.account })
  sends(readsOf(group, said.id))
  await mallory.say(alice, 'Behind it')
  await mallory.reaches(alice, 'Behind it', 'sent')
  await bob.find(alice)
  await bob.say(alice, 'And behind that')
  await alice.sees(bob, ['And behind that'])
  expect(noted()).toHaveLength(1)
})

test('[P147] made up, for a device that has another beside it: a thousand wait for what they name, and no more', async () => {
  await world.linkDirectly(alice)
  const { group } = await alice.gather('Hiking', bob, mallory)
  const madeUp = () => Array.from({ length: 500 }, () => MessageId.parse(randomUUID()))
  for (let times = 0; times < 3; times++) await tells(readsOf(group, ...madeUp()))
  expect(alice.device.sql.get('SELECT count(*) AS count FROM early')).toEqual({ count: 1_000 })
})
