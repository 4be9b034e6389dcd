// Identity keys: pinned at first sight, and never exchanged behind anybody's back.

import { Fingerprint, PublicKey } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import { createAccount } from '../../../src/engine/account/create.ts'
import { sameBytes } from '../../../src/engine/signal/bytes.ts'
import { safetyNumber } from '../../../src/engine/signal/safety-number.ts'
import { acceptIdentity, readIdentity, verifyIdentity } from '../../../src/engine/storage/identities.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { DeviceId, Username, uuidToBytes } from '../../../src/shared/ids.ts'
import { openSql } from '../open-sql.ts'
import { type Person, person, personOf, random, read, START, testClock } from './people.ts'

/** The same account on a second device, which writes first: it needs no prekeys for that. */
function secondDevice(who: Person): Person {
  const sql = openSql()
  migrate(sql, migrations)
  return personOf(sql, testClock(), { ...who.own, device: DeviceId.parse(2) })
}

/** Somebody with the account of another, and keys of their own: an impostor, or the same person after a loss. */
function anotherKeyFor(who: Person): Person {
  const sql = openSql()
  const clock = testClock()
  migrate(sql, migrations)
  const asked = { ...random, uuid: () => who.own.account }
  const wish = { username: Username.parse('impostor'), name: 'Impostor', relay: { kind: 'this-computer' } } as const
  return personOf(sql, clock, createAccount({ sql, clock, random: asked }, wish))
}

function same(one: Uint8Array | null | undefined, other: Uint8Array): boolean {
  return one !== null && one !== undefined && sameBytes(one, other)
}

async function acquainted(): Promise<{ alice: Person; bob: Person }> {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  await bob.hear(alice, await alice.say(bob, 'hello'))
  await alice.hear(bob, await bob.say(alice, 'hello to you'))
  return { alice, bob }
}

test('[P20][F28] a first message under another key is shown and marked; what Alice writes waits until she has looked', async () => {
  const { alice, bob } = await acquainted()
  verifyIdentity(alice.sql, bob.own.account, bob.own.identity.publicKey, START)
  const other = anotherKeyFor(bob)
  await other.meet(alice)
  const opened = await alice.hear(other, await other.say(alice, 'new laptop!'))
  expect(opened).toMatchObject({ is: 'content', identity: 'changed', sessionBegan: true })

  const pinned = readIdentity(alice.sql, bob.own.account)
  expect(same(pinned?.key, other.own.identity.publicKey)).toBe(true)
  expect(same(pinned?.previousKey, bob.own.identity.publicKey)).toBe(true)
  expect(pinned).toMatchObject({
    verifiedAt: null,
    changedAt: START,
    wasVerified: true,
  })
  expect(alice.signal.trust(alice.signal.unit(), bob.own.account)).toBe('changed')
  await expect(alice.say(other, 'welcome back')).rejects.toThrow()

  // She may only accept the very key she looked at.
  expect(acceptIdentity(alice.sql, bob.own.account, bob.own.identity.publicKey)).toBe(false)
  expect(acceptIdentity(alice.sql, bob.own.account, other.own.identity.publicKey)).toBe(true)
  expect(read(await other.hear(alice, await alice.say(other, 'welcome back')))).toBe('welcome back')
})

test('[P20][K9] the relay hands out another key: no session, the change is recorded, the sessions of before send no more', async () => {
  const { alice, bob } = await acquainted()
  const impostor = anotherKeyFor(bob)
  expect(await alice.meet(impostor)).toBe('identity-changed')
  expect(readIdentity(alice.sql, bob.own.account)?.changedAt).toBe(START)
  expect(alice.signal.hasSession(alice.signal.unit(), bob.address)).toBe(false)
  expect(await alice.meet(impostor)).toBe('identity-changed')
})

test('[P20] after a change, what was under way under the key before is read, and changes nothing', async () => {
  const { alice, bob } = await acquainted()
  const underWay = await bob.say(alice, 'sent before all this')
  const other = anotherKeyFor(bob)
  await other.meet(alice)
  await alice.hear(other, await other.say(alice, 'new laptop!'))
  expect(read(await alice.hear(bob, underWay))).toBe('sent before all this')
  expect(same(readIdentity(alice.sql, bob.own.account)?.key, other.own.identity.publicKey)).toBe(true)
  expect(alice.signal.hasSession(alice.signal.unit(), bob.address)).toBe(false)
  acceptIdentity(alice.sql, bob.own.account, other.own.identity.publicKey)
  await alice.meet(other)
  expect(read(await other.hear(alice, await alice.say(other, 'to the new one')))).toBe('to the new one')
})

test('[P20] a new key on one device sets aside the sessions with all devices that had the key before', async () => {
  const { alice, bob } = await acquainted()
  const tablet = secondDevice(bob)
  await tablet.meet(alice)
  await alice.hear(tablet, await tablet.say(alice, 'from the tablet'))
  const other = anotherKeyFor(bob)
  await other.meet(alice)
  await alice.hear(other, await other.say(alice, 'new laptop!'))
  const unit = alice.signal.unit()
  expect(alice.signal.hasSession(unit, tablet.address)).toBe(false)
  expect(alice.signal.hasSession(unit, other.address)).toBe(true)
})

test('[P20] a second change before she has looked does not make Alice forget that she had verified', async () => {
  const { alice, bob } = await acquainted()
  verifyIdentity(alice.sql, bob.own.account, bob.own.identity.publicKey, START)
  for (const impostor of [anotherKeyFor(bob), anotherKeyFor(bob)]) await alice.meet(impostor)
  expect(readIdentity(alice.sql, bob.own.account)).toMatchObject({ verifiedAt: null, wasVerified: true })
})

test('[P20] a change that is not committed has not been seen', async () => {
  const { alice, bob } = await acquainted()
  const other = anotherKeyFor(bob)
  await other.meet(alice)
  const sealed = await other.say(alice, 'new laptop!')
  await alice.signal.open(alice.signal.unit(), bob.address, sealed.type, sealed.bytes)
  expect(alice.signal.trust(alice.signal.unit(), bob.own.account)).toBe('trusted')
  expect(read(await bob.hear(alice, await alice.say(bob, 'business as usual')))).toBe('business as usual')
})

test('[P20][P38] a replayed first message of the key before does not bring that key back', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await bob.meet(alice, 'last-resort')
  const old = await bob.say(alice, 'long ago')
  await alice.hear(bob, old)
  const other = anotherKeyFor(bob)
  await other.meet(alice)
  await alice.hear(other, await other.say(alice, 'new laptop!'))
  acceptIdentity(alice.sql, bob.own.account, other.own.identity.publicKey)
  alice.sql.run('DELETE FROM sessions')
  const restarted = personOf(alice.sql.reopened(), alice.clock, alice.own)
  expect(read(await restarted.hear(bob, old))).toBe('undecryptable: replayed')
  expect(restarted.signal.trust(restarted.signal.unit(), bob.own.account)).toBe('trusted')
})

test('[P20] nobody else passes for another device of oneself', async () => {
  const alice = person('Alice')
  const impostor = anotherKeyFor(alice)
  const bundle = impostor.bundle()
  const begun = await alice.commit((unit) =>
    alice.signal.begin(unit, alice.address, bundle, impostor.own.identity.publicKey),
  )
  expect(begun).toBe('identity-changed')
  expect(alice.signal.hasSession(alice.signal.unit(), alice.address)).toBe(false)
})

test('[P22] the safety number has 60 digits, alike on both sides, and is the one libsignal shows', () => {
  const alice = person('Alice').own
  const bob = person('Bob').own
  const known = ({ account, identity }: Person['own']) => ({ account, identityKey: identity.publicKey })
  const number = safetyNumber(known(alice), known(bob))
  expect(number).toMatch(/^\d{60}$/)
  expect(safetyNumber(known(bob), known(alice))).toBe(number)
  expect(safetyNumber(known(alice), known(person('Mallory').own))).not.toBe(number)
  const key = (bytes: Uint8Array) => PublicKey.deserialize(new Uint8Array(bytes))
  const libsignals = Fingerprint.new(
    5200,
    2,
    uuidToBytes(bob.account),
    key(bob.identity.publicKey),
    uuidToBytes(alice.account),
    key(alice.identity.publicKey),
  )
  expect(libsignals.displayableFingerprint().toString()).toBe(number)
})
