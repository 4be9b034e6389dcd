// Sessions of groups: one ciphertext for all, announced by its owner, and read in any order by who has the vault.

import { SenderKeyDistributionMessage } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import { protocolAddress } from '../../../src/engine/signal/address.ts'
import { owned } from '../../../src/engine/signal/bytes.ts'
import {
  type AnnouncedSession,
  createGroupSessions,
  type GroupSessions,
  type Read,
  type ReadableSession,
} from '../../../src/engine/signal/group-sessions.ts'
import { SenderKeysOfStep } from '../../../src/engine/signal/sender-key-store.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { MAX_SESSION_MESSAGES } from '../../../src/protocol/limits.ts'
import { announcementBytes, SESSION_SALT_BYTES, sessionIdOf } from '../../../src/protocol/signed.ts'
import { type DeviceId, GroupId } from '../../../src/shared/ids.ts'
import { type Person, person, personOf } from './people.ts'

const group = GroupId.parse(crypto.randomUUID())

interface Member extends Person {
  groups: GroupSessions
}

function member(name: string): Member {
  const who = person(name)
  migrate(who.sql, migrations)
  return { ...who, groups: createGroupSessions(who.own) }
}

/** The same profile after the process was killed. */
function restarted(who: Member): Member {
  const again = personOf(who.sql.reopened(), who.clock, who.own)
  return { ...again, groups: createGroupSessions(who.own) }
}

function begin(who: Member, epoch = 1): Promise<AnnouncedSession> {
  const salt = crypto.getRandomValues(new Uint8Array(SESSION_SALT_BYTES))
  return who.commit((unit) => who.groups.begin(unit, group, epoch, salt))
}

function say(who: Member, { session }: AnnouncedSession, text: string): Promise<Uint8Array> {
  return who.commit((unit) => who.groups.seal(unit, session, new TextEncoder().encode(text)))
}

function kept(announced: AnnouncedSession): ReadableSession {
  const { session, owner, device, distribution } = announced
  return { session, owner: { account: owner, device }, distribution }
}

/** Where the group keeps no history. */
function followed(announced: AnnouncedSession): ReadableSession {
  return { ...kept(announced), distribution: null }
}

async function read(who: Member, session: ReadableSession, ciphertext: Uint8Array): Promise<string> {
  return text(await who.commit((unit) => who.groups.read(unit, session, ciphertext)))
}

function text(read: Read): string {
  return read.is === 'plaintext' ? new TextDecoder().decode(read.plaintext) : read.why
}

test('[D4] with the vault, any message of a session opens, in any order and again', async () => {
  const [alice, bob] = [member('Alice'), member('Bob')]
  const session = await begin(alice)
  const said = []
  for (let i = 0; i < 120; i++) said.push(await say(alice, session, `message ${i}`))
  for (const i of [99, 0, 42, 42, 119, 1, 0])
    expect(await read(bob, kept(session), said[i] as Uint8Array)).toBe(`message ${i}`)
})

test('[P137] who learns a session late reads it from its first message', async () => {
  const [alice, late] = [member('Alice'), member('Late')]
  const session = await begin(alice)
  const first = await say(alice, session, 'before they came')
  await say(alice, session, 'and after')
  expect(await read(late, kept(session), first)).toBe('before they came')
})

test('[P138] where no history is kept, a message opens once, and what was before is not read', async () => {
  const [alice, bob] = [member('Alice'), member('Bob')]
  const session = await begin(alice)
  const said = [await say(alice, session, 'one'), await say(alice, session, 'two')]
  await bob.commit((unit) => bob.groups.follow(unit, session))
  expect(await read(bob, followed(session), said[1] as Uint8Array)).toBe('two')
  expect(await read(bob, followed(session), said[0] as Uint8Array)).toBe('one')
  expect(await read(bob, followed(session), said[0] as Uint8Array)).toBe('used')
  const carol = member('Carol')
  expect(await read(carol, followed(session), said[0] as Uint8Array)).toBe('no-session')
})

test('[P81] sealed but not committed, a message is sealed again under a key of which nothing has left', async () => {
  const [alice, bob] = [member('Alice'), member('Bob')]
  const session = await begin(alice)
  await alice.groups.seal(alice.signal.unit(), session.session, new TextEncoder().encode('lost in the crash'))
  const again = restarted(alice)
  expect(await read(bob, kept(session), await say(again, session, 'after the crash'))).toBe('after the crash')
})

test('[P41] two units that moved the same sender key cannot both be committed', async () => {
  const alice = member('Alice')
  const { session } = await begin(alice)
  const [one, other] = [alice.signal.unit(), alice.signal.unit()]
  for (const unit of [one, other]) await alice.groups.seal(unit, session, new Uint8Array([1]))
  alice.sql.transaction(() => one.flush())
  one.settled()
  expect(() => alice.sql.transaction(() => other.flush())).toThrow('same sender key')
})

test('[P128][D8] nobody announces a session in the name of another, for another group or epoch, or with another key', async () => {
  const [alice, mallory] = [member('Alice'), member('Mallory')]
  const session = await begin(alice)
  const { isGenuine } = alice.groups
  const key = alice.own.identity.publicKey
  expect(isGenuine(session, key)).toBe(true)
  expect(isGenuine({ ...session, epoch: 2 }, key)).toBe(false)
  expect(isGenuine({ ...session, group: GroupId.parse(crypto.randomUUID()) }, key)).toBe(false)
  expect(
    isGenuine({ ...session, device: mallory.own.device, owner: mallory.own.account }, mallory.own.identity.publicKey),
  ).toBe(false)
  expect(isGenuine({ ...session, distribution: (await begin(mallory)).distribution }, key)).toBe(false)
  const forged = await begin(mallory)
  expect(isGenuine({ ...forged, owner: alice.own.account }, key)).toBe(false)
  for (const garbage of [new Uint8Array(), new Uint8Array(96).fill(7)])
    expect(isGenuine({ ...session, distribution: garbage }, key)).toBe(false)
})

test('[P128] its id is its owner’s: nobody else, and no other device, group or epoch, comes to the same', async () => {
  const [alice, mallory] = [member('Alice'), member('Mallory')]
  const hers = await begin(alice)
  expect(hers.session).toBe(sessionIdOf(hers))
  const squat = (change: Partial<AnnouncedSession>) => {
    const claimed = { ...hers, owner: mallory.own.account, ...change }
    const signed = { ...claimed, announcement: mallory.own.identity.sign(announcementBytes(claimed)) }
    return mallory.groups.isGenuine(signed, mallory.own.identity.publicKey)
  }
  expect(squat({})).toBe(false)
  expect(squat({ salt: new Uint8Array(SESSION_SALT_BYTES) })).toBe(false)
  expect(squat({ salt: new Uint8Array() })).toBe(false)
  for (const other of [{ epoch: 2 }, { device: 2 as DeviceId }, { group: GroupId.parse(crypto.randomUUID()) }])
    expect(sessionIdOf({ ...hers, ...other })).not.toBe(hers.session)
  // Hers under a name of her own: that she may, and it is another session.
  const own = { ...hers, owner: mallory.own.account }
  expect(sessionIdOf(own)).not.toBe(hers.session)
})

test('[P129] a session is announced from its first message on, not from where it stands', async () => {
  const alice = member('Alice')
  const session = await begin(alice)
  await say(alice, session, 'one')
  const unit = alice.signal.unit()
  const later = await SenderKeyDistributionMessage.create(
    protocolAddress(alice.address),
    session.session,
    new SenderKeysOfStep(unit.step(), session.session),
  )
  expect(later.iteration()).toBe(1)
  const announced = { ...session, distribution: later.serialize() }
  const signed = { ...announced, announcement: alice.own.identity.sign(announcementBytes(announced)) }
  expect(alice.groups.isGenuine(signed, alice.own.identity.publicKey)).toBe(false)
})

test('what does not belong to a session is not read in it, and breaks nothing', async () => {
  const [alice, bob] = [member('Alice'), member('Bob')]
  const [session, other] = [await begin(alice), await begin(alice, 2)]
  const said = await say(alice, session, 'hello')
  expect(await read(bob, kept(other), said)).toBe('another-session')
  expect(await read(bob, kept(session), new Uint8Array())).toBe('malformed')
  for (const at of [5, 40, said.length - 1]) {
    const broken = owned(said)
    broken[at] = (broken[at] as number) ^ 1
    expect(['failed', 'malformed', 'another-session', 'too-far', 'used', 'no-session']).toContain(
      await read(bob, kept(session), broken),
    )
  }
  expect(await read(bob, kept(session), said)).toBe('hello')
})

test('[P127] a session holds so many messages: one beyond is not read', async () => {
  const [alice, bob] = [member('Alice'), member('Bob')]
  const session = await begin(alice)
  const unit = alice.signal.unit()
  const content = new Uint8Array([1])
  for (let i = 0; i < MAX_SESSION_MESSAGES; i++) await alice.groups.seal(unit, session.session, content)
  const beyond = await alice.groups.seal(unit, session.session, content)
  expect(await read(bob, kept(session), beyond)).toBe('too-far')
})
