// Killed at every point there is: the relay and the messengers are real processes, and die between two given steps.

import { afterEach, expect, test } from 'vitest'
import { CRASH_POINTS, type CrashPoint } from '../../src/engine/crash-points.ts'
import { devicesOf } from '../../src/engine/signal/device-list.ts'
import { readDeviceList } from '../../src/engine/storage/device-lists.ts'
import { type CrashPoint as RelayCrashPoint, WRITES, type WriteName } from '../../src/relay/crash-points.ts'
import { personConversation } from '../../src/shared/ids.ts'
import { until } from '../until.ts'
import type { Chatter } from './chatter.ts'
import { CrashWorld } from './crash-world.ts'
import * as group from './group-chat.ts'
import * as linking from './linking.ts'
import type { Survivor } from './survivor.ts'

/** Milliseconds, on a machine that has much else to do; on an idle one it takes a tenth. */
const PATIENCE = 400_000
/** Each says so many texts in a conversation that is killed at every point. */
const TEXTS = 300
/** How often two more are said for a point that is not reached yet. */
const ROUNDS = 12

/** Which times that a point is reached are fatal, in the story of which it is a part. */
type Fatal<Point extends string> = Partial<Record<Point, readonly number[]>>

const TALKING: Fatal<CrashPoint> = {
  'generation.counted': [1],
  'outbox.sealed': [1, 7],
  'outbox.written': [1, 7],
  'outbox.committed': [1, 7],
  'outbox.answered': [1, 7],
  'outbox.settled': [1, 7],
  'inbox.opened': [1, 3],
  'inbox.written': [1, 3],
  'inbox.committed': [1, 3],
  'inbox.acknowledged': [1, 3],
}
const BEGINNING: Fatal<CrashPoint> = {
  'generation.counted': [1],
  'prekeys.ready': [1, 2],
  'prekeys.uploaded': [1, 3],
  'keys.fetched': [1],
  'keys.committed': [1],
}
const RELAY_TALKING: Fatal<RelayCrashPoint> = {
  'append:before-commit': [1, 9],
  'append:after-commit': [1, 9],
  'append:accepted': [1, 9],
  'acknowledge:before-commit': [1, 3],
  'acknowledge:after-commit': [1, 3],
  'seen:before-commit': [1, 2],
  'seen:after-commit': [1, 2],
}
const RELAY_BEGINNING: Fatal<RelayCrashPoint> = {
  'register:before-commit': [1, 2],
  'register:after-commit': [1, 2],
  'keys:before-commit': [1, 4],
  'keys:after-commit': [1, 4],
  'take:before-commit': [1],
  'take:after-commit': [1],
}
const IN_A_GROUP: Fatal<CrashPoint> = {
  'group.sealed': [1, 6],
  'group.committed': [1, 6],
  'group.published': [1, 6],
  'group.keys-committed': [1, 2],
  'group.appended': [1, 2],
}
/** Somebody has another device: it is linked, with its history; keys are replaced; it is removed. Chats come out of a file. */
const LINKING: Fatal<CrashPoint> = {
  'link.handed-over': [1],
  'blob.announced': [1],
  'blob.uploaded': [1],
  'history.promised': [1],
}
const BEING_LINKED: Fatal<CrashPoint> = { 'link.adopted': [1], 'blob.fetched': [1], 'history.applied': [1] }
const REPLACING_KEYS: Fatal<CrashPoint> = {
  'identity.prepared': [1],
  'identity.replaced': [1],
  'identity.renewed': [1],
}
const TAKING_KEYS_OVER: Fatal<CrashPoint> = { 'identity.renewed': [1] }
const REMOVING: Fatal<CrashPoint> = { 'device.removed': [1], 'device.forgotten': [1] }
const IMPORTING: Fatal<CrashPoint> = { 'history.imported': [1] }
/** Somebody new lacks keys: they ask, and a member answers. */
const ASKING: Fatal<CrashPoint> = { 'group.solicited': [1], 'group.keys-noted': [1] }
const ANSWERING: Fatal<CrashPoint> = { 'group.leased': [1] }
const RELAY_IN_A_GROUP: Fatal<RelayCrashPoint> = {
  'entry:before-commit': [1],
  'entry:after-commit': [1],
  'publish:before-commit': [1, 5],
  'publish:after-commit': [1, 5],
}
/** A device is linked, and its history comes after it, in blobs. */
const RELAY_LINKING: Fatal<RelayCrashPoint> = {
  'rendezvous:before-commit': [1],
  'rendezvous:after-commit': [1],
  'devices:before-commit': [1],
  'devices:after-commit': [1],
  'upload:before-commit': [1],
  'upload:after-commit': [1],
  'whole:before-commit': [1],
  'whole:after-commit': [1],
}
/** No messenger makes the relay do these yet, or none of these stories does. */
const NOT_ASKED_FOR: readonly WriteName[] = [
  'erase',
  'disable',
  'invite',
  'expire',
  'expire-stream',
  'forget',
  'schedule',
  'cancel',
  'release',
]

let world: CrashWorld | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

test('every crash point is in a story', () => {
  const withDevices = { ...LINKING, ...BEING_LINKED, ...REPLACING_KEYS, ...REMOVING, ...IMPORTING }
  const told = new Set(
    Object.keys({ ...TALKING, ...BEGINNING, ...IN_A_GROUP, ...ASKING, ...ANSWERING, ...withDevices }),
  )
  expect(CRASH_POINTS.filter((point) => !told.has(point))).toEqual([])
  const relays = new Set(
    Object.keys({ ...RELAY_TALKING, ...RELAY_BEGINNING, ...RELAY_IN_A_GROUP, ...RELAY_LINKING }).map(
      (point) => point.split(':')[0],
    ),
  )
  expect(WRITES.filter((write) => !relays.has(write))).toEqual(NOT_ASKED_FOR)
})

test('[P80][P81][P52] a conversation, its messengers killed at every point', { timeout: PATIENCE }, async () => {
  world = await CrashWorld.create()
  const [alice, bob] = await world.couple('Alice', 'Bob')
  const fatal = failpoints(TALKING)
  let said = 1
  for (const [index, failpoint] of fatal.entries()) {
    const victim = (index % 2 === 0 ? alice : bob).process
    said = await diesTalking(victim, failpoint, alice, bob, said, TEXTS / fatal.length)
  }
  await world.settles(alice, bob, said)
  await world.endsWell()
})

test('[P51][P54][P82][S2] a conversation, its relay killed at every point', { timeout: PATIENCE }, async () => {
  world = await CrashWorld.create()
  const [alice, bob] = await world.couple('Alice', 'Bob')
  const fatal = failpoints(RELAY_TALKING)
  let said = 1
  for (const failpoint of fatal)
    said = await diesTalking(world.relay, failpoint, alice, bob, said, TEXTS / fatal.length)
  await world.settles(alice, bob, said)
  await world.endsWell()
})

test('[P30][P34][P83][S3] beginnings, killed at every point', { timeout: PATIENCE }, async () => {
  world = await CrashWorld.create()
  const { relay } = world
  for (const [index, failpoint] of failpoints(BEGINNING).entries()) await begin(world, index, failpoint)
  for (const [index, failpoint] of failpoints(RELAY_BEGINNING).entries())
    await dies(relay, failpoint, () => begin(world, 100 + index))
  await world.endsWell()
})

test('[F37][P80][P81][P135] a group, its messengers and its relay killed at every point', {
  timeout: PATIENCE,
}, async () => {
  world = await CrashWorld.create()
  const [alice, bob] = await world.couple('Alice', 'Bob')
  const id = await group.gather(alice, bob)
  let said = 0
  const talks = async (more: number) => {
    said += more
    await Promise.all([group.sayUpTo(alice, id, said), group.sayUpTo(bob, id, said)])
    await Promise.all([group.isOut(alice, id, said), group.isOut(bob, id, said)])
  }
  await talks(1)
  const victims = [
    ...failpoints(IN_A_GROUP).map((failpoint, index) => [failpoint, (index % 2 === 0 ? alice : bob).process] as const),
    ...failpoints(RELAY_IN_A_GROUP).map((failpoint) => [failpoint, world?.relay ?? alice.process] as const),
  ]
  for (const [failpoint, victim] of victims) {
    await victim.kill(failpoint)
    const before = victim.deaths
    for (let round = 0; round < ROUNDS && victim.deaths === before; round++) await talks(6)
    await until(() => victim.deaths > before, `${failpoint} is reached`)
  }
  await group.isHeard(alice, bob, id, said)
  await group.isHeard(bob, alice, id, said)
  expect(world.tap.violations).toEqual([])
  await world.endsWell()
})

test('[F37][P142][P143][D5][D6] keys of a group asked for: who asks and who answers are killed on the way, whoever had let one in is gone', {
  timeout: PATIENCE,
}, async () => {
  const here = await CrashWorld.create()
  world = here
  const [alice, bob] = await world.couple('Alice', 'Bob')
  const carol = world.person('Carol')
  await carol.register()
  await alice.find(carol)
  const id = await group.gather(alice, bob)
  await group.sayUpTo(alice, id, 1)
  await group.isHeard(alice, bob, id, 1)
  await group.sayUpTo(bob, id, 1)
  await group.isHeard(bob, alice, id, 1)
  await group.invites(alice, id, carol)
  await world.retire(alice)

  const said = [alice.text(0), bob.text(0)]
  await die(
    [bob.process, ANSWERING],
    [carol.process, ASKING],
  )(async () => {
    await group.accepts(carol, id)
    await carol.persist(async () => (await linking.texts(carol, id)).length === said.length)
  })
  expect(await linking.texts(carol, id)).toEqual(said)
  expect(world.tap.violations).toEqual([])
  // That she has them is known, though she died before she could say so: nobody goes on bringing them. It is on the stream
  // before one of the next things she says.
  let heard = 0
  await until(
    async () => {
      heard += 1
      await group.sayUpTo(carol, id, heard)
      await group.isHeard(carol, bob, id, heard)
      return (await openRequests(here, bob)) === 0
    },
    'Bob knows that she has them',
    PATIENCE / 4,
  )
  await world.endsWell()
})

/** Keys that others ask for, as their messenger has it on the disk. */
async function openRequests(world: CrashWorld, person: Chatter): Promise<number> {
  const count = await person.process.rest(async () => {
    const sql = await world.openDatabase(person)
    const open = sql.all('SELECT key FROM solicited_keys').length
    sql.close()
    return open
  })
  await person.persist(async () => (await person.ask('getSnapshot', {})).profile !== null)
  return count
}

test('[F37][P82][P106][P108] devices linked, their relay killed at every point: each is one in the end, and knows what was said', {
  timeout: PATIENCE,
}, async () => {
  world = await CrashWorld.create()
  const [alice, bob] = await world.couple('Alice', 'Bob')
  await talk(alice, bob, 3)
  await world.settles(alice, bob, 3)
  const conversation = personConversation(bob.profile.account)
  for (const [index, failpoint] of failpoints(RELAY_LINKING).entries()) {
    const laptop = world.person(`Laptop${index}`)
    await dies(world.relay, failpoint, async () => {
      await linking.link(alice, laptop)
      const [there, said] = await linking.knows(laptop, alice, conversation)
      expect(there).toEqual(said)
    })
    await world.retire(laptop)
  }
  expect(world.tap.violations).toEqual([])
  await world.endsWell()
})

test('[F37][P90][P95][P97][P108][E20] devices, killed at every point: linked, given new keys, removed; and chats taken in', {
  timeout: PATIENCE,
}, async () => {
  world = await CrashWorld.create()
  const [alice, bob] = await world.couple('Alice', 'Bob')
  const withBob = personConversation(bob.profile.account)
  const withAlice = personConversation(alice.profile.account)
  await talk(alice, bob, 3)
  await world.settles(alice, bob, 3)
  const id = await group.gather(alice, bob)
  const isMarked = async () => {
    const { conversations } = await bob.ask('getSnapshot', {})
    return conversations.find((one) => one.id === id)?.group?.marked === true
  }

  const laptop = world.person('Laptop')
  await die(
    [alice.process, LINKING],
    [laptop.process, BEING_LINKED],
  )(async () => {
    await linking.link(alice, laptop)
    await linking.knows(laptop, alice, withBob)
  })
  await laptop.register()
  const [there, said] = await linking.knows(laptop, alice, withBob)
  expect(there).toEqual(said)

  await die(
    [alice.process, REPLACING_KEYS],
    [laptop.process, TAKING_KEYS_OVER],
  )(async () => {
    await linking.replacesKeys(alice)
    await linking.accepts(bob, alice)
  })
  for (const [speaker, conversation] of [
    [alice, withBob],
    [laptop, withBob],
    [bob, withAlice],
  ] as const)
    await linking.saysToAll(speaker, conversation, [
      [alice, withBob],
      [laptop, withBob],
      [bob, withAlice],
    ])
  const replaced = (await bob.messages(alice)).filter(({ content }) => content.kind === 'keys-replaced')
  expect(replaced).toHaveLength(1)
  // Under new keys, which the laptop has.
  await group.sayUpTo(alice, id, 1)
  await group.isHeard(alice, bob, id, 1)
  expect(await isMarked()).toBe(false)

  await die([alice.process, REMOVING])(() => linking.removes(alice, 2))
  await laptop.persist(async () => (await laptop.ask('getSnapshot', {})).stage.stage === 'closed')
  await bob.persist(isMarked)

  const before = await linking.texts(alice, withBob)
  const folder = await linking.exportsAndForgets(alice, withBob, world.folder)
  await die([alice.process, IMPORTING])(() => linking.imports(alice, folder))
  expect((await linking.texts(alice, withBob)).toSorted()).toEqual(before.toSorted())

  expect(world.tap.violations).toEqual([])
  await world.retire(bob)
  const sql = await world.openDatabase(bob)
  expect(devicesOf(readDeviceList(sql, alice.profile.account) ?? { list: new Uint8Array() })).toMatchObject([
    { device: 1 },
  ])
  sql.close()
  await world.endsWell()
})

/** Two new people say hello; the messenger of the one who begins dies at the failpoint, if there is one. */
async function begin(world: CrashWorld | undefined, number: number, failpoint?: string): Promise<void> {
  if (world === undefined) throw new Error('a beginning without a world')
  const [alice, bob] = await world.couple(`Alice${number}`, `Bob${number}`, failpoint)
  await talk(alice, bob, 3)
  await world.settles(alice, bob, 3)
  if (failpoint !== undefined) expect(`${failpoint} killed ${alice.process.deaths}`).toBe(`${failpoint} killed 1`)
  await world.retire(alice)
  await world.retire(bob)
}

async function talk(alice: Chatter, bob: Chatter, upTo: number): Promise<void> {
  await Promise.all([alice.sayUpTo(bob, upTo), bob.sayUpTo(alice, upTo)])
}

/** Restarted with the failpoint, it has to die of it by what is done then. */
async function dies(victim: Survivor, failpoint: string, doing: () => Promise<void>): Promise<void> {
  await victim.kill(failpoint)
  const before = victim.deaths
  await doing()
  await until(() => victim.deaths > before, `${failpoint} is reached`)
}

/** In each of their next lives they die at the next of these points, by what is done then. */
function die(...mortals: readonly (readonly [Survivor, Fatal<CrashPoint>])[]) {
  return async (doing: () => Promise<void>): Promise<void> => {
    const due: (() => boolean)[] = []
    for (const [victim, fatal] of mortals) {
      await victim.kill(...failpoints(fatal))
      const deaths = victim.deaths + failpoints(fatal).length
      due.push(() => victim.deaths >= deaths)
    }
    await doing()
    for (const [index, isDone] of due.entries())
      await until(isDone, `${Object.keys(mortals[index]?.[1] ?? {}).join(', ')} are reached`)
  }
}

/**
 * As dies, by talking: so many texts, then two at a time, since how many share a commit is up to the machine. Returns how
 * many texts each has said by then.
 */
async function diesTalking(
  victim: Survivor,
  failpoint: string,
  alice: Chatter,
  bob: Chatter,
  said: number,
  more: number,
): Promise<number> {
  await victim.kill(failpoint)
  const before = victim.deaths
  let upTo = said + Math.ceil(more)
  await talk(alice, bob, upTo)
  for (let round = 0; round < ROUNDS && victim.deaths === before; round++) {
    await Promise.all([alice.arrive(bob, upTo), bob.arrive(alice, upTo)])
    upTo += 2
    await talk(alice, bob, upTo)
  }
  await until(() => victim.deaths > before, `${failpoint} is reached`)
  return upTo
}

function failpoints<Point extends string>(fatal: Fatal<Point>): string[] {
  return Object.entries<readonly number[] | undefined>(fatal).flatMap(([point, hits = []]) =>
    hits.map((hit) => `${point}:${hit}`),
  )
}
