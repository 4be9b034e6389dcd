// Key bundles from a relay that cannot be trusted, and first messages that come again.

import { create } from '@bufbuild/protobuf'
import { KEMKeyPair, PrivateKey } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import { EcPreKeySchema, type KeyBundle } from '../../../src/protocol/generated/relay_pb.ts'
import { type Person, person, personOf, read } from './people.ts'

function beginWith(alice: Person, bob: Person, bundle: KeyBundle): Promise<string> {
  return alice.commit((unit) => alice.signal.begin(unit, bob.address, bundle, bob.own.identity.publicKey))
}

function forgedSigned(bundle: KeyBundle): void {
  if (bundle.signedPrekey) bundle.signedPrekey.publicKey = PrivateKey.generate().getPublicKey().serialize()
}

function forgedKyber(bundle: KeyBundle): void {
  if (bundle.kyber) bundle.kyber.publicKey = KEMKeyPair.generate().getPublicKey().serialize()
}

function cutSignature(bundle: KeyBundle): void {
  if (bundle.kyber) bundle.kyber.signature = bundle.kyber.signature.slice(0, 63)
}

test.each([
  ['a signed prekey', forgedSigned],
  ['a Kyber prekey', forgedKyber],
  ['a signature', cutSignature],
])('[P33][K10][F24] %s put in by the relay is refused, and there is no session', async (_, forge) => {
  const alice = person('Alice')
  const bob = person('Bob')
  const bundle = bob.bundle()
  forge(bundle)
  expect(await beginWith(alice, bob, bundle)).toBe('signature-invalid')
  expect(alice.signal.hasSession(alice.signal.unit(), bob.address)).toBe(false)
  expect(alice.signal.trust(alice.signal.unit(), bob.own.account)).toBe('unknown')
})

test.each([
  ['without a signed prekey', (bundle: KeyBundle) => Object.assign(bundle, { signedPrekey: undefined })],
  ['without a Kyber prekey', (bundle: KeyBundle) => Object.assign(bundle, { kyber: undefined })],
  ['of another device', (bundle: KeyBundle) => Object.assign(bundle, { device: 2 })],
  ['of no device', (bundle: KeyBundle) => Object.assign(bundle, { device: 128 })],
  ['with a registration id of 15 bits', (bundle: KeyBundle) => Object.assign(bundle, { registrationId: 0x4000 })],
  [
    'with a key that is none',
    (bundle: KeyBundle) => Object.assign(bundle.signedPrekey ?? {}, { publicKey: Uint8Array.of(5, 6) }),
  ],
])('[K12] a bundle %s is malformed', async (_, spoil) => {
  const alice = person('Alice')
  const bob = person('Bob')
  const bundle = bob.bundle()
  spoil(bundle)
  expect(await beginWith(alice, bob, bundle)).toBe('malformed')
})

test('[F22] with a bogus one-time prekey from the relay, Bob cannot open it, and nobody else can', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  const bundle = bob.bundle()
  const bogus = PrivateKey.generate().getPublicKey().serialize()
  bundle.oneTimeEc = create(EcPreKeySchema, { id: 777_777, publicKey: bogus })
  expect(await beginWith(alice, bob, bundle)).toBe('begun')
  expect(read(await bob.hear(alice, await alice.say(bob, 'secret')))).toBe('undecryptable: no-prekey')
  // Bob asks again, and over a true bundle it goes through.
  await alice.commit((unit) => alice.signal.archive(unit, bob.address))
  await alice.meet(bob)
  expect(read(await bob.hear(alice, await alice.say(bob, 'secret')))).toBe('secret')
})

test('[P38] the private half of a one-time prekey goes with its first use', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  const count = () =>
    bob.sql.get(`SELECT (SELECT count(*) FROM one_time_prekeys) AS ec,
                        (SELECT count(*) FROM kyber_prekeys WHERE last_resort = 0) AS kyber`)
  await alice.meet(bob)
  expect(count()).toEqual({ ec: 100, kyber: 100 })
  const sealed = await alice.say(bob, 'hello')
  await bob.hear(alice, sealed)
  expect(count()).toEqual({ ec: 99, kyber: 99 })
  bob.sql.run('DELETE FROM sessions')
  const restarted = personOf(bob.sql.reopened(), bob.clock, bob.own)
  expect(read(await restarted.hear(alice, sealed))).toBe('undecryptable: no-prekey')
})

test('[P34][P38][F23] over the last-resort prekey Bob is reached without one-time ones; a replay is refused even without the session', async () => {
  const alice = person('Alice')
  const carol = person('Carol')
  const bob = person('Bob')
  await alice.meet(bob, 'last-resort')
  await carol.meet(bob, 'last-resort')
  const fromAlice = await alice.say(bob, 'once')
  expect(read(await bob.hear(alice, fromAlice))).toBe('once')
  expect(read(await bob.hear(carol, await carol.say(bob, 'me too')))).toBe('me too')
  bob.sql.run('DELETE FROM sessions')
  const restarted = personOf(bob.sql.reopened(), bob.clock, bob.own)
  expect(read(await restarted.hear(alice, fromAlice))).toBe('undecryptable: replayed')
})
