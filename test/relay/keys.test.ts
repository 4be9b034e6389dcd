// Prekeys over a real socket: announced, uploaded, verified, handed out once, and told about when few are left.

import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { verifySignature } from '../../src/engine/signal/verify.ts'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { AccountId, uuidToBytes } from '../../src/shared/ids.ts'
import { createTestClock } from './clock.ts'
import {
  addDevice,
  comeBack,
  ecKey,
  identityKey,
  join,
  keyUpload,
  kyberKey,
  type Line,
  makePerson,
  type Person,
  signedEcKey,
  signedList,
} from './device.ts'
import { openRelay } from './open.ts'

const UNLIMITED = {
  ...DEFAULT_LIMITS,
  keyFetches: { burst: 1000, perSecond: 1 },
  keyFetchesOfOne: { burst: 1000, perSecond: 1 },
  keyFetchesOfOwn: { burst: 1000, perSecond: 1 },
}

function upload(line: Line, value: Partial<ReturnType<typeof keyUpload>> & { identityKey: Uint8Array }) {
  return line.ask({ case: 'uploadKeys', value })
}

function fetchKeys(line: Line, person: Person, devices: number[] = []) {
  return line.expect({ case: 'fetchKeys', value: { account: uuidToBytes(person.account), devices } }, 'keyBundles')
}

async function refusedFetch(line: Line, account: Uint8Array, devices: number[] = []) {
  return line.expect({ case: 'fetchKeys', value: { account, devices } }, 'refused')
}

function announce(line: Line, person: Person, signedPrekey: number, lastResortPrekey: number) {
  const value = { identityKey: identityKey(person), signedPrekey, lastResortPrekey }
  return line.expect({ case: 'announceKeys', value }, 'keysNeeded')
}

async function twoPeople(parts: Parameters<typeof openRelay>[0] = {}) {
  const relay = await openRelay(parts)
  const alice = makePerson('alice')
  const bob = makePerson('bob')
  return { relay, alice, bob, ofAlice: await join(relay, alice), ofBob: await join(relay, bob) }
}

describe('announcing and uploading', () => {
  test('[P31][X2] the relay names what it lacks, and overwrites nothing', async () => {
    const { relay, bob, ofBob } = await twoPeople()
    expect(await announce(ofBob, bob, 1, 1)).toMatchObject({
      signedPrekey: true,
      lastResortPrekey: true,
      oneTimeEc: 100,
      oneTimeKyber: 100,
    })
    const keys = keyUpload(bob, 3)
    await upload(ofBob, keys)
    expect(await announce(ofBob, bob, 1, 1)).toMatchObject({
      signedPrekey: false,
      lastResortPrekey: false,
      oneTimeEc: 97,
      oneTimeKyber: 97,
    })
    expect(await announce(ofBob, bob, 2, 1)).toMatchObject({ signedPrekey: true, lastResortPrekey: false })
    const held = await relay.store.heldKeys(bob)
    expect(Buffer.from(held.signed?.publicKey ?? [])).toEqual(Buffer.from(keys.signedPrekey.publicKey))
  })

  test.each(['announceKeys', 'uploadKeys'] as const)(
    '[P13][P31][K9] %s with another identity key is refused, and the connection ends',
    async (kind) => {
      const { relay, alice, bob, ofBob } = await twoPeople()
      await upload(ofBob, keyUpload(bob, 1))
      const value = { ...keyUpload(alice, 5, 10), signedPrekey: undefined, lastResortPrekey: undefined }
      const body =
        kind === 'announceKeys'
          ? { case: kind, value: { identityKey: identityKey(alice), signedPrekey: 1, lastResortPrekey: 1 } }
          : { case: kind, value: { ...value, identityKey: identityKey(alice) } }
      expect((await ofBob.expect(body, 'refused')).reason).toBe(Reason.IDENTITY_MISMATCH)
      expect(await ofBob.closed).toBe(1008)
      expect(await relay.store.heldKeys(bob)).toMatchObject({ oneTimeEc: 1 })
      await comeBack(relay, bob)
    },
  )

  test('[P32][K2] up to a hundred of a kind, in as many frames as they need', async () => {
    const { bob, ofBob } = await twoPeople()
    const identity = identityKey(bob)
    expect(await upload(ofBob, keyUpload(bob, 40))).toMatchObject({ value: { oneTimeEc: 40, oneTimeKyber: 40 } })
    const more = Array.from({ length: 60 }, (_, index) => ecKey(41 + index))
    expect(await upload(ofBob, { identityKey: identity, oneTimeEc: more })).toMatchObject({ value: { oneTimeEc: 100 } })
    const one = { identityKey: identity, oneTimeEc: [ecKey(101)] }
    expect(await upload(ofBob, one)).toMatchObject({ value: { reason: Reason.TOO_MANY_KEYS } })
    const tooMany = Array.from({ length: 101 }, (_, index) => ecKey(200 + index))
    const frame = { identityKey: identity, oneTimeEc: tooMany }
    expect(await upload(ofBob, frame)).toMatchObject({ value: { reason: Reason.TOO_MANY_KEYS } })
    expect(await announce(ofBob, bob, 1, 1)).toMatchObject({ oneTimeEc: 0, oneTimeKyber: 60 })
  })

  test('[P33][K10] a prekey that the identity key did not sign is refused, with all that came along', async () => {
    const { relay, alice, bob, ofBob } = await twoPeople()
    const forged: object[] = [
      { signedPrekey: signedEcKey(alice, 1) },
      { lastResortPrekey: kyberKey(alice, 1) },
      { oneTimeKyber: [kyberKey(bob, 1), kyberKey(alice, 2)] },
      { signedPrekey: { ...signedEcKey(bob, 1), signature: randomBytes(64) } },
    ]
    for (const part of forged) {
      const answered = await upload(ofBob, { identityKey: identityKey(bob), oneTimeEc: [ecKey(1)], ...part })
      expect(answered).toMatchObject({ value: { reason: Reason.PREKEY_SIGNATURE_INVALID } })
    }
    expect(await relay.store.heldKeys(bob)).toEqual({ oneTimeEc: 0, oneTimeKyber: 0 })
  })

  test.each([
    ['a key of another length', { oneTimeEc: [{ id: 1, publicKey: randomBytes(32) }] }],
    ['a key of another kind', { oneTimeEc: [{ id: 1, publicKey: Buffer.alloc(33, 7) }] }],
    ['a key without id', { oneTimeEc: [{ ...ecKey(1), id: 0 }] }],
  ])('[K12] %s is malformed', async (_, part) => {
    const { bob, ofBob } = await twoPeople()
    const answered = await upload(ofBob, { identityKey: identityKey(bob), ...part })
    expect(answered).toMatchObject({ value: { reason: Reason.MALFORMED } })
    expect(await ofBob.closed).toBe(1008)
  })
})

describe('fetching', () => {
  test('[P34][K4] a bundle has one one-time prekey of each kind; the last ones come without', async () => {
    const { bob, ofAlice, ofBob } = await twoPeople()
    const keys = keyUpload(bob, 1)
    await upload(ofBob, keys)
    const first = await fetchKeys(ofAlice, bob)
    expect(first.bundles[0]).toMatchObject({ device: 1, registrationId: bob.registrationId })
    expect(first.bundles[0]?.oneTimeEc?.id).toBe(1)
    expect(Buffer.from(first.bundles[0]?.kyber?.publicKey ?? [])).toEqual(
      Buffer.from(keys.oneTimeKyber[0]?.publicKey ?? []),
    )
    const second = await fetchKeys(ofAlice, bob)
    expect(second.bundles[0]?.oneTimeEc).toBeUndefined()
    expect(Buffer.from(second.bundles[0]?.kyber?.publicKey ?? [])).toEqual(Buffer.from(keys.lastResortPrekey.publicKey))
    const { signedPrekey } = second.bundles[0] ?? {}
    const own = identityKey(bob)
    expect(verifySignature(own, signedPrekey?.publicKey ?? own, signedPrekey?.signature ?? own)).toBe(true)
  })

  test('[P34][K5] two hundred who ask at once: each one-time prekey goes to one of them', async () => {
    const relay = await openRelay({ limits: UNLIMITED })
    const bob = makePerson('bob')
    const ofBob = await join(relay, bob)
    await upload(ofBob, keyUpload(bob, 40))
    const askers = await Promise.all(Array.from({ length: 20 }, (_, index) => join(relay, makePerson(`asker${index}`))))
    const bundles = await Promise.all(
      Array.from({ length: 200 }, (_, index) => fetchKeys(askers[index % askers.length] ?? ofBob, bob)),
    )
    const ids = bundles.flatMap(({ bundles: [bundle] }) =>
      bundle?.oneTimeEc === undefined ? [] : [bundle.oneTimeEc.id],
    )
    expect(ids).toHaveLength(40)
    expect(new Set(ids).size).toBe(40)
    const kyber = bundles.map(({ bundles: [bundle] }) => Buffer.from(bundle?.kyber?.publicKey ?? []).toString('hex'))
    expect(new Set(kyber).size).toBe(41)
  })

  test('[P34] a fetch is for every device, or for those it names; oneself is left out', async () => {
    const { relay, alice, bob, ofAlice, ofBob } = await twoPeople()
    const tablet = addDevice(bob, 2)
    await ofBob.expect({ case: 'publishDeviceList', value: { deviceList: signedList(bob) } }, 'deviceListPublished')
    const ofTablet = await comeBack(relay, tablet)
    await upload(ofBob, keyUpload(bob, 3))
    await upload(ofTablet, keyUpload(tablet, 3))
    expect((await fetchKeys(ofAlice, bob)).bundles.map(({ device }) => device)).toEqual([1, 2])
    expect((await fetchKeys(ofAlice, bob, [2])).bundles.map(({ device }) => device)).toEqual([2])
    expect((await fetchKeys(ofBob, bob)).bundles.map(({ device }) => device)).toEqual([2])
    expect((await refusedFetch(ofAlice, uuidToBytes(bob.account), [3])).reason).toBe(Reason.NO_SUCH_DEVICE)
    expect((await fetchKeys(ofBob, alice)).bundles).toEqual([])
  })

  test('[P35][K6] the device is told when ten are left, and when none is', async () => {
    const { bob, ofAlice, ofBob } = await twoPeople({ limits: UNLIMITED })
    await upload(ofBob, keyUpload(bob, 12))
    await fetchKeys(ofAlice, bob)
    expect(ofBob.waiting('keysDepleted')).toBe(0)
    await fetchKeys(ofAlice, bob)
    expect(await ofBob.pushed('keysDepleted')).toMatchObject({ oneTimeEc: 10, oneTimeKyber: 10 })
    for (let left = 10; left > 0; left--) await fetchKeys(ofAlice, bob)
    expect(await ofBob.pushed('keysDepleted')).toMatchObject({ oneTimeEc: 0, oneTimeKyber: 0 })
    await fetchKeys(ofAlice, bob)
    expect(ofBob.waiting('keysDepleted')).toBe(0)
    expect(await announce(ofBob, bob, 1, 1)).toMatchObject({ oneTimeEc: 100 })
  })

  test('[P36][K11] who asks too often has to wait; others do not', async () => {
    const clock = createTestClock()
    const { relay, bob, ofAlice, ofBob } = await twoPeople({ clock })
    await upload(ofBob, keyUpload(bob, 40))
    for (let asked = 0; asked < 6; asked++) await fetchKeys(ofAlice, bob)
    const refused = await refusedFetch(ofAlice, uuidToBytes(bob.account))
    expect(refused.reason).toBe(Reason.TOO_MANY_REQUESTS)
    expect(refused.retryAfterMs).toBeGreaterThan(0)
    expect(await relay.store.heldKeys(bob)).toMatchObject({ oneTimeEc: 34 })
    await fetchKeys(await join(relay, makePerson('carol')), bob)
    clock.advance(1000)
    expect((await refusedFetch(ofAlice, uuidToBytes(bob.account))).retryAfterMs).toBe(refused.retryAfterMs - 1000)
  })

  test('[P36][P97] own devices that ask for one another do not keep each other waiting, nor from asking for others', async () => {
    const { relay, alice, bob, ofBob } = await twoPeople()
    const tablet = addDevice(bob, 2)
    await ofBob.expect({ case: 'publishDeviceList', value: { deviceList: signedList(bob) } }, 'deviceListPublished')
    await upload(ofBob, keyUpload(bob, 3))
    const ofTablet = await comeBack(relay, tablet)
    // All at one relay: each counts for itself.
    for (let asked = 0; asked < 100; asked++) await fetchKeys(ofTablet, bob)
    expect((await refusedFetch(ofTablet, uuidToBytes(bob.account))).reason).toBe(Reason.TOO_MANY_REQUESTS)
    await fetchKeys(ofTablet, alice)
    await fetchKeys(ofBob, alice)
  })

  test('[P36] over all targets, thirty in ten minutes', async () => {
    const { ofAlice } = await twoPeople()
    const fetches = Array.from({ length: 31 }, () => refusedFetch(ofAlice, uuidToBytes(AccountId.parse(randomUUID()))))
    const reasons = (await Promise.all(fetches)).map(({ reason }) => reason)
    expect(reasons.filter((reason) => reason === Reason.NO_SUCH_ACCOUNT)).toHaveLength(30)
    expect(reasons.at(-1)).toBe(Reason.TOO_MANY_REQUESTS)
  })

  test('[P36] a limiter that cannot tell refuses', async () => {
    const { bob, ofAlice } = await twoPeople({ limits: { ...DEFAULT_LIMITS, mostRemembered: 1 } })
    const other = uuidToBytes(AccountId.parse(randomUUID()))
    await refusedFetch(ofAlice, other)
    expect((await refusedFetch(ofAlice, uuidToBytes(bob.account))).reason).toBe(Reason.TOO_MANY_REQUESTS)
  })

  test('[P37][K4] an unknown account is an answer, and the connection stays', async () => {
    const { bob, ofAlice } = await twoPeople()
    expect((await refusedFetch(ofAlice, randomAccount())).reason).toBe(Reason.NO_SUCH_ACCOUNT)
    expect(await ofAlice.ask({ case: 'lookUp', value: { username: 'nobody' } })).toMatchObject({
      value: { reason: Reason.NO_SUCH_ACCOUNT },
    })
    expect(await ofAlice.expect({ case: 'lookUp', value: { username: 'Bob' } }, 'found')).toMatchObject({
      username: bob.username,
    })
  })
})

function randomAccount(): Uint8Array {
  return uuidToBytes(AccountId.parse(randomUUID()))
}
