// A contact whose app does not keep to the rules: sealed as it should be, and wrong inside.

import { randomBytes, randomUUID } from 'node:crypto'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Log } from '../../src/engine/ports.ts'
import { addToOutbox } from '../../src/engine/storage/outbox.ts'
import { ContentSchema, Receipt_Kind } from '../../src/protocol/generated/content_pb.ts'
import { type AccountId, Instant, MessageId, personConversation, uuidToBytes } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
let events: string[]
beforeEach(async () => {
  events = []
  const note = (event: string) => void events.push(event)
  const log: Log = { debug: note, info: note, warn: note, error: (event) => note(`error: ${event}`) }
  world = await World.create({ log })
  ;[alice, bob] = await world.friends('Alice', 'Bob')
})
afterEach(async () => {
  await world.close()
  expect(events.filter((event) => event.startsWith('error: '))).toEqual([])
})

/** What a content is made from. */
type Fields = Extract<MessageInitShape<typeof ContentSchema>, { readonly $typeName?: never }>

const text = (words: string) => ({ case: 'text' as const, value: { text: words } })

/** Puts a content for Bob into Alice's outbox as if her app had written it: what is not said here is as it should be. */
function slips(wrong: Fields, from = alice): void {
  const right: Fields = {
    sender: uuidToBytes(from.account),
    senderDevice: 1,
    recipient: uuidToBytes(bob.account),
    conversation: uuidToBytes(from.account),
    timeMs: BigInt(world.clock.now()),
    message: uuidToBytes(MessageId.parse(randomUUID())),
  }
  const content = toBinary(ContentSchema, create(ContentSchema, { ...right, ...wrong }))
  slipsBytes(content, from)
}

function slipsBytes(content: Uint8Array, from = alice): void {
  addToOutbox(from.device.sql, {
    submission: randomBytes(16),
    recipient: bob.account,
    kind: 'content',
    content,
    at: Instant.parse(0),
  })
}

describe('[P43][F14] what does not equal the session’s own addresses is dropped, counted, and shows nothing', () => {
  test.each<[string, (other: AccountId) => Fields]>([
    ['another sender', (other) => ({ sender: uuidToBytes(other), conversation: uuidToBytes(other) })],
    ['another device', () => ({ senderDevice: 2 })],
    ['another recipient', (other) => ({ recipient: uuidToBytes(other) })],
    ['another conversation', (other) => ({ conversation: uuidToBytes(other) })],
    ['the conversation with oneself', () => ({ conversation: uuidToBytes(bob.account) })],
  ])('%s', async (_, wrong) => {
    const carol = await world.person('Carol')
    await carol.befriend(bob)
    slips({ body: text('wrong'), ...wrong(carol.account) })
    await alice.say(bob, 'right')
    await bob.sees(alice, ['Hello Bob', '[1 missing]', 'right'])
    expect(await bob.reads(carol)).toEqual(['Hello Bob'])
    expect(events).toContain('inbox.misattributed')
  })
})

const edit = (message: MessageId, words: string) => ({
  case: 'edit' as const,
  value: { message: uuidToBytes(message), text: words },
})
const recall = (message: MessageId) => ({ case: 'recall' as const, value: { messages: [uuidToBytes(message)] } })

describe('[K15][P98][P99] words are changed and taken back by who said them', () => {
  test('what Alice slips in about others’ words changes nothing: about Bob’s to her, and about Carol’s to him', async () => {
    const carol = await world.person('Carol')
    await carol.befriend(bob)
    const bobs = await bob.say(alice, 'Bob said this')
    await alice.sees(bob, ['Hello Bob', 'Bob said this'])
    const carols = await carol.say(bob, 'Carol said this')
    await bob.sees(carol, ['Hello Bob', 'Carol said this'])
    for (const about of [bobs.id, carols.id]) {
      slips({ body: edit(about, 'I owe Alice a thousand') })
      slips({ body: recall(about) })
    }
    // Of her own it counts, so that they do come.
    const hers = await alice.say(bob, 'next')
    slips({ body: edit(hers.id, 'next, changed') })
    await alice.say(bob, 'last')
    await bob.sees(alice, ['Hello Bob', 'Bob said this', 'next, changed', 'last'])
    expect(await bob.reads(carol)).toEqual(['Hello Bob', 'Carol said this'])
    const kept = await bob.messages(alice)
    expect(kept.find(({ id }) => id === bobs.id)?.editedAt).toBeNull()
  })

  test.each([
    ['an edit', (id: MessageId) => edit(id, 'I owe Alice a thousand')],
    ['a recall', recall],
  ])('%s that is there before Carol’s message is not Carol’s', async (_, about) => {
    const carol = await world.person('Carol')
    await carol.befriend(bob)
    const message = MessageId.parse(randomUUID())
    slips({ body: about(message) })
    await alice.say(bob, 'next')
    await bob.sees(alice, ['Hello Bob', 'next'])
    slips({ message: uuidToBytes(message), body: text('Carol said this') }, carol)
    await carol.say(bob, 'and this')
    await bob.sees(carol, ['Hello Bob', 'Carol said this', 'and this'])
  })
})

test('[P47] a content of an unknown kind is left out, and is no gap', async () => {
  // Field 99, of a later version.
  slipsBytes(
    Buffer.concat([
      toBinary(
        ContentSchema,
        create(ContentSchema, {
          sender: uuidToBytes(alice.account),
          senderDevice: 1,
          recipient: uuidToBytes(bob.account),
          conversation: uuidToBytes(alice.account),
          message: uuidToBytes(MessageId.parse(randomUUID())),
        }),
      ),
      Uint8Array.of(0x9a, 0x06, 0x02, 0x08, 0x01),
    ]),
  )
  await alice.say(bob, 'next')
  await bob.sees(alice, ['Hello Bob', 'next'])
})

describe('[P48][F43] malformed: not shown, acknowledged, and missing afterwards', () => {
  test.each<[string, Fields]>([
    ['a text one byte too long', { body: text('x'.repeat(8_193)) }],
    ['a text of nothing', { body: text('') }],
    ['a text of spaces', { body: text(' \n ') }],
    ['a message without a name', { body: text('x'), message: new Uint8Array(15) }],
    ['a link to the one before that is none', { body: text('x'), sequence: 2n, previous: new Uint8Array(7) }],
    ['a time that is none', { body: text('x'), timeMs: 2n ** 64n - 1n }],
    ['a number beyond numbers', { body: text('x'), sequence: 2n ** 60n }],
  ])('%s', async (_, wrong) => {
    slips(wrong)
    await alice.say(bob, 'next')
    await bob.sees(alice, wrong.sequence === undefined ? ['Hello Bob', '[1 missing]', 'next'] : ['Hello Bob', 'next'])
    expect(events).toContain('inbox.malformed-content')
  })
})

test('[P46] a history that does not fit what came before is shown, and counted', async () => {
  slips({
    body: text('forked'),
    sequence: 2n,
    previous: new Uint8Array(32).fill(1),
    senderRegistrationId: registration(),
  })
  await alice.say(bob, 'next')
  await bob.sees(alice, ['Hello Bob', 'forked'])
  expect(events).toContain('inbox.forked-history')
})

test('[P45] a number that was used, under another name: dropped and counted', async () => {
  slips({ body: text('the same number'), sequence: 1n, senderRegistrationId: registration() })
  await alice.say(bob, 'next')
  await bob.sees(alice, ['Hello Bob', 'next'])
  expect(events).toContain('inbox.number-used-again')
})

test('[P45][F16] a leap of a thousand million is one gap, made in no time', async () => {
  slips({ body: text('far ahead'), sequence: 1_000_000_000n, senderRegistrationId: registration() })
  await alice.say(bob, 'kicks it off')
  await bob.sees(alice, ['Hello Bob', '[999999998 missing]', 'far ahead'])
  await bob.say(alice, 'where are we?')
  await alice.sees(bob, ['Hello Bob', 'kicks it off', 'where are we?'])
})

test('[P60] a message under the name of one that is there replaces nothing', async () => {
  const said = await bob.say(alice, 'mine')
  await alice.sees(bob, ['Hello Bob', 'mine'])
  slips({ body: text('yours?'), message: uuidToBytes(said.id) })
  await alice.say(bob, 'next')
  await bob.sees(alice, ['Hello Bob', 'mine', 'next'])
})

test('[P60][P63] receipts for what was never said, and a step back, change nothing', async () => {
  const said = await bob.say(alice, 'read this')
  await alice.sees(bob, ['Hello Bob', 'read this'])
  await alice.read(bob)
  await bob.reaches(alice, 'read this', 'read')
  const receipt = (kind: Receipt_Kind, messages: Uint8Array[]) =>
    slips({ body: { case: 'receipt', value: { kind, messages } } })
  receipt(Receipt_Kind.DELIVERED, [uuidToBytes(said.id), randomBytes(16), new Uint8Array(3)])
  receipt(Receipt_Kind.UNSPECIFIED, [uuidToBytes(said.id)])
  await alice.say(bob, 'next')
  await bob.sees(alice, ['Hello Bob', 'read this', 'next'])
  await bob.reaches(alice, 'read this', 'read')
})

test('[P66] a profile that is none changes no name', async () => {
  for (const name of ['', 'two\nlines', 'x'.repeat(65)])
    slips({ body: text(`as ${name.length}`), profile: { username: 'alice', name, version: 99n } })
  await alice.say(bob, 'next')
  await bob.sees(alice, ['Hello Bob', 'as 0', 'as 9', 'as 65', 'next'])
  expect((await bob.conversation(alice)).person.name).toBe('Alice')
})

test('[P49] a time in the far future is shown as now', async () => {
  slips({ body: text('from the future'), timeMs: BigInt(Number.MAX_SAFE_INTEGER) })
  await alice.say(bob, 'next')
  await bob.sees(alice, ['Hello Bob', 'from the future', 'next'])
  for (const { sentAt } of await bob.messages(alice)) expect(sentAt).toBeLessThanOrEqual(world.clock.now())
  expect((await bob.snapshot()).conversations[0]?.id).toBe(personConversation(alice.account))
})

function registration(): number {
  return alice.device.sql.get<{ id: number }>('SELECT registration_id AS id FROM own_account')?.id ?? 0
}
