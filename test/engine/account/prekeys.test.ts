// The stock of prekeys: made here, committed first, handed out once.

import { create, toBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import {
  announcement,
  noteUploaded,
  readyUploads,
  renewIfDue,
  replaceAll,
} from '../../../src/engine/account/prekeys.ts'
import { verifySignature } from '../../../src/engine/signal/verify.ts'
import {
  type KeysNeeded,
  KeysNeededSchema,
  type UploadKeys,
  UploadKeysSchema,
} from '../../../src/protocol/generated/relay_pb.ts'
import { MAX_FRAME_BYTES, PREKEY_RENEWAL, PREKEY_RETENTION } from '../../../src/protocol/limits.ts'
import { type Person, person, personOf, read } from '../signal/people.ts'

const everything = create(KeysNeededSchema, {
  signedPrekey: true,
  lastResortPrekey: true,
  oneTimeEc: 100,
  oneTimeKyber: 100,
})
const nothing = create(KeysNeededSchema)

function uploads(who: Person, needed: KeysNeeded): UploadKeys[] {
  return readyUploads(who, who.own, needed)
}

function ids(frames: readonly UploadKeys[]): { ec: number[]; kyber: number[] } {
  return {
    ec: frames.flatMap(({ oneTimeEc }) => oneTimeEc.map(({ id }) => id)),
    kyber: frames.flatMap(({ oneTimeKyber }) => oneTimeKyber.map(({ id }) => id)),
  }
}

test('[P30][P32][K2] the first stock goes up in frames that fit, signed by the identity, each id once', () => {
  const alice = person('Alice')
  const frames = uploads(alice, everything)
  for (const frame of frames) expect(toBinary(UploadKeysSchema, frame).length).toBeLessThan(MAX_FRAME_BYTES - 64)
  const { ec, kyber } = ids(frames)
  expect([new Set(ec).size, new Set(kyber).size]).toEqual([100, 100])
  const [first, ...rest] = frames
  expect(rest.every(({ signedPrekey, lastResortPrekey }) => !signedPrekey && !lastResortPrekey)).toBe(true)
  const signed = [first?.signedPrekey, first?.lastResortPrekey, ...frames.flatMap(({ oneTimeKyber }) => oneTimeKyber)]
  for (const prekey of signed) {
    expect(prekey && verifySignature(alice.own.identity.publicKey, prekey.publicKey, prekey.signature)).toBe(true)
  }
  expect(announcement(alice.sql, alice.own)).toEqual({
    identityKey: alice.own.identity.publicKey,
    signedPrekey: first?.signedPrekey?.id,
    lastResortPrekey: first?.lastResortPrekey?.id,
  })
})

test('[P31] what the relay has is not sent again', () => {
  const alice = person('Alice')
  expect(uploads(alice, nothing)).toEqual([])
  const [only, ...more] = uploads(alice, create(KeysNeededSchema, { lastResortPrekey: true }))
  expect(more).toEqual([])
  expect(only).toMatchObject({ oneTimeEc: [], oneTimeKyber: [] })
  expect([only?.signedPrekey, only?.lastResortPrekey?.id]).toEqual([
    undefined,
    announcement(alice.sql, alice.own).lastResortPrekey,
  ])
})

test('[P30][K5][F25] killed before the answer to an upload: no id comes again, and the kept halves open what the relay hands out', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  const bundle = bob.bundle()
  const before = ids(uploads(bob, everything))
  const restarted = personOf(bob.sql.reopened(), bob.clock, bob.own)
  const after = ids(uploads(restarted, everything))
  for (const kind of ['ec', 'kyber'] as const) {
    expect(Math.min(...after[kind])).toBeGreaterThan(Math.max(...before[kind]))
    expect(after[kind]).toHaveLength(100)
  }
  await alice.commit((unit) => alice.signal.begin(unit, bob.address, bundle, bob.own.identity.publicKey))
  expect(read(await restarted.hear(alice, await alice.say(bob, 'hello')))).toBe('hello')
})

test('[K6][P35] depleted prekeys are filled up to a hundred of each kind, whatever number the relay names', () => {
  const alice = person('Alice')
  const greedy = ids(uploads(alice, create(KeysNeededSchema, { oneTimeEc: 4_000_000_000, oneTimeKyber: 1 })))
  expect([greedy.ec.length, greedy.kyber.length]).toEqual([100, 1])
})

test('halves of one-time prekeys that left are kept for the newest thousand', () => {
  const alice = person('Alice')
  for (let round = 0; round < 12; round++) uploads(alice, create(KeysNeededSchema, { oneTimeEc: 100 }))
  expect(alice.sql.get('SELECT count(*) AS kept, min(id) AS oldest FROM one_time_prekeys')).toEqual({
    kept: 1000,
    oldest: 201,
  })
})

test('[P38] signed and last-resort prekeys are renewed after 48 hours; the ones before open for 90 days more', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob, 'last-resort')
  const sealed = await alice.say(bob, 'long under way')
  const first = announcement(bob.sql, bob.own)
  bob.clock.move(PREKEY_RENEWAL - 1)
  expect(renewIfDue(bob, bob.own)).toBe(false)
  bob.clock.move(1)
  expect(renewIfDue(bob, bob.own)).toBe(true)
  const second = announcement(bob.sql, bob.own)
  expect([second.signedPrekey > first.signedPrekey, second.lastResortPrekey > first.lastResortPrekey]).toEqual([
    true,
    true,
  ])
  bob.clock.move(PREKEY_RETENTION)
  renewIfDue(bob, bob.own)
  expect(read(await bob.hear(alice, sealed))).toBe('long under way')
})

test('[P38] past their retention they are gone, with the base keys used with them', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob, 'last-resort')
  const sealed = await alice.say(bob, 'too long under way')
  await alice.commit((unit) => alice.signal.archive(unit, bob.address))
  await alice.meet(bob, 'last-resort')
  await bob.hear(alice, await alice.say(bob, 'in time'))
  bob.clock.move(PREKEY_RENEWAL)
  renewIfDue(bob, bob.own)
  bob.clock.move(PREKEY_RETENTION + 1)
  renewIfDue(bob, bob.own)
  expect(read(await bob.hear(alice, sealed))).toBe('undecryptable: no-prekey')
  expect(bob.sql.get('SELECT count(*) AS used FROM kyber_base_keys_used')).toEqual({ used: 0 })
})

test('[P38] switched off for a year, the device still opens what came over its last prekeys', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob, 'last-resort')
  const sealed = await alice.say(bob, 'happy new year')
  bob.clock.move(365 * 86_400_000)
  expect(renewIfDue(bob, bob.own)).toBe(true)
  expect(read(await bob.hear(alice, sealed))).toBe('happy new year')
})

test('[F42] a clock set back a year does not keep old prekeys for a year', () => {
  const alice = person('Alice')
  alice.clock.move(-365 * 86_400_000)
  expect(renewIfDue(alice, alice.own)).toBe(true)
})

test('[F26] when the relay hands out prekeys of long ago, all are replaced, until it has taken them', () => {
  const alice = person('Alice')
  uploads(alice, everything)
  replaceAll(alice.sql)
  const interrupted = uploads(alice, nothing)
  const frames = uploads(alice, nothing)
  expect(frames.map(({ replaceOneTime }) => replaceOneTime)).toEqual([true, false, false])
  expect(frames[0]).toMatchObject({ signedPrekey: {}, lastResortPrekey: {} })
  expect(ids(frames).ec).toHaveLength(100)
  expect(Math.min(...ids(frames).ec)).toBeGreaterThan(Math.max(...ids(interrupted).ec))
  noteUploaded(alice.sql)
  expect(uploads(alice, nothing)).toEqual([])
})
