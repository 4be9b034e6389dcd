// What every relay store promises: docs/storage.md [S1]… as stories. Runs against each implementation.

import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BlobId } from '../../src/protocol/blobs.ts'
import { EnvelopeType } from '../../src/protocol/generated/relay_pb.ts'
import { RENDEZVOUS_MESSAGES } from '../../src/protocol/limits.ts'
import type { BlobAllowance, NewUpload } from '../../src/relay/blobs/contract.ts'
import { MAILBOX_BYTES, MAILBOX_ENVELOPES } from '../../src/relay/limits.ts'
import type {
  DeviceList,
  KeyUpload,
  Mailbox,
  Meeting,
  NewAccount,
  RelayStore,
  Submission,
} from '../../src/relay/store.ts'
import {
  AccountId,
  type DeviceId,
  type Instant,
  type RegistrationId,
  Username,
  uuidToBytes,
} from '../../src/shared/ids.ts'
import { describeScheduled } from './scheduled.suite.ts'
import { describeStreams } from './streams.suite.ts'

/** A store in a place of its own; opening it again finds what was committed. */
export interface StorePlace {
  open(): Promise<RelayStore>
}

export const NOW = 1_800_000_000_000 as Instant
const DAY = 86_400_000

export const device = (id: number) => id as DeviceId
const later = (milliseconds: number) => (NOW + milliseconds) as Instant
export const listed = (id: number, registrationId = id + 100) => ({
  device: device(id),
  registrationId: registrationId as RegistrationId,
})

export function deviceList(version: number, ...devices: DeviceList['devices']): DeviceList {
  return { list: randomBytes(40), signature: randomBytes(64), version, devices }
}

export function makeAccount(username: string, ...devices: DeviceList['devices']): NewAccount & Mailbox {
  return {
    account: AccountId.parse(randomUUID()),
    username: Username.parse(username),
    identityKey: randomBytes(33),
    deviceList: deviceList(1, ...(devices.length > 0 ? devices : [listed(1)])),
    device: device(1),
  }
}

export function submission(from: Mailbox, to: NewAccount, content: string | Uint8Array = 'sealed'): Submission {
  return {
    submission: randomBytes(16),
    recipient: to.account,
    sender: from.account,
    senderDevice: from.device,
    partial: false,
    envelopes: to.deviceList.devices.map((entry) => ({
      ...entry,
      type: EnvelopeType.MESSAGE,
      content: Buffer.from(content),
    })),
  }
}

export function upload(first: number, count: number, more: Partial<KeyUpload> = {}): KeyUpload {
  const ids = Array.from({ length: count }, (_, index) => first + index)
  return {
    oneTimeEc: ids.map((id) => ({ id, publicKey: randomBytes(33) })),
    oneTimeKyber: ids.map((id) => ({ id, publicKey: randomBytes(64), signature: randomBytes(64) })),
    replaceOneTime: false,
    ...more,
  }
}

export const standing = () => ({
  signed: { id: 1, publicKey: randomBytes(33), signature: randomBytes(64) },
  lastResort: { id: 1, publicKey: randomBytes(64), signature: randomBytes(64) },
})

export const text = (envelopes: readonly { content: Uint8Array }[]) =>
  envelopes.map(({ content }) => Buffer.from(content).toString())

export function describeRelayStore(place: () => StorePlace): void {
  async function withPeople(...people: NewAccount[]) {
    const where = place()
    let store = await where.open()
    for (const person of people) expect(await store.register(person, NOW)).toBe('registered')
    return {
      store,
      /** As after a restart. */
      reopen: async () => {
        await store.close()
        store = await where.open()
        return store
      },
    }
  }

  describeStreams(() => withPeople())
  describeScheduled(withPeople)
  describe('blobs', () => {
    const blobOf = (size: number, more: Partial<NewUpload> = {}): NewUpload => ({
      blob: randomBytes(32).toString('hex') as BlobId,
      size,
      digest: randomBytes(32),
      tokenDigest: randomBytes(32),
      expiresAt: later(DAY),
      ...more,
    })
    const plenty = { bytes: 1e15, underWay: 1000 }

    test('[S2][S8] an upload is as it was announced, until it is whole, and then for as long as that', async () => {
      const alice = makeAccount('alice')
      const { store, reopen } = await withPeople(alice)
      const upload = blobOf(2 ** 40)
      expect(await store.findUpload(alice.account, upload.blob)).toBeUndefined()
      expect(await store.addUpload(alice.account, upload, plenty)).toBe('added')
      const found = await (await reopen()).findUpload(alice.account, upload.blob)
      expect(
        found && { ...found, digest: Buffer.from(found.digest), tokenDigest: Buffer.from(found.tokenDigest) },
      ).toEqual({ ...upload, isWhole: false })
      const again = await reopen()
      expect(await again.setWhole(alice.account, upload.blob, later(2 * DAY))).toBe(true)
      expect(await again.findUpload(alice.account, upload.blob)).toMatchObject({
        isWhole: true,
        expiresAt: later(2 * DAY),
      })
      await again.forgetUpload(alice.account, upload.blob)
      expect(await again.setWhole(alice.account, upload.blob, later(DAY))).toBe(false)
      expect(await again.findUpload(alice.account, upload.blob)).toBeUndefined()
    })

    test('[S8] of many at once as many are added as there is room for, by bytes and by number', async () => {
      const [alice, bob] = [makeAccount('alice'), makeAccount('bobby')]
      const { store } = await withPeople(alice, bob)
      const add = (who: NewAccount, size: number, allowance: BlobAllowance) =>
        store.addUpload(who.account, blobOf(size), allowance)
      const bytes = await Promise.all(Array.from({ length: 10 }, () => add(alice, 300, { bytes: 1000, underWay: 99 })))
      expect(bytes.toSorted()).toEqual([...Array(3).fill('added'), ...Array(7).fill('quota-exceeded')])
      const number = await Promise.all(Array.from({ length: 10 }, () => add(bob, 1, { bytes: 1000, underWay: 4 })))
      expect(number.toSorted()).toEqual([...Array(4).fill('added'), ...Array(6).fill('too-many')])
      // What is whole is no longer under way.
      const [first] = await store.uploadsOf(bob.account)
      await store.setWhole(bob.account, first as BlobId, later(DAY))
      expect(await add(bob, 1, { bytes: 1000, underWay: 4 })).toBe('added')
      expect(await add(makeAccount('carol'), 1, plenty)).toBe('no-such-account')
    })

    test('[S8][P154] those that expire by a time are told, and all of them go with the account', async () => {
      const [alice, bob] = [makeAccount('alice'), makeAccount('bobby')]
      const { store } = await withPeople(alice, bob)
      const [soon, late] = [blobOf(1), blobOf(1, { expiresAt: later(2 * DAY) })]
      for (const upload of [soon, late]) await store.addUpload(alice.account, upload, plenty)
      const his = blobOf(1)
      await store.addUpload(bob.account, his, plenty)
      expect(await store.uploadsOf(alice.account, later(DAY - 1))).toEqual([])
      expect(await store.uploadsOf(alice.account, later(DAY))).toEqual([soon.blob])
      expect(await store.uploadsOf(alice.account)).toEqual([soon.blob, late.blob].toSorted())
      await store.eraseAccount(alice.account)
      await store.register(alice, NOW)
      expect(await store.uploadsOf(alice.account)).toEqual([])
      expect(await store.uploadsOf(bob.account)).toEqual([his.blob])
      expect(await store.findUpload(alice.account, his.blob)).toBeUndefined()
    })
  })

  describe('accounts', () => {
    test('[P13][P14] registering again is success with the same key and name, and nothing else', async () => {
      const alice = makeAccount('alice')
      const { store } = await withPeople(alice)
      expect(await store.register(alice, later(1))).toBe('again')
      expect(await store.register({ ...alice, identityKey: randomBytes(33) }, NOW)).toBe('identity-mismatch')
      expect(await store.register({ ...alice, username: Username.parse('alicia') }, NOW)).toBe('account-exists')
      expect(await store.register({ ...makeAccount('alice'), identityKey: alice.identityKey }, NOW)).toBe(
        'account-exists',
      )
      expect(await store.register(makeAccount('alice'), NOW)).toBe('username-taken')
      expect(await store.findAccount(alice.account)).toMatchObject({ username: 'alice', registeredAt: NOW })
    })

    test('[P14] of twenty who want one name at once, one gets it', async () => {
      const { store } = await withPeople()
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.register(makeAccount('zoe'), NOW)))
      expect(outcomes.filter((outcome) => outcome === 'registered')).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome === 'username-taken')).toHaveLength(19)
    })

    test('[P17] an invitation is good once, and is not used up by a name that is taken', async () => {
      const alice = makeAccount('alice')
      const { store } = await withPeople(alice)
      const digest = randomBytes(32)
      await store.addInvitation(digest, NOW)
      expect(await store.register(makeAccount('bob'), NOW, randomBytes(32))).toBe('invitation-needed')
      expect(await store.register(makeAccount('alice'), NOW, digest)).toBe('username-taken')
      expect(await store.register(makeAccount('bob'), NOW, digest)).toBe('registered')
      expect(await store.register(makeAccount('carol'), NOW, digest)).toBe('invitation-needed')
      expect(await store.register(alice, NOW, digest)).toBe('again')
    })

    test('[P21] a device list only counts up, and makes and removes mailboxes', async () => {
      const alice = makeAccount('alice', listed(1), listed(2))
      const bob = makeAccount('bob')
      const { store } = await withPeople(alice, bob)
      await store.append(submission(bob, alice, 'to both'), NOW)
      await store.storeKeys(alice, upload(1, 3, standing()))

      expect(await store.replaceDeviceList(alice.account, deviceList(1, listed(1)))).toBe('not-newer')
      expect(await store.replaceDeviceList(bob.account, deviceList(3, listed(1), listed(4)))).toBe('replaced')
      const changed = deviceList(2, listed(1, 999), listed(3))
      expect(await store.replaceDeviceList(alice.account, changed)).toBe('replaced')

      expect(await store.listedDevices(alice.account)).toMatchObject(changed.devices)
      expect(await store.mailboxState({ ...alice, device: device(2) })).toBeUndefined()
      expect(await store.mailboxState({ ...alice, device: device(3) })).toMatchObject({ held: 0 })
      // Another installation under the same number: what waited stays, the other one's keys do not.
      expect(text(await store.read(alice, 0, 10))).toEqual(['to both'])
      expect(await store.heldKeys(alice)).toEqual({ oneTimeEc: 0, oneTimeKyber: 0 })
    })

    test('[P97] another identity key: only after the one that is pinned, with its list, and no prekey the old one has signed', async () => {
      const alice = makeAccount('alice', listed(1), listed(2), listed(3))
      const bob = makeAccount('bob')
      const { store, reopen } = await withPeople(alice, bob)
      for (const { device: one } of alice.deviceList.devices)
        await store.storeKeys({ ...alice, device: one }, upload(1, 3, standing()))
      await store.append(submission(bob, alice, 'waits'), NOW)
      const [identityKey, statement] = [randomBytes(33), randomBytes(200)]
      const given = standing()
      const replacement = {
        formerKey: alice.identityKey,
        identityKey,
        statement,
        deviceList: deviceList(2, listed(1), listed(2)),
        standing: [{ device: device(2), ...given }],
      }
      const another = { ...replacement, formerKey: randomBytes(33) }
      expect(await store.replaceIdentity(alice.account, another)).toBe('identity-mismatch')
      const older = { ...replacement, deviceList: deviceList(1, listed(1)) }
      expect(await store.replaceIdentity(alice.account, older)).toBe('not-newer')
      expect(await store.replaceIdentity(makeAccount('nobody').account, replacement)).toBe('no-such-account')
      expect((await store.findAccount(alice.account))?.replaced).toBeUndefined()

      expect(await store.replaceIdentity(alice.account, replacement)).toBe('replaced')
      expect(await store.replaceIdentity(alice.account, replacement)).toBe('identity-mismatch')
      const again = await reopen()
      const found = await again.findAccount(alice.account)
      expect(Buffer.from(found?.identityKey ?? [])).toEqual(identityKey)
      expect(Buffer.from(found?.replaced?.formerKey ?? [])).toEqual(alice.identityKey)
      expect(Buffer.from(found?.replaced?.statement ?? [])).toEqual(statement)
      expect(found?.deviceList).toMatchObject({ version: 2, devices: [listed(1), listed(2)] })
      expect(await again.register(alice, NOW)).toBe('identity-mismatch')
      expect(await again.register({ ...alice, identityKey }, NOW)).toBe('again')
      // One-time EC prekeys have no signature.
      expect(await again.heldKeys(alice)).toMatchObject({ oneTimeEc: 3, oneTimeKyber: 0 })
      expect(await again.takeKeys(alice.account, [device(1), device(2)])).toMatchObject([
        { device: 2, signed: { id: given.signed.id }, kyber: { id: given.lastResort.id } },
      ])
      expect(text(await again.read({ ...alice, device: device(2) }, 0, 10))).toEqual(['waits'])
    })

    test('[P59] whoever is erased is gone with keys, mailbox and name; what they sent stays', async () => {
      const alice = makeAccount('alice')
      const bob = makeAccount('bob')
      const { store } = await withPeople(alice, bob)
      await store.storeKeys(alice, upload(1, 5, standing()))
      await store.append(submission(alice, bob, 'from Alice'), NOW)
      await store.append(submission(bob, alice), NOW)
      await store.eraseAccount(alice.account)

      expect(await store.findAccount(alice.account)).toBeUndefined()
      expect(await store.findUsername(alice.username)).toBeUndefined()
      expect(await store.takeKeys(alice.account, [alice.device])).toEqual([])
      expect(await store.append(submission(bob, alice), NOW)).toEqual({ outcome: 'no-such-account' })
      expect(text(await store.read(bob, 0, 10))).toEqual(['from Alice'])
      expect(await store.register(makeAccount('alice'), NOW)).toBe('registered')
    })
  })

  describe('keys', () => {
    test('[S3][K5][P34] two hundred at once get a hundred one-time prekeys, each once', async () => {
      const bob = makeAccount('bob')
      const { store } = await withPeople(bob)
      await store.storeKeys(bob, upload(1, 100, standing()))
      const bundles = await Promise.all(Array.from({ length: 200 }, () => store.takeKeys(bob.account, [bob.device])))
      const taken = bundles.flat()
      expect(taken).toHaveLength(200)
      const ec = taken.flatMap(({ oneTimeEc }) => (oneTimeEc === undefined ? [] : [oneTimeEc.id]))
      expect(ec).toHaveLength(100)
      expect(new Set(ec).size).toBe(100)
      const lastResort = (await store.heldKeys(bob)).lastResort?.publicKey
      const kyber = taken.filter((bundle) => !Buffer.from(bundle.kyber.publicKey).equals(lastResort ?? Buffer.of()))
      expect(new Set(kyber.map((bundle) => bundle.kyber.id)).size).toBe(100)
      expect(taken.at(-1)).toMatchObject({ after: { oneTimeEc: 0, oneTimeKyber: 0 } })
    })

    test('[S3] what was handed out does not come back with a restart', async () => {
      const bob = makeAccount('bob')
      const { store, reopen } = await withPeople(bob)
      await store.storeKeys(bob, upload(1, 2, standing()))
      const [first] = await store.takeKeys(bob.account, [bob.device])
      const [second] = await (await reopen()).takeKeys(bob.account, [bob.device])
      expect([first?.oneTimeEc?.id, second?.oneTimeEc?.id]).toEqual([1, 2])
    })

    test('[P32][K2] more than a hundred of a kind: nothing of it is stored', async () => {
      const bob = makeAccount('bob')
      const { store } = await withPeople(bob)
      expect(await store.storeKeys(bob, upload(1, 101, standing()))).toEqual({ outcome: 'too-many' })
      expect(await store.heldKeys(bob)).toEqual({ oneTimeEc: 0, oneTimeKyber: 0 })
      expect(await store.storeKeys(bob, upload(1, 60))).toMatchObject({ outcome: 'stored', oneTimeEc: 60 })
      expect(await store.storeKeys(bob, upload(61, 41, standing()))).toEqual({ outcome: 'too-many' })
      expect(await store.heldKeys(bob)).toMatchObject({ oneTimeEc: 60, oneTimeKyber: 60, sample: { id: 1 } })
      expect((await store.heldKeys(bob)).signed).toBeUndefined()
    })

    test('[P34] an upload that comes twice brings back nothing that was handed out', async () => {
      const bob = makeAccount('bob')
      const { store } = await withPeople(bob)
      const first = upload(1, 3, standing())
      await store.storeKeys(bob, first)
      await store.takeKeys(bob.account, [bob.device])
      expect(await store.storeKeys(bob, first)).toMatchObject({ outcome: 'stored', oneTimeEc: 2, oneTimeKyber: 2 })

      const replacing = upload(1, 4, { replaceOneTime: true })
      expect(await store.storeKeys(bob, replacing)).toMatchObject({ outcome: 'stored', oneTimeEc: 4, oneTimeKyber: 4 })
      const [bundle] = await store.takeKeys(bob.account, [bob.device])
      expect(bundle?.oneTimeEc).toEqual(replacing.oneTimeEc[0])
      expect(await store.storeKeys(bob, replacing)).toMatchObject({ outcome: 'stored', oneTimeEc: 3, oneTimeKyber: 3 })
    })

    test('[P31] what an upload leaves out stays as it was', async () => {
      const bob = makeAccount('bob')
      const { store } = await withPeople(bob)
      const keys = standing()
      await store.storeKeys(bob, upload(1, 1, keys))
      const renewed = { ...standing().signed, id: 2 }
      await store.storeKeys(bob, { oneTimeEc: [], oneTimeKyber: [], replaceOneTime: false, signed: renewed })
      const held = await store.heldKeys(bob)
      expect(held.signed?.id).toBe(2)
      expect(Buffer.from(held.lastResort?.publicKey ?? [])).toEqual(keys.lastResort.publicKey)
    })

    test('[P34] a device without its standing prekeys is left out', async () => {
      const bob = makeAccount('bob', listed(1), listed(2))
      const { store } = await withPeople(bob)
      await store.storeKeys(bob, upload(1, 1, standing()))
      await store.storeKeys({ ...bob, device: device(2) }, upload(1, 1))
      const bundles = await store.takeKeys(bob.account, [device(1), device(2), device(9)])
      expect(bundles.map((bundle) => bundle.device)).toEqual([1])
      expect(await store.heldKeys({ ...bob, device: device(2) })).toMatchObject({ oneTimeEc: 1 })
    })
  })

  describe('mailboxes', () => {
    test('[S4][P51] the same submission is stored once, also after a restart and after it was acknowledged', async () => {
      const alice = makeAccount('alice')
      const bob = makeAccount('bob')
      const { store, reopen } = await withPeople(alice, bob)
      const message = submission(alice, bob)
      const twice = await Promise.all([store.append(message, NOW), store.append(message, later(1))])
      expect(twice.map(({ outcome }) => outcome)).toEqual(['accepted', 'duplicate'])
      await store.acknowledge(bob, [1])
      const again = await reopen()
      expect(await again.append(message, later(5))).toEqual({ outcome: 'duplicate', at: NOW })
      await again.replaceDeviceList(bob.account, deviceList(2, listed(1), listed(2)))
      expect(await again.append(message, later(6))).toEqual({ outcome: 'duplicate', at: NOW })
      expect(await again.read(bob, 0, 10)).toEqual([])
    })

    test('[S4] nobody takes a submission id away from another sender', async () => {
      const alice = makeAccount('alice')
      const mallory = makeAccount('mallory')
      const bob = makeAccount('bob')
      const { store } = await withPeople(alice, mallory, bob)
      const fromAlice = submission(alice, bob, 'from Alice')
      await store.append({ ...submission(mallory, bob, 'noise'), submission: fromAlice.submission }, NOW)
      expect(await store.append(fromAlice, NOW)).toMatchObject({ outcome: 'accepted', at: NOW })
      expect(text(await store.read(bob, 0, 10))).toEqual(['noise', 'from Alice'])
    })

    test('[S5] positions only grow, also when the mailbox was empty in between', async () => {
      const alice = makeAccount('alice')
      const bob = makeAccount('bob')
      const { store, reopen } = await withPeople(alice, bob)
      await store.append(submission(alice, bob, 'one'), NOW)
      await store.append(submission(alice, bob, 'two'), NOW)
      await store.acknowledge(bob, [1, 2])
      const again = await reopen()
      await again.append(submission(alice, bob, 'three'), NOW)
      const [three] = await again.read(bob, 2, 10)
      expect(three?.position).toBeGreaterThan(2)
      expect(await again.read(bob, three?.position ?? 0, 10)).toEqual([])
    })

    test('[S6] what is acknowledged is gone; positions that are not there do no harm', async () => {
      const alice = makeAccount('alice')
      const bob = makeAccount('bob')
      const { store } = await withPeople(alice, bob)
      for (const content of ['one', 'two', 'three', 'four']) await store.append(submission(alice, bob, content), NOW)
      await store.acknowledge(bob, [4, 2, 2, 99])
      expect(text(await store.read(bob, 0, 10))).toEqual(['one', 'three'])
      expect(await store.mailboxState(bob)).toMatchObject({ held: 2, heldBytes: 8, lastPosition: 4 })
      await store.acknowledge(alice, [1])
      expect(text(await store.read(bob, 0, 10))).toEqual(['one', 'three'])
    })

    test('[P50] envelopes must fit the devices, all or nothing', async () => {
      const alice = makeAccount('alice', listed(1), listed(2))
      const bob = makeAccount('bob', listed(1), listed(2), listed(3))
      const { store } = await withPeople(alice, bob)
      const right = submission(alice, bob)
      const [one, two, three] = right.envelopes
      if (one === undefined || two === undefined || three === undefined) throw new Error('three envelopes')
      const wrong = {
        ...right,
        envelopes: [one, { ...two, registrationId: 7 as RegistrationId }, { ...three, device: device(9) }],
      }
      const stale = { missing: [3], extra: [9], changed: [2] }
      expect(await store.append(wrong, NOW)).toEqual({ outcome: 'stale', stale })
      expect(await store.append({ ...wrong, partial: true }, NOW)).toMatchObject({ stale: { ...stale, missing: [] } })
      expect(await store.append({ ...right, envelopes: [one] }, NOW)).toMatchObject({ stale: { missing: [2, 3] } })
      expect(await store.read(bob, 0, 10)).toEqual([])
      expect(await store.append({ ...right, envelopes: [one], partial: true }, NOW)).toMatchObject({
        outcome: 'accepted',
      })

      const toOneself = submission(alice, alice)
      expect(await store.append(toOneself, NOW)).toMatchObject({ stale: { extra: [1] } })
      const toTheOther = { ...toOneself, envelopes: toOneself.envelopes.slice(1) }
      expect(await store.append(toTheOther, NOW)).toMatchObject({ outcome: 'accepted' })
    })

    test('[P55] a mailbox holds so many envelopes, and takes more when some are acknowledged', async () => {
      const alice = makeAccount('alice')
      const bob = makeAccount('bob')
      const { store } = await withPeople(alice, bob)
      const outcomes = await Promise.all(
        Array.from({ length: MAILBOX_ENVELOPES + 1 }, () => store.append(submission(alice, bob, 'x'), NOW)),
      )
      expect(outcomes.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(MAILBOX_ENVELOPES)
      expect(outcomes.at(-1)).toEqual({ outcome: 'full' })
      await store.acknowledge(bob, [1])
      expect(await store.append(submission(alice, bob, 'x'), NOW)).toMatchObject({ outcome: 'accepted' })
    })

    test('[P55] a mailbox holds so many bytes, for all devices or none', async () => {
      const alice = makeAccount('alice')
      const bob = makeAccount('bob', listed(1), listed(2))
      const { store } = await withPeople(alice, bob)
      const large = randomBytes(MAILBOX_BYTES / 2)
      const toTheFirst = submission(alice, bob, large)
      const partial = { ...toTheFirst, envelopes: toTheFirst.envelopes.slice(0, 1), partial: true }
      expect(await store.append(partial, NOW)).toMatchObject({ outcome: 'accepted' })
      expect(await store.append({ ...partial, submission: randomBytes(16) }, NOW)).toMatchObject({
        outcome: 'accepted',
      })
      expect(await store.append(submission(alice, bob, 'x'), NOW)).toEqual({ outcome: 'full' })
      expect(await store.read({ ...bob, device: device(2) }, 0, 10)).toEqual([])
    })

    test('[P54][S4] what nobody fetched goes after its time, and its submission id later', async () => {
      const alice = makeAccount('alice')
      const bob = makeAccount('bob')
      const { store } = await withPeople(alice, bob)
      const old = submission(alice, bob, 'old')
      await store.append(old, NOW)
      await store.append(submission(alice, bob, 'young'), later(2 * DAY))
      expect(await store.expire(bob.account, later(DAY), NOW)).toBe(1)
      expect(text(await store.read(bob, 0, 10))).toEqual(['young'])
      expect(await store.mailboxState(bob)).toMatchObject({ held: 1, heldBytes: 5 })
      expect(await store.append(old, later(3 * DAY))).toEqual({ outcome: 'duplicate', at: NOW })
      await store.expire(bob.account, later(DAY), later(DAY))
      expect(await store.append(old, later(3 * DAY))).toMatchObject({ outcome: 'accepted' })
    })

    test('what waits from one sender can be told', async () => {
      const alice = makeAccount('alice')
      const bob = makeAccount('bob')
      const { store } = await withPeople(alice, bob)
      const content = randomBytes(100)
      await store.append(submission(bob, bob, 'to himself'), NOW)
      await store.append(submission(alice, bob, content), NOW)
      const [found, ...rest] = await store.waitingFrom(bob.account, alice.account, 10)
      expect(rest).toEqual([])
      expect(found).toMatchObject({ device: 1, size: 100, takenAt: NOW })
      expect(Buffer.from(found?.firstBytes ?? [])).toEqual(content.subarray(0, 32))
    })

    test('a mailbox knows when its device was last here', async () => {
      const bob = makeAccount('bob')
      const { store } = await withPeople(bob)
      expect((await store.mailboxState(bob))?.lastSeenAt).toBeUndefined()
      await store.seen(bob, later(7))
      expect((await store.mailboxState(bob))?.lastSeenAt).toBe(later(7))
    })

    test('[P16] the connection that entered last counts, for each device its own', async () => {
      const bob = makeAccount('bob', listed(1), listed(2))
      const { store, reopen } = await withPeople(bob)
      const tablet = { ...bob, device: device(2) }
      const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)]
      expect((await store.standing(bob))?.box).toMatchObject({ registrationId: 101, connection: undefined })
      await store.enter(bob, first, later(1))
      await store.enter(tablet, third, later(2))
      // Whoever leaves is seen, and that is all.
      await Promise.all([store.enter(bob, second, later(3)), store.seen(bob, later(4))])
      const counts = async (mailbox: Mailbox, from = store) =>
        Buffer.from((await from.standing(mailbox))?.box?.connection ?? [])
      expect(await counts(bob)).toEqual(second)
      expect(await counts(tablet)).toEqual(third)
      expect((await store.mailboxState(bob))?.lastSeenAt).toBe(later(4))
      const again = await reopen()
      expect(await Promise.all([counts(bob, again), counts(tablet, again)])).toEqual([second, third])
    })

    test('[P21][P59] what decides whether a device may be connected is told as it is now', async () => {
      const [alice, bob] = [makeAccount('alice'), makeAccount('bob')]
      const { store } = await withPeople(alice, bob)
      await store.append(submission(alice, bob), NOW)
      const standing = await store.standing(bob)
      expect(Buffer.from(standing?.identityKey ?? [])).toEqual(bob.identityKey)
      expect(standing).toMatchObject({ disabledAt: undefined, box: { registrationId: 101, lastPosition: 1 } })
      expect((await store.standing({ ...bob, device: device(2) }))?.box).toBeUndefined()
      expect(await store.standing(makeAccount('nobody'))).toBeUndefined()

      await store.enter(bob, randomBytes(32), NOW)
      await store.replaceDeviceList(bob.account, deviceList(2, listed(1, 500), listed(2)))
      expect(await store.standing(bob)).toMatchObject({ box: { registrationId: 500 } })
      await store.replaceDeviceList(bob.account, deviceList(3, listed(2)))
      expect(await store.standing(bob)).toMatchObject({ box: undefined })
      // Whoever entered as the device that was there before is not the one that is there now.
      await store.replaceDeviceList(bob.account, deviceList(4, listed(1), listed(2)))
      expect(await store.standing(bob)).toMatchObject({ box: { registrationId: 101, connection: undefined } })
      await store.eraseAccount(bob.account)
      expect(await store.standing(bob)).toBeUndefined()
    })

    test('[S2][S5] many at once: every accepted one is there once, in the order of its sender', async () => {
      const people = Array.from({ length: 8 }, (_, index) => makeAccount(`person${index}`, listed(1), listed(2)))
      const { store, reopen } = await withPeople(...people)
      const rounds = 25
      const sends = people.flatMap((from) =>
        people
          .filter((to) => to !== from)
          .flatMap((to) =>
            Array.from({ length: rounds }, (_, round) =>
              store.append(submission(from, to, `${from.username} ${round}`), NOW),
            ),
          ),
      )
      const acknowledging = people.map((person) => store.acknowledge(person, [1, 2, 3]))
      const outcomes = await Promise.all(sends)
      await Promise.all(acknowledging)
      // A store may have come to that before it had taken any.
      await Promise.all(people.map((person) => store.acknowledge(person, [1, 2, 3])))
      expect(outcomes.every(({ outcome }) => outcome === 'accepted')).toBe(true)

      const again = await reopen()
      for (const to of people) {
        const second = await again.read({ ...to, device: device(2) }, 0, 10_000)
        expect(second.map(({ position }) => position)).toEqual(second.map((_, index) => index + 1))
        for (const from of people.filter((person) => person !== to)) {
          const own = second.filter(({ sender }) => Buffer.from(sender).equals(uuidToBytes(from.account)))
          expect(text(own)).toEqual(Array.from({ length: rounds }, (_, round) => `${from.username} ${round}`))
        }
        expect(await again.mailboxState(to)).toMatchObject({ held: 7 * rounds - 3 })
      }
    })

    test('[S2][S4][S5][S6] whatever the order of events, a mailbox is what a simple model says', async () => {
      const event = fc.oneof(
        fc.record({
          do: fc.constant('append' as const),
          id: fc.integer({ min: 0, max: 9 }),
          size: fc.integer({ min: 1, max: 40 }),
        }),
        fc.record({
          do: fc.constant('acknowledge' as const),
          those: fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 4 }),
        }),
        fc.record({ do: fc.constant('restart' as const) }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
          const alice = makeAccount('alice')
          const bob = makeAccount('bob')
          const { store: first, reopen } = await withPeople(alice, bob)
          let store = first
          const taken = new Set<number>()
          const positions: number[] = []
          const held = new Map<number, number>()
          for (const happened of events) {
            if (happened.do === 'restart') store = await reopen()
            if (happened.do === 'acknowledge') {
              const acknowledged = happened.those.map((index) => positions[index] ?? 1_000_000)
              for (const position of acknowledged) held.delete(position)
              await store.acknowledge(bob, acknowledged)
            }
            if (happened.do !== 'append') continue
            const content = randomBytes(happened.size)
            const message = { ...submission(alice, bob, content), submission: Buffer.alloc(16, happened.id) }
            const { outcome } = await store.append(message, NOW)
            expect(outcome).toBe(taken.has(happened.id) ? 'duplicate' : 'accepted')
            if (outcome !== 'accepted') continue
            taken.add(happened.id)
            const [newest] = await store.read(bob, positions.at(-1) ?? 0, 10)
            if (newest === undefined) throw new Error('what was accepted is not there')
            positions.push(newest.position)
            held.set(newest.position, happened.size)
          }
          const envelopes = await store.read(bob, 0, 100)
          expect(envelopes.map(({ position, content }) => [position, content.length])).toEqual([...held])
          const heldBytes = [...held.values()].reduce((sum, size) => sum + size, 0)
          expect(await store.mailboxState(bob)).toMatchObject({ held: held.size, heldBytes })
          await store.close()
        }),
        { numRuns: 40 },
      )
    })
  })

  test('the relay keeps its id', async () => {
    const { store, reopen } = await withPeople()
    const { relay } = store
    expect(relay).toHaveLength(16)
    expect(Buffer.from((await reopen()).relay).equals(relay)).toBe(true)
  })

  test('accounts come in pages, each once', async () => {
    const people = Array.from({ length: 5 }, (_, index) => makeAccount(`person${index}`))
    const { store } = await withPeople(...people)
    const seen: AccountId[] = []
    for (;;) {
      const page = await store.accountsAfter(seen.at(-1), 2)
      if (page.length === 0) break
      seen.push(...page)
    }
    expect(seen.toSorted()).toEqual(people.map(({ account }) => account).toSorted())
  })

  describe('[S15]', () => {
    const meeting = (lasts = 1000): Meeting => ({
      code: randomBytes(32),
      place: AccountId.parse(randomUUID()),
      expiresAt: later(lasts),
    })
    const words = (taken: { messages: Uint8Array[] } | undefined) =>
      taken?.messages.map((content) => Buffer.from(content).toString())

    test('a rendezvous is joined once, and knows its place after a restart', async () => {
      const { store, reopen } = await withPeople()
      const one = meeting()
      expect(await store.openRendezvous(one, NOW)).toBe(true)
      expect(await store.openRendezvous({ ...meeting(), code: one.code }, NOW)).toBe(false)
      const again = await reopen()
      const [first, second] = [await again.joinRendezvous(one.code, NOW), await again.joinRendezvous(one.code, NOW)]
      expect(first).toMatchObject({ place: one.place, expiresAt: one.expiresAt })
      expect(second).toBeUndefined()
      expect(await again.joinRendezvous(randomBytes(32), NOW)).toBeUndefined()
    })

    test('of many who join at once, one does', async () => {
      const { store } = await withPeople()
      const one = meeting()
      await store.openRendezvous(one, NOW)
      const joined = await Promise.all(Array.from({ length: 20 }, () => store.joinRendezvous(one.code, NOW)))
      expect(joined.filter((found) => found !== undefined)).toHaveLength(1)
    })

    test('each side takes what is placed for it, in order and once; so many and no more', async () => {
      const { store } = await withPeople()
      const { code, ...rest } = meeting()
      await store.openRendezvous({ code, ...rest }, NOW)
      for (let i = 1; i <= RENDEZVOUS_MESSAGES - 1; i++)
        expect(await store.placeRendezvousMessage(code, 'joiner', Buffer.from(`m${i}`), NOW)).toBe('placed')
      expect(words(await store.takeRendezvousMessages(code, 'opener', NOW))).toEqual([])
      expect(words(await store.takeRendezvousMessages(code, 'joiner', NOW))).toEqual(
        Array.from({ length: RENDEZVOUS_MESSAGES - 1 }, (_, i) => `m${i + 1}`),
      )
      expect(words(await store.takeRendezvousMessages(code, 'joiner', NOW))).toEqual([])
      expect(await store.placeRendezvousMessage(code, 'joiner', Buffer.from('last'), NOW)).toBe('placed')
      expect(await store.placeRendezvousMessage(code, 'joiner', Buffer.from('more'), NOW)).toBe('too-many')
      expect(words(await store.takeRendezvousMessages(code, 'joiner', NOW))).toEqual(['last'])
      expect(await store.placeRendezvousMessage(code, 'opener', Buffer.from('back'), NOW)).toBe('placed')
      expect(words(await store.takeRendezvousMessages(code, 'opener', NOW))).toEqual(['back'])
    })

    test('what was said before one left is heard by the other, and nothing more is said', async () => {
      const { store } = await withPeople()
      const { code, ...rest } = meeting()
      await store.openRendezvous({ code, ...rest }, NOW)
      await store.joinRendezvous(code, NOW)
      await store.placeRendezvousMessage(code, 'joiner', Buffer.from('goodbye'), NOW)
      await store.closeRendezvous(code)
      expect(await store.placeRendezvousMessage(code, 'opener', Buffer.from('wait'), NOW)).toBe('gone')
      const taken = await store.takeRendezvousMessages(code, 'joiner', NOW)
      expect([words(taken), taken?.over]).toEqual([['goodbye'], true])
      expect(await store.takeRendezvousMessages(code, 'joiner', NOW)).toBeUndefined()
      expect(await store.openRendezvous({ code, ...rest }, NOW)).toBe(true)
      await store.joinRendezvous(code, NOW)
      await store.closeRendezvous(code)
      await store.closeRendezvous(code)
      expect(await store.takeRendezvousMessages(code, 'opener', NOW)).toBeUndefined()
    })

    test('one that is closed, or too old, is gone with what was said in it', async () => {
      const { store } = await withPeople()
      const closed = meeting()
      await store.openRendezvous(closed, NOW)
      await store.placeRendezvousMessage(closed.code, 'joiner', Buffer.from('hello'), NOW)
      await store.closeRendezvous(closed.code)
      expect(await store.takeRendezvousMessages(closed.code, 'joiner', NOW)).toBeUndefined()
      expect(await store.placeRendezvousMessage(closed.code, 'joiner', Buffer.from('hello'), NOW)).toBe('gone')
      expect(await store.joinRendezvous(closed.code, NOW)).toBeUndefined()

      const old = meeting(1000)
      await store.openRendezvous(old, NOW)
      await store.placeRendezvousMessage(old.code, 'joiner', Buffer.from('hello'), NOW)
      expect(await store.joinRendezvous(old.code, later(1000))).toBeUndefined()
      expect(await store.takeRendezvousMessages(old.code, 'joiner', later(1000))).toBeUndefined()
      const fresh = { ...meeting(5000), code: old.code }
      expect(await store.openRendezvous(fresh, later(1000))).toBe(true)
      expect(words(await store.takeRendezvousMessages(old.code, 'joiner', later(1000)))).toEqual([])
      expect(await store.expireRendezvous(later(4999))).toBe(0)
      expect(await store.expireRendezvous(later(5000))).toBe(1)
      expect(await store.joinRendezvous(old.code, later(1000))).toBeUndefined()
    })
  })
}
