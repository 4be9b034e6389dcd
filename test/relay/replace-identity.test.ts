// Another identity key for an account: signed by both, or nothing happens.

import { expect, test } from 'vitest'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { replacementBytes } from '../../src/protocol/signed.ts'
import {
  addDevice,
  comeBack,
  dial,
  hello,
  identityKey,
  join,
  keyUpload,
  kyberKey,
  makePerson,
  type Person,
  proof,
  sign,
  signedEcKey,
  signedList,
} from './device.ts'
import { openRelay } from './open.ts'

async function setUp() {
  const relay = await openRelay()
  const alice = makePerson('alice')
  const laptop = addDevice(alice, 2)
  const line = await join(relay, alice)
  await line.ask({ case: 'uploadKeys', value: keyUpload(alice, 5) })
  const next = makePerson('alice', {
    ...alice,
    identity: makePerson('any').identity,
    listVersion: alice.listVersion + 1,
  })
  return { relay, alice, laptop, line, next }
}

function replacement(old: Person, next: Person, others: Person[] = []) {
  const deviceList = signedList(next)
  const [oldKey, newKey] = [identityKey(old), identityKey(next)]
  const statement = replacementBytes(old.account, { oldKey, newKey, list: deviceList.list })
  return {
    oldKey,
    newKey,
    deviceList,
    signatureByOld: sign(old, statement),
    signatureByNew: sign(next, statement),
    byDevice: old.device,
    devices: others.map(({ device }) => ({
      device,
      sealed: Buffer.from(`for ${device}`),
      signedPrekey: signedEcKey(next, 1),
      lastResortPrekey: kyberKey(next, 1),
    })),
  }
}

async function authenticating(relay: { url: string }, person: Person) {
  const line = await dial(relay)
  const answered = await line.ask({ case: 'authenticate', value: proof(person, await hello(line)) })
  return answered.case === 'refused' ? answered.value : answered.case
}

test('[P97] the new key is pinned with its list, every connection ends, and the old key is shown what took its place', async () => {
  const { relay, alice, laptop, line, next } = await setUp()
  const other = await comeBack(relay, laptop)
  const value = replacement(alice, next, [laptop])
  await line.expect({ case: 'replaceIdentity', value }, 'identityReplaced')
  expect(await line.closed).toBe(1008)
  expect(await other.closed).toBe(1008)
  expect(await authenticating(relay, next)).toBe('authenticated')
  expect(await authenticating(relay, { ...laptop, identity: next.identity })).toBe('authenticated')
  const shown = await authenticating(relay, laptop)
  expect(shown).toMatchObject({ reason: Reason.IDENTITY_MISMATCH, replacement: { byDevice: 1 } })
  if (typeof shown === 'string' || shown?.replacement === undefined) throw new Error('nothing was shown')
  expect(Buffer.from(shown.replacement.newKey)).toEqual(Buffer.from(identityKey(next)))
  expect(shown.replacement.devices.map(({ sealed }) => Buffer.from(sealed).toString())).toEqual(['for 2'])
  // Whoever has the old key and is no device of the list sees that, and nothing that is sealed.
  const removed = await authenticating(relay, { ...laptop, device: 3 as never })
  expect(removed).toMatchObject({ reason: Reason.IDENTITY_MISMATCH, replacement: { devices: [] } })
  // And who has not the old key sees nothing.
  const stranger = await authenticating(relay, makePerson('alice', { account: alice.account }))
  expect(stranger).toMatchObject({ reason: Reason.IDENTITY_MISMATCH })
  expect(typeof stranger !== 'string' && stranger?.replacement).toBeUndefined()
})

test('[P97] whoever has a key of before the one before is shown what took its place, and so on to the newest', async () => {
  const { relay, alice, laptop, line, next } = await setUp()
  await line.expect({ case: 'replaceIdentity', value: replacement(alice, next, [laptop]) }, 'identityReplaced')
  const last = makePerson('alice', {
    ...next,
    identity: makePerson('any').identity,
    listVersion: next.listVersion + 1,
  })
  const again = await comeBack(relay, next)
  const value = { ...replacement(next, last, [laptop]), earlier: [replacement(alice, last, [laptop])] }
  await again.expect({ case: 'replaceIdentity', value }, 'identityReplaced')
  const followed: Buffer[] = []
  for (const identity of [alice.identity, next.identity]) {
    const shown = await authenticating(relay, { ...laptop, identity })
    if (typeof shown === 'string' || shown?.replacement === undefined) throw new Error('nothing was shown')
    const { newKey, devices, earlier } = shown.replacement
    followed.push(Buffer.from(newKey))
    expect(devices.map(({ device }) => device)).toEqual([2])
    expect(earlier).toEqual([])
  }
  expect(followed).toEqual([next, last].map((person) => Buffer.from(identityKey(person))))
  expect(await authenticating(relay, { ...laptop, identity: last.identity })).toBe('authenticated')
})

test('[P97][P13] not signed by both keys, by another device, with a list of the old key: nothing happens', async () => {
  const { relay, alice, laptop, next } = await setUp()
  const good = replacement(alice, next, [laptop])
  const bad = [
    { ...good, signatureByOld: good.signatureByNew },
    { ...good, signatureByNew: good.signatureByOld },
    { ...good, oldKey: good.newKey },
    { ...good, newKey: good.oldKey },
    { ...good, deviceList: signedList(alice) },
    { ...good, byDevice: 2 },
    { ...good, devices: good.devices.map((one) => ({ ...one, device: 9 })) },
    { ...good, devices: good.devices.map((one) => ({ ...one, signedPrekey: signedEcKey(alice, 1) })) },
    { ...good, devices: good.devices.map((one) => ({ ...one, sealed: new Uint8Array(9_000) })) },
    { ...good, devices: [...good.devices, ...good.devices] },
  ]
  for (const value of bad) {
    const line = await comeBack(relay, alice)
    expect((await line.ask({ case: 'replaceIdentity', value })).case).toBe('refused')
    await line.hangUp()
  }
  expect(await authenticating(relay, next)).toMatchObject({ reason: Reason.IDENTITY_MISMATCH })
  expect(await authenticating(relay, alice)).toBe('authenticated')
})
