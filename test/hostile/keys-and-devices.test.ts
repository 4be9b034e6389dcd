// An evil relay and the keys it hands out: other people's, forged ones, and devices nobody signed for.

import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  DeviceListSchema,
  EnvelopeType,
  type KeyBundle,
  KeyBundleSchema,
} from '../../src/protocol/generated/relay_pb.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { EvilRelay, type Misdeed } from './evil-relay.ts'
import { bundlesOf, callStale, flipped, mallorysKeys } from './misdeeds.ts'

let world: World
let evil: EvilRelay
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  evil = await EvilRelay.before(() => world.address())
  alice = await world.person('Alice', evil.address)
  bob = await world.person('Bob', evil.address)
})
afterEach(async () => {
  await world.close()
  await evil.close()
})

/** The devices that something is sealed for, from now on. */
function sealedFor(): { devices: Set<number>; misdeed: Misdeed } {
  const devices = new Set<number>()
  return {
    devices,
    misdeed: {
      toRelay(body, victim) {
        if (body.case === 'submit' && victim.account === alice.account)
          for (const { device } of body.value.envelopes) devices.add(device)
        return body
      },
    },
  }
}

test('[P22][F28] at first contact the relay stands between them: the safety numbers do not agree', async () => {
  evil.begin(bundlesOf(bob.account, mallorysKeys(bob.account)))
  await alice.find(bob)
  await alice.say(bob, 'Is it you?')
  await until(async () => (await bob.reads(alice)).length >= 0, 'it is under way')
  await alice.reaches(bob, 'Is it you?', 'sent')
  const seenByAlice = await alice.do('getSafetyNumber', { account: bob.account })
  await bob.find(alice)
  const seenByBob = await bob.do('getSafetyNumber', { account: alice.account })
  expect(seenByAlice.digits).not.toBe(seenByBob.digits)
  expect(await bob.reads(alice)).not.toContain('Is it you?')
})

test('[P20][K9][F28] later it hands out another key for somebody verified: told, and nothing is sealed under it', async () => {
  await alice.befriend(bob)
  await alice.do('setVerified', { account: bob.account, verified: true })
  evil.begin(bundlesOf(bob.account, mallorysKeys(bob.account)))
  // A reason to ask for his keys.
  const stop = evil.begin(callStale(bob.account, { changed: [1] }))
  const before = world.wiretap.heard()
  await alice.say(bob, 'for Bob')
  await until(async () => (await alice.conversation(bob)).person.safety.state === 'changed', 'Alice is told')
  stop()
  expect((await alice.conversation(bob)).person.safety).toMatchObject({ wasVerified: true })
  expect(await alice.reads(bob)).toEqual(['Hello Bob', 'for Bob', '[new-safety-number]'])
  await alice.reopen()
  await alice.online()
  await alice.reaches(bob, 'for Bob', 'waiting')
  // Sealed once, for the Bob she knew.
  expect(world.wiretap.heard()).toBe(before + 1)
})

test('[P21][D2][F27] a device that nobody signed for gets nothing', async () => {
  const sealed = sealedFor()
  evil.begin(sealed.misdeed)
  evil.begin(
    bundlesOf(bob.account, (bundles) => {
      const [known] = bundles.bundles
      if (known !== undefined) bundles.bundles.push(Object.assign(create(KeyBundleSchema), known, { device: 2 }))
    }),
  )
  await alice.find(bob)
  await alice.say(bob, 'for one device')
  await bob.sees(alice, ['for one device'])
  expect([...sealed.devices]).toEqual([1])
})

test('[P21][F27] a device list with one more, under the old signature: nothing is sent at all', async () => {
  const sealed = sealedFor()
  evil.begin(sealed.misdeed)
  evil.begin(
    bundlesOf(bob.account, (bundles) => {
      const list = create(DeviceListSchema, {
        account: uuidToBytes(bob.account),
        version: 7n,
        devices: [1, 2].map((device) => ({ device, registrationId: 77 })),
      })
      if (bundles.deviceList !== undefined) bundles.deviceList.list = toBinary(DeviceListSchema, list)
    }),
  )
  await alice.find(bob)
  await alice.say(bob, 'for nobody')
  await alice.reaches(bob, 'for nobody', 'failed')
  expect(sealed.devices.size).toBe(0)
  expect((await alice.messages(bob)).at(-1)?.delivery).toMatchObject({ failure: { code: 'relay-refused' } })
})

test('[P21] “another device is missing”, says the relay, again and again: it is asked, not believed', async () => {
  await alice.befriend(bob)
  const sealed = sealedFor()
  evil.begin(sealed.misdeed)
  const stop = evil.begin(callStale(bob.account, { missing: [2] }))
  await alice.say(bob, 'in the end')
  await alice.say(bob, 'and this')
  await alice.reaches(bob, 'in the end', 'waiting')
  stop()
  await until(async () => {
    await world.clock.advance(5_000)
    return (await bob.reads(alice)).length === 3
  }, 'all has come')
  expect(await bob.reads(alice)).toEqual(['Hello Bob', 'in the end', 'and this'])
  expect([...sealed.devices]).toEqual([1])
})

test.each<[string, (bundle: KeyBundle) => void]>([
  ['a signed prekey', ({ signedPrekey }) => signedPrekey && Object.assign(signedPrekey, spoiled(signedPrekey))],
  ['a Kyber prekey', ({ kyber }) => kyber && Object.assign(kyber, spoiled(kyber))],
])('[P33][K10][F24] %s with a signature that does not fit: told, and nothing is sent', async (_, spoil) => {
  const sealed = sealedFor()
  evil.begin(sealed.misdeed)
  const stop = evil.begin(bundlesOf(bob.account, (bundles) => bundles.bundles.forEach(spoil)))
  await alice.find(bob)
  const message = await alice.say(bob, 'with honest keys only')
  await alice.reaches(bob, 'with honest keys only', 'failed')
  expect(sealed.devices.size).toBe(0)
  stop()
  await alice.do('retryMessage', { message: message.id })
  await bob.sees(alice, ['with honest keys only'])
})

function spoiled({ signature }: { signature: Uint8Array }) {
  return { signature: flipped(signature) }
}

test('[P70][P71][F22] a one-time prekey that is not Bob’s: he cannot open it, asks, and reads it after all', async () => {
  let asked = 0
  evil.begin({
    toRelay(body, victim) {
      if (body.case === 'submit' && victim.account === bob.account)
        asked += body.value.envelopes.filter(({ type }) => type === EnvelopeType.RETRY).length
      return body
    },
  })
  const stop = evil.begin(
    bundlesOf(bob.account, (bundles) => {
      for (const { oneTimeEc, signedPrekey } of bundles.bundles)
        if (oneTimeEc !== undefined && signedPrekey !== undefined) {
          oneTimeEc.id = 99_999
          oneTimeEc.publicKey = signedPrekey.publicKey
        }
      stop()
    }),
  )
  await alice.find(bob)
  await alice.say(bob, 'the second time')
  await bob.sees(alice, ['the second time'])
  expect(asked).toBe(1)
})

test('a relay that answers with somebody else’s account: not believed of those one knows', async () => {
  await alice.befriend(bob)
  const carol = await world.person('Carol', evil.address)
  let instead = bob.account
  evil.begin({
    toDevice(body, victim) {
      if (body.case === 'found' && victim.account === alice.account) body.value.account = uuidToBytes(instead)
      return body
    },
  })
  expect(await alice.try('findPerson', { username: 'carol' })).toMatchObject({ failure: { code: 'relay-refused' } })
  // Else what is meant for Carol would be a note to oneself.
  instead = alice.account
  expect(await alice.try('findPerson', { username: 'carol' })).toMatchObject({ failure: { code: 'relay-refused' } })
  instead = carol.account
  expect(await alice.do('findPerson', { username: 'carol' })).toMatchObject({ username: 'carol' })
})
