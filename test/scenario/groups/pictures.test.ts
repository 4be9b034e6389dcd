// What a group looks like: sealed in its log, for everybody who is in it, on each of their devices, however late they come.

import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sealForMembers } from '../../../src/engine/signal/details.ts'
import { detailsKeysOf } from '../../../src/engine/storage/group-sessions.ts'
import { type Algorithm, GroupDetailsSchema } from '../../../src/protocol/generated/group_pb.ts'
import type { Change, Sealed } from '../../../src/protocol/groups/change.ts'
import type { ConversationId, GroupId } from '../../../src/shared/ids.ts'
import { random } from '../../engine/signal/people.ts'
import { EvilRelay } from '../../hostile/evil-relay.ts'
import { forks } from '../../hostile/group-misdeeds.ts'
import { createListeningLog, entryOf, stateOf } from '../../hostile/insider.ts'
import type { Person } from '../../person.ts'
import { jpeg, png, webp } from '../../pictures.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'

let world: World
let alice: Person
let bob: Person
let carol: Person
const log = createListeningLog()

beforeEach(async () => {
  log.heard.length = 0
  world = await World.create({ log })
  alice = await world.person('Alice')
  bob = await world.person('Bob')
  carol = await world.person('Carol')
  for (const other of [bob, carol]) await alice.find(other)
})

afterEach(() => world.close())

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** In the list, and where its bytes are asked for; however long it takes by the clock. */
async function seesPicture(person: Person, conversation: ConversationId, picture: Uint8Array | null): Promise<void> {
  const wanted = picture && base64(picture)
  await until(
    async () => {
      await world.clock.advance(500)
      const shown = await person.group(conversation)
      if (shown === undefined || (shown.avatar === null) !== (wanted === null)) return false
      const got = await person.do('getGroupAvatar', { conversation })
      return got === null ? wanted === null : got.picture === wanted && got.id === shown.avatar
    },
    `${person.name} sees ${picture === null ? 'no picture' : 'the picture'}`,
  )
}

/** What lines about the details say that changed. */
async function told(person: Person, conversation: ConversationId): Promise<(string | null)[]> {
  return (await person.messagesIn(conversation)).flatMap(({ content }) =>
    content.kind === 'group-event' && content.event === 'details' ? [content.value] : [],
  )
}

async function isTold(person: Person, conversation: ConversationId, expected: (string | null)[]): Promise<void> {
  await until(
    async () => JSON.stringify(await told(person, conversation)) === JSON.stringify(expected),
    `${person.name} is told of ${expected}`,
  )
}

test('[P145][G1] a group is made with a picture, which who is invited sees before they decide', async () => {
  const picture = webp(256, 256)
  const { id } = await alice.do('createGroup', {
    title: 'Hiking',
    picture: base64(picture),
    people: [bob.account],
  })
  await seesPicture(alice, id, picture)
  await until(async () => (await bob.group(id))?.standing === 'invited', 'Bob is invited')
  await seesPicture(bob, id, picture)
  await bob.accepts(id)
  await seesPicture(bob, id, picture)
  await bob.reopen()
  await seesPicture(bob, id, picture)
})

test('[P145][G12] it is changed and taken away, everybody sees it and reads that it was; title and description stay', async () => {
  const { id } = await alice.gather('Hiking', bob, carol)
  const [first, second] = [png(64, 64), jpeg(100, 100)]
  await alice.do('updateGroupDetails', { conversation: id, description: 'On Sundays' })
  for (const [picture, change] of [
    [first, { picture: base64(first) }],
    [second, { picture: base64(second) }],
    [second, { title: 'Climbing' }],
    [null, { picture: null }],
  ] as const) {
    await alice.do('updateGroupDetails', { conversation: id, ...change })
    for (const person of [alice, bob, carol]) await seesPicture(person, id, picture)
  }
  const expected = ['description', 'picture', 'picture', 'title', 'picture-removed']
  for (const person of [alice, bob, carol]) {
    await isTold(person, id, expected)
    const { summary, description } = await person.do('getGroup', { conversation: id })
    expect([summary.title, description]).toEqual(['Climbing', 'On Sundays'])
  }
})

test('[P145][G12] of two who change title and picture at once, neither undoes what the other did', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.do('setGroupRole', { conversation: id, accounts: [bob.account], role: 'admin' })
  await until(async () => (await bob.group(id))?.role === 'admin', 'Bob is an admin')
  // So that each has the keys of both, and reads what the other has sealed.
  await alice.do('updateGroupDetails', { conversation: id, description: 'Alice was here' })
  await bob.do('updateGroupDetails', { conversation: id, description: 'Bob was here' })
  for (const person of [alice, bob]) await isTold(person, id, ['description', 'description'])
  const picture = webp(64, 64)
  await Promise.all([
    alice.do('updateGroupDetails', { conversation: id, picture: base64(picture) }),
    bob.do('updateGroupDetails', { conversation: id, title: 'Climbing' }),
  ])
  for (const person of [alice, bob]) {
    await seesPicture(person, id, picture)
    await until(async () => (await person.group(id))?.title === 'Climbing', `${person.name} reads the new title`)
  }
})

test('[P145][G12] who may not change it cannot: their own app refuses, until an owner lets them', async () => {
  const picture = webp(64, 64)
  const { id } = await alice.gather('Hiking', bob)
  const change = { conversation: id, picture: base64(picture) }
  expect(await bob.try('updateGroupDetails', change)).toMatchObject({ failure: { code: 'not-permitted' } })
  await alice.do('setGroupPermissions', { conversation: id, permissions: { details: 'member' } })
  await until(async () => (await bob.do('getGroup', { conversation: id })).may.includes('details'), 'Bob may')
  await bob.do('updateGroupDetails', change)
  await seesPicture(alice, id, picture)
})

test('[P145][D5] whoever comes later sees it, under new keys too, and so does another device', async () => {
  const picture = webp(128, 128)
  const { id } = await alice.gather('Hiking', bob)
  await alice.do('updateGroupDetails', { conversation: id, picture: base64(picture) })
  await seesPicture(bob, id, picture)
  await bob.do('rotateKeys', { conversation: id })
  await alice.tell(id, 'Under new keys')
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'none' } })
  await carol.accepts(id)
  await seesPicture(carol, id, picture)
  const laptop = await world.linkDirectly(bob)
  await laptop.online()
  await seesPicture(laptop, id, picture)
  // The one behind the new keys is sealed under a key of its own.
  const second = webp(64, 64)
  await alice.do('updateGroupDetails', { conversation: id, picture: base64(second) })
  for (const person of [bob, carol, laptop]) await seesPicture(person, id, second)
  await isTold(carol, id, ['picture'])
})

test('[P145][P130] the relay holds nothing of it that can be read, and who was removed does not see the next one', async () => {
  const { id, group } = await alice.gather('Hiking', bob, carol)
  const picture = webp(64, 64)
  await alice.do('updateGroupDetails', { conversation: id, picture: base64(picture) })
  await seesPicture(carol, id, picture)
  const sealed = stateOf(alice, group).details?.sealed.ciphertext ?? new Uint8Array()
  expect(sealed.length).toBeGreaterThan(picture.length)
  expect(Buffer.from(sealed).includes(picture.subarray(8, 24))).toBe(false)
  await alice.do('removeMembers', { conversation: id, accounts: [carol.account] })
  await alice.tell(id, 'Without Carol')
  const next = png(64, 64)
  await alice.do('updateGroupDetails', { conversation: id, picture: base64(next) })
  await seesPicture(bob, id, next)
  await seesPicture(carol, id, picture)
})

describe('[P145][D3] what is no picture to show', () => {
  test.each([
    ['not base64', 'pictures!'],
    ['nothing', ''],
    ['words', base64(Buffer.from('<svg onload="alert(1)">'))],
    ['one that says where it was taken', base64(jpeg(64, 64, 0xe1))],
    ['one as large as a wall', base64(png(30_000, 30_000))],
    ['one of too many bytes', base64(Buffer.concat([jpeg(64, 64), Buffer.alloc(12 * 1024)]))],
  ])('%s: refused, and nothing changes', async (_, picture) => {
    const made = { title: 'Hiking', people: [], picture }
    expect(await alice.try('createGroup', made)).toMatchObject({ failure: { code: 'not-a-picture' } })
    const { id } = await alice.do('createGroup', { title: 'Hiking', people: [] })
    const changed = await alice.try('updateGroupDetails', { conversation: id, picture })
    expect(changed).toMatchObject({ failure: { code: 'not-a-picture' } })
    expect(await alice.group(id)).toMatchObject({ title: 'Hiking', avatar: null })
  })
})

describe('[P145][D3] details of an app that does not look, or of a later version', () => {
  let evil: EvilRelay
  const good = webp(64, 64)
  beforeEach(async () => {
    evil = await EvilRelay.before(() => world.address())
  })
  afterEach(() => evil.close())

  /** Dora reads, through an evil relay, these details in the place of those that Alice sets; signed by Alice all the same. */
  async function shows(change: (group: GroupId, key: Uint8Array) => Sealed) {
    const dora = await world.person('Dora', evil.address)
    await alice.find(dora)
    const { id, group } = await alice.gather('Hiking', dora)
    await alice.do('updateGroupDetails', { conversation: id, picture: base64(good) })
    await seesPicture(dora, id, good)
    const key = detailsKeysOf(alice.device.sql, group).at(-1)
    if (key === undefined) throw new Error('no key')
    const forged: Change = { kind: 'set-details', details: change(group, key) }
    const entry = entryOf(world, alice, group, forged)
    const { index } = stateOf(alice, group).head
    evil.begin(forks(group, dora.account, index + 1, entry))
    await alice.do('updateGroupDetails', { conversation: id, title: 'Climbing' })
    await until(() => stateOf(dora, group).head.index === index + 1, 'Dora has read it')
    return { dora, id }
  }

  const sealed = (group: GroupId, key: Uint8Array, bytes: Uint8Array) =>
    sealForMembers(random, key, group, 'details', bytes)
  const details = (picture: Uint8Array) =>
    toBinary(GroupDetailsSchema, create(GroupDetailsSchema, { title: 'Swimming', picture }))

  test.each([
    ['no picture at all', Buffer.from('<svg onload="alert(1)">')],
    ['one as large as a wall', png(30_000, 30_000)],
    ['one of too many bytes', Buffer.concat([jpeg(64, 64), Buffer.alloc(12 * 1024)])],
  ])('%s: the picture of before stays, the title is taken, and nothing halts', async (_, picture) => {
    const { dora, id } = await shows((group, key) => sealed(group, key, details(picture)))
    await until(async () => (await dora.group(id))?.title === 'Swimming', 'Dora reads the title')
    await seesPicture(dora, id, good)
    expect(log.heard.filter((line) => line === 'groups.details-skipped unfit-picture')).toHaveLength(1)
    expect((await dora.do('getGroup', { conversation: id })).halted).toBeNull()
    await isTold(dora, id, ['picture', 'title'])
  })

  test.each<[string, string, (group: GroupId, key: Uint8Array) => Sealed]>([
    [
      'an algorithm of a later version',
      'unknown-algorithm',
      (group, key) => {
        return { ...sealed(group, key, details(good)), algorithm: 99 as Algorithm }
      },
    ],
    ['bytes that say nothing', 'malformed', (group, key) => sealed(group, key, new Uint8Array(64).fill(0xff))],
    [
      'what is sealed for something else',
      'malformed',
      (group, key) => sealForMembers(random, key, group, 'profile', details(good)),
    ],
  ])('%s: left out with one note, and what was there stays', async (_, why, change) => {
    const { dora, id } = await shows(change)
    await until(() => log.heard.includes(`groups.details-skipped ${why}`), 'it is noted')
    expect(await dora.group(id)).toMatchObject({ title: 'Hiking', standing: 'member' })
    await seesPicture(dora, id, good)
    await dora.reopen()
    await dora.online()
    await seesPicture(dora, id, good)
    expect(log.heard.filter((line) => line.startsWith('groups.details-skipped'))).toHaveLength(1)
    await isTold(dora, id, ['picture', null])
  })
})
