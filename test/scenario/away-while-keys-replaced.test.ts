// A device that is away while another one replaces the account's keys: what was said around it is there when it is back.

import { afterEach, expect, test } from 'vitest'
import { readAccount } from '../../src/engine/storage/account.ts'
import { decodeRelayFrame } from '../../src/protocol/frames.ts'
import type { RelayFrame } from '../../src/protocol/generated/relay_pb.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import type { Meeting, Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

type Frame = RelayFrame['body']

let world: World
afterEach(() => world.close())

/** Alice and Bob, and her other devices, each of which has a session with each. */
async function setUp<const Names extends string[]>(...names: Names) {
  // The limits for keys as they are: other devices of one's own are to fit into them.
  const { keyFetches, keyFetchesOfOne, keyFetchesOfOwn } = DEFAULT_LIMITS
  world = await World.create({ limits: { keyFetches, keyFetchesOfOne, keyFetchesOfOwn } })
  const [alice, bob] = await world.friends('Alice', 'Bob')
  const others: Person[] = []
  for (const _ of names) {
    const fresh = await world.linkDirectly(alice)
    others.push(fresh)
    const all = [alice, ...others]
    for (const one of all)
      await until(async () => (await one.do('listDevices', {})).length === all.length, 'they know each other')
    await until(() => fresh.hasConversation(bob), 'it knows Bob')
  }
  for (const one of [alice, ...others]) {
    const text = `from ${(await one.snapshot()).profile?.device}`
    await one.say(bob, text)
    for (const other of [alice, bob, ...others]) await comesToRead(other, other === bob ? alice : bob, text)
  }
  return { alice, bob, others: others as { [Name in keyof Names]: Person } }
}

async function replaceKeys(person: Person, revoke: number | null = null): Promise<void> {
  await person.do('replaceKeys', { revoke: revoke as never })
  await world.back(person)
  // Who is heard is heard later than that.
  await world.clock.advance(1_000)
}

/** Said, and at Bob's. */
async function say(person: Person, bob: Person, text: string): Promise<void> {
  await person.say(bob, text)
  await comesToRead(bob, person, text)
}

async function comesToRead(person: Person, other: Person, text: string): Promise<void> {
  await passes(async () => (await person.reads(other)).includes(text), `it reads "${text}"`)
}

async function passes(isSo: () => Promise<boolean>, what: string): Promise<void> {
  // By the clock, not a minute.
  const end = world.clock.monotonic() + 60_000
  await until(async () => {
    if (await isSo()) return true
    await world.clock.advance(world.clock.monotonic() < end ? 250 : 0)
    return false
  }, what)
}

const identityOf = (person: Person) => Buffer.from(readAccount(person.device.sql)?.identity ?? []).toString('hex')

async function allHeard(alice: Person): Promise<void> {
  await passes(async () => (await alice.do('getKeyReplacement', {}))?.open.length === 0, 'nothing is open')
}

test('[P97][P91][P36] what was said just before and just after is there, and the checklist is done', async () => {
  const { alice, bob, others } = await setUp('phone', 'laptop', 'tablet')
  const [phone, , tablet] = others
  await tablet.close()
  await say(alice, bob, 'before')
  await replaceKeys(alice)
  await world.back(phone)
  await say(alice, bob, 'after')
  await say(phone, bob, 'from the phone')
  await tablet.open()
  await world.back(tablet)
  for (const text of ['before', 'after', 'from the phone']) await comesToRead(tablet, bob, text)
  expect(identityOf(tablet)).toBe(identityOf(alice))
  await allHeard(alice)
})

test('[P97][P91] nobody says anything: who is back has said so', async () => {
  const { alice, bob, others } = await setUp('tablet')
  const [tablet] = others
  await tablet.close()
  await replaceKeys(alice)
  await tablet.open()
  await world.back(tablet)
  await allHeard(alice)
  await say(tablet, bob, 'from the tablet')
  await comesToRead(alice, bob, 'from the tablet')
})

test('[P97][P131] what was said in a group around it is read, too, and soon', async () => {
  const { alice, bob, others } = await setUp('phone', 'laptop', 'tablet')
  const tablet = others[2]
  const club = await alice.gather('Garden club', bob)
  await passes(async () => (await tablet.group(club.id))?.standing === 'member', 'the tablet is in it')
  await tablet.close()
  await alice.tell(club.id, 'before')
  await readsIn(bob, club, 'before')
  await replaceKeys(alice)
  await alice.tell(club.id, 'after')
  await tablet.open()
  await world.back(tablet)
  const back = world.clock.monotonic()
  for (const text of ['before', 'after']) await readsIn(tablet, club, text)
  expect(world.clock.monotonic() - back).toBeLessThan(20_000)
})

async function readsIn(person: Person, { id }: Meeting, text: string): Promise<void> {
  await passes(async () => (await person.readsIn(id)).includes(text), `it reads "${text}" in the group`)
}

test('[P97][P71] away for two replacements: it goes from one key to the next, and lacks nothing', async () => {
  const { alice, bob, others } = await setUp('tablet')
  const [tablet] = others
  await tablet.close()
  await say(alice, bob, 'before')
  await replaceKeys(alice)
  await say(alice, bob, 'between')
  await replaceKeys(alice)
  await say(alice, bob, 'after')
  await tablet.open()
  await world.back(tablet)
  for (const text of ['before', 'between', 'after']) await comesToRead(tablet, bob, text)
  // What comes late stands where it was said.
  const own = (await tablet.messages(bob)).flatMap(({ own, content }) =>
    own && content.kind === 'text' ? content.text : [],
  )
  expect(own.slice(-3)).toEqual(['before', 'between', 'after'])
  expect(identityOf(tablet)).toBe(identityOf(alice))
  await allHeard(alice)
})

test('[P97] two replacements at once leave nobody out', async () => {
  const { alice, bob, others } = await setUp('phone', 'tablet')
  const [phone, tablet] = others
  await tablet.close()
  await alice.do('replaceKeys', { revoke: null })
  await passes(async () => (await alice.try('replaceKeys', { revoke: null })).ok, 'once more')
  await world.back(alice, phone)
  expect(await alice.do('listDevices', {})).toHaveLength(3)
  await tablet.open()
  await world.back(tablet)
  await say(tablet, bob, 'still here')
  for (const one of [alice, phone]) await comesToRead(one, bob, 'still here')
  for (const one of [phone, tablet]) expect(identityOf(one)).toBe(identityOf(alice))
})

test('[P97][P95] away while keys were replaced and another device removed', async () => {
  const { alice, bob, others } = await setUp('laptop', 'tablet')
  const [laptop, tablet] = others
  await tablet.close()
  await say(laptop, bob, 'the last of the laptop')
  await say(alice, bob, 'before')
  await replaceKeys(alice, 2)
  await say(alice, bob, 'after')
  await tablet.open()
  await world.back(tablet)
  for (const text of ['before', 'after']) await comesToRead(tablet, bob, text)
  expect((await tablet.do('listDevices', {})).map(({ device }) => device)).toEqual([1, 3])
  await allHeard(alice)
})

test('[P97][P71] what was sent again and not opened before the next replacement is sent once more', async () => {
  const { alice, bob, others } = await setUp('tablet')
  const [tablet] = others
  await tablet.close()
  await say(alice, bob, 'before')
  await replaceKeys(alice)
  await tablet.open()
  await until(async () => identityOf(tablet) === identityOf(alice), 'it has the new key')
  tablet.device.wire.holdIncoming()
  // It asks for what it cannot open, and is gone before the answer has come.
  const asked = () =>
    alice.device.sql.get("SELECT 1 AS yes FROM sent WHERE resent = 1 AND kind = 'content'") !== undefined
  await until(async () => {
    if (!asked()) for (const pass of tablet.device.wire.takeIncoming()) pass()
    if (!asked()) await world.clock.advance(100)
    return asked()
  }, 'it has asked')
  await tablet.close()
  await replaceKeys(alice)
  await say(alice, bob, 'after')
  await tablet.open()
  await world.back(tablet)
  for (const text of ['before', 'after']) await comesToRead(tablet, bob, text)
  await allHeard(alice)
})

test('[P97][P51] what the relay has taken under the key before, without its device knowing, comes all the same', async () => {
  const { alice, others } = await setUp('tablet')
  const [tablet] = others
  await alice.find(alice)
  await tablet.close()
  alice.device.wire.holdIncoming()
  await alice.say(alice, 'a note')
  await letsPass(alice, not('accepted'), is('accepted'))
  const asked = alice.try('replaceKeys', { revoke: null })
  await letsPass(alice, not('accepted', 'identityReplaced'), is('identityReplaced'))
  alice.device.wire.cut()
  await asked
  // Under the same name the relay would take nothing more of it.
  const [taken] = names(alice, 'outbox')
  await alice.reopen()
  await world.back(alice)
  await world.clock.advance(1_000)
  await tablet.open()
  await world.back(tablet)
  await comesToRead(tablet, alice, 'a note')
  expect(await tablet.reads(alice)).toEqual(['a note'])
  expect(taken).toBeDefined()
  expect(names(alice, 'sent')).not.toContain(taken)
  await allHeard(alice)
})

/** Of what was sealed for the own devices. */
function names(person: Person, where: 'outbox' | 'sent'): string[] {
  const rows = person.device.sql.all<{ name: string }>(
    `SELECT hex(submission) AS name FROM ${where} WHERE recipient = ? ORDER BY id`,
    [person.account],
  )
  return rows.map(({ name }) => name)
}

/** Of what is held at somebody's wire, all that is so gets through, until one has come that is `last`. */
async function letsPass(
  person: Person,
  isSo: (frame: Frame) => boolean,
  last: (frame: Frame) => boolean,
): Promise<void> {
  let hasCome = false
  await passes(async () => {
    for (const pass of person.device.wire.takeIncoming()) {
      const frame = decodeRelayFrame(pass.frame)?.body
      if (frame === undefined) throw new Error('not a frame')
      if (last(frame)) hasCome = true
      if (isSo(frame)) pass()
    }
    return hasCome
  }, 'what is waited for')
}

const is = (kind: Frame['case']) => (frame: Frame) => frame.case === kind
const not =
  (...kinds: Frame['case'][]) =>
  (frame: Frame) =>
    !kinds.includes(frame.case)
