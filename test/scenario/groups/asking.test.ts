// Keys that are missing: asked for on the stream, given by who has them to who may have them.

import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { LEASE } from '../../../src/engine/groups/history/answer.ts'
import { decodeRelayFrame } from '../../../src/protocol/frames.ts'
import { StreamKind } from '../../../src/protocol/generated/relay_pb.ts'
import { bytesToUuid, GroupId } from '../../../src/shared/ids.ts'
import type { Held } from '../../holdable-wire.ts'
import { EvilRelay } from '../../hostile/evil-relay.ts'
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

/** Carol has accepted while Alice, who invited her, was away. */
async function carolComesWithoutAlice(): Promise<Awaited<ReturnType<Person['gather']>>['id']> {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before Carol')
  await bob.seesIn(id, ['Before Carol'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await until(async () => (await carol.group(id))?.standing === 'invited', 'Carol is invited')
  await until(async () => (await carol.group(id))?.title === 'Hiking', 'Carol knows what it is')
  await alice.close()
  await carol.do('answerInvitation', { conversation: id, accept: true })
  await carol.counts(id, 3)
  return id
}

test('[D5][D6][P140][P141] who invited is away: the new member asks, and another member who has the keys answers', async () => {
  const id = await carolComesWithoutAlice()
  await carol.seesIn(id, ['[key-missing]'])
  await until(async () => {
    await world.clock.advance(500)
    return (await carol.readsIn(id)).includes('Before Carol')
  }, 'Carol reads what was said before')
  expect(await carol.readsIn(id)).toEqual(['Before Carol'])
})

test('[D6] with nobody online it heals when somebody who has the keys is back', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before Carol')
  await bob.seesIn(id, ['Before Carol'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await until(async () => (await carol.group(id))?.standing === 'invited', 'Carol is invited')
  await alice.close()
  await bob.close()
  await carol.do('answerInvitation', { conversation: id, accept: true })
  await carol.seesIn(id, ['[key-missing]'])
  await world.clock.advance(5_000)
  const missing = (await carol.messagesIn(id)).find(({ content }) => content.kind === 'key-missing')
  if (missing === undefined) throw new Error('nothing is missing')
  const why = await carol.do('getMissingKey', { message: missing.id })
  expect(why).toMatchObject({ epoch: 1, owner: { account: alice.account }, notEntitled: false })
  await until(
    async () => (await carol.do('getMissingKey', { message: missing.id })).askedAt !== null,
    'Carol has asked',
  )
  await bob.open()
  await bob.online()
  await until(async () => {
    await world.clock.advance(1_000)
    return (await carol.readsIn(id)).includes('Before Carol')
  }, 'Carol reads what was said before')
})

test('[P143] each request ends, though the asker reads an earlier one on the stream only after the keys have come', async () => {
  const evil = await EvilRelay.before(() => world.address())
  onTestFinished(() => evil.close())
  const dave = await world.person('Dave', evil.address)
  await alice.find(dave)
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before Dave')
  await bob.seesIn(id, ['Before Dave'])
  await alice.do('inviteToGroup', { conversation: id, people: [dave.account], history: { kind: 'all' } })
  await until(async () => (await dave.group(id))?.standing === 'invited', 'Dave is invited')
  await alice.close()
  await bob.close()
  let asked = 0
  const stop = evil.begin({
    toRelay(body, { account }) {
      if (account === dave.account && body.case === 'publish' && body.value.kind === StreamKind.SOLICITATION) asked += 1
      return body
    },
    toDevice: (body, { account }) =>
      asked > 0 && account === dave.account && body.case === 'streamGrew' ? undefined : body,
  })
  await dave.do('answerInvitation', { conversation: id, accept: true })
  await dave.seesIn(id, ['[key-missing]'])
  await world.clock.advance(5_000)
  await until(() => asked === 1, 'Dave asks')
  const missing = (await dave.messagesIn(id)).find(({ content }) => content.kind === 'key-missing')
  if (missing === undefined) throw new Error('nothing is missing')
  await dave.do('askForKeys', { message: missing.id })
  await until(() => asked === 2, 'Dave asks again')
  await bob.open()
  await bob.online()
  await dave.comesToSee(id, ['Before Dave'])
  const openAt = (person: Person) => person.device.sql.all('SELECT key FROM solicited_keys')
  expect(openAt(bob)).not.toEqual([])
  expect(openAt(dave)).toEqual([])
  stop()
  await bob.tell(id, 'Welcome')
  await dave.seesIn(id, ['Before Dave', 'Welcome'])
  await until(() => openAt(bob).length === 0, 'nobody goes on bringing them')
})

test('[D6][P140] what cannot be read is asked for after a start, too, if a crash came before the wish for it was noted', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before Carol')
  await bob.seesIn(id, ['Before Carol'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await until(async () => (await carol.group(id))?.standing === 'invited', 'Carol is invited')
  await alice.close()
  await bob.close()
  await carol.do('answerInvitation', { conversation: id, accept: true })
  await carol.seesIn(id, ['[key-missing]'])
  carol.device.sql.run('DELETE FROM wanted_keys')
  await carol.reopen()
  await carol.online()
  await bob.open()
  await bob.online()
  await carol.comesToSee(id, ['Before Carol'])
})

test('[P143] who dies with the key before their own request has come back to them ends it when it does', async () => {
  const id = await carolComesWithoutAlice()
  await carol.seesIn(id, ['[key-missing]'])
  await carol.close()
  let isDead = false
  await carol.open((point) => {
    if (point !== 'group.keys-noted') return
    isDead = true
    throw new Error('Carol dies')
  })
  await carol.online()
  const { wire } = carol.device
  wire.holdIncoming()
  const held: Held[] = []
  const open = () => bob.device.sql.all('SELECT 1 AS yes FROM solicited_keys').length
  // What the stream says does not come to her.
  await until(async () => {
    await world.clock.advance(500)
    held.push(...wire.takeIncoming())
    for (const one of held.splice(0)) if (decodeRelayFrame(one.frame)?.body.case !== 'streamGrew') one()
    return isDead
  }, 'Carol dies')
  expect(open()).toBeGreaterThan(0)
  await carol.reopen()
  await carol.online()
  await carol.seesIn(id, ['Before Carol'])
  await until(() => open() === 0, 'Bob knows that she has them')
})

test('[P142] a request of somebody who never came back is forgotten after a month, by a device that starts', async () => {
  const { group } = await alice.gather('Hiking', bob)
  const asked = (at: number) =>
    bob.device.sql.run(
      'INSERT INTO solicited_keys (group_id, solicitation, key, account, device, at) VALUES (?, ?, ?, ?, 1, ?)',
      [group, randomBytes(16), randomBytes(16), carol.account, at],
    )
  const day = 86_400_000
  asked(world.clock.now() - 32 * day)
  asked(world.clock.now() - 30 * day)
  await bob.reopen()
  await bob.online()
  expect(bob.device.sql.all('SELECT at FROM solicited_keys')).toEqual([{ at: world.clock.now() - 30 * day }])
})

test('[P142] of several who could answer, one does, and the others leave it to them', async () => {
  const dave = await world.person('Dave')
  await alice.find(dave)
  const { id } = await alice.gather('Hiking', bob, dave)
  await alice.tell(id, 'Before Carol')
  for (const person of [bob, dave]) await person.seesIn(id, ['Before Carol'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await until(async () => (await carol.group(id))?.standing === 'invited', 'Carol is invited')
  await alice.close()
  await carol.do('answerInvitation', { conversation: id, accept: true })
  await carol.seesIn(id, ['[key-missing]'])
  await until(async () => {
    await world.clock.advance(500)
    return (await carol.readsIn(id)).includes('Before Carol')
  }, 'Carol reads what was said before')
  const gave = (person: Person) =>
    person.device.sql.all('SELECT DISTINCT key FROM key_holders WHERE account = ?', [carol.account]).length
  expect([gave(bob) > 0, gave(dave) > 0].filter(Boolean)).toHaveLength(1)
})

test('[P142][D6] whoever was about to answer dies: when their lease is over, somebody else does', async () => {
  const dave = await world.person('Dave')
  await alice.find(dave)
  const { id } = await alice.gather('Hiking', bob, dave)
  await alice.tell(id, 'Before Carol')
  for (const person of [bob, dave]) await person.seesIn(id, ['Before Carol'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await until(async () => (await carol.group(id))?.standing === 'invited', 'Carol is invited')
  await alice.close()
  await dave.close()
  // Bob takes the lease, and what he sends then never leaves.
  let isDead = false
  await bob.close()
  await bob.open((point) => {
    if (point !== 'group.keys-committed') return
    isDead = true
    throw new Error('Bob dies')
  })
  await bob.online()
  await carol.do('answerInvitation', { conversation: id, accept: true })
  await carol.seesIn(id, ['[key-missing]'])
  await until(async () => {
    await world.clock.advance(500)
    return isDead
  }, 'Bob dies with the lease')
  await bob.close()
  await dave.open()
  await dave.online()
  expect(await carol.readsIn(id)).toEqual(['[key-missing]'])
  await until(async () => {
    await world.clock.advance(2_000)
    return (await carol.readsIn(id)).includes('Before Carol')
  }, 'Dave answers')
})

test('[P140][P142][P143] why one cannot read it: when it was asked for, who is about to answer, when it is asked again; and one may ask at once', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before Carol')
  await bob.seesIn(id, ['Before Carol'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await until(async () => (await carol.group(id))?.standing === 'invited', 'Carol is invited')
  await alice.close()
  // Bob takes the lease, and what he sends then never leaves.
  await bob.close()
  await bob.open((point) => {
    if (point === 'group.keys-committed') throw new Error('Bob dies')
  })
  await bob.online()
  await carol.do('answerInvitation', { conversation: id, accept: true })
  await carol.seesIn(id, ['[key-missing]'])
  const [missing] = (await carol.messagesIn(id)).filter(({ content }) => content.kind === 'key-missing')
  if (missing === undefined) throw new Error('nothing is missing')
  const why = () => carol.do('getMissingKey', { message: missing.id })
  const known = { epoch: 1, owner: { account: alice.account, name: 'Alice' }, notEntitled: false }
  expect(await why()).toMatchObject({ ...known, askedAt: null, answering: null })
  const before = world.clock.now()
  await until(async () => {
    if ((await why()).answering === null) await world.clock.advance(500)
    return (await why()).answering?.account === bob.account
  }, 'Carol sees that Bob is about to answer')
  const asked = await why()
  expect(asked).toMatchObject(known)
  expect(asked.askedAt).toBeGreaterThan(before)
  // After a minute, and up to a quarter of it more.
  const pause = (asked.nextTryAt ?? 0) - (asked.askedAt ?? 0)
  expect(pause).toBeGreaterThanOrEqual(60_000)
  expect(pause).toBeLessThanOrEqual(75_000)
  await bob.close()
  await world.clock.advance(LEASE)
  expect(await why()).toMatchObject({ ...known, askedAt: asked.askedAt, answering: null })
  await carol.do('askForKeys', { message: missing.id })
  const again = await why()
  expect(again.askedAt).toBe(world.clock.now())
  expect(again.nextTryAt).toBeGreaterThanOrEqual(world.clock.now() + 2 * 60_000)
  await bob.open()
  await bob.online()
  await until(async () => {
    await world.clock.advance(500)
    return (await carol.readsIn(id)).includes('Before Carol')
  }, 'Bob answers')
  // [P143] Both requests are over: nobody goes on bringing what she has.
  await until(() => bob.device.sql.get('SELECT 1 FROM solicited_keys') === undefined, 'Bob knows that she has it')
  expect(await carol.try('getMissingKey', { message: missing.id })).toMatchObject({
    ok: false,
    failure: { code: 'no-such-message' },
  })
})

test('[D9][P140] of several groups the one on the screen is asked for first', async () => {
  const asked: GroupId[] = []
  const evil = await EvilRelay.before(() => world.address())
  onTestFinished(() => evil.close())
  const dave = await world.person('Dave', evil.address)
  evil.begin({
    toRelay(body, victim) {
      if (victim.account === dave.account && body.case === 'publish' && body.value.kind === StreamKind.SOLICITATION)
        asked.push(GroupId.parse(bytesToUuid(body.value.group)))
      return body
    },
  })
  await alice.find(dave)
  const meetings = []
  for (const title of ['Hiking', 'Chess', 'Choir']) meetings.push(await alice.gather(title, dave))
  keepsKeysFrom(alice, dave.account)
  for (const { id } of meetings) {
    await alice.tell(id, 'Hello')
    await dave.seesIn(id, ['[key-missing]'])
  }
  for (const { id, group } of meetings.toReversed()) {
    asked.length = 0
    await dave.do('listMessages', { conversation: id, limit: 10 })
    // All at once, the next time that he asks.
    dave.device.sql.run('UPDATE wanted_keys SET next_at = ?', [world.clock.now()])
    await until(async () => {
      await world.clock.advance(10_000)
      await world.back(dave)
      return asked.length >= meetings.length
    }, 'Dave has asked in all of them')
    expect(asked[0]).toBe(group)
  }
})
