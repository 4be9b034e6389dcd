// Device lists: only the account itself says which devices it has.

import { create, toBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import {
  devicesOf,
  type ListedDevice,
  signDeviceList,
  verifyDeviceList,
} from '../../../src/engine/signal/device-list.ts'
import { OwnIdentity } from '../../../src/engine/signal/own-identity.ts'
import { verifySignature } from '../../../src/engine/signal/verify.ts'
import { readDeviceList, writeDeviceList } from '../../../src/engine/storage/device-lists.ts'
import { DeviceListSchema } from '../../../src/protocol/generated/relay_pb.ts'
import { deviceListBytes } from '../../../src/protocol/signed.ts'
import { AccountId, DeviceId, RegistrationId, uuidToBytes } from '../../../src/shared/ids.ts'
import { person, START } from './people.ts'

const account = AccountId.parse('9d0652a3-dcc3-4d11-975f-74d61598733f')
const stranger = AccountId.parse('796abedb-ca4e-4f18-8803-1fde5b921f9f')
const identity = OwnIdentity.generate()

function devices(count: number): ListedDevice[] {
  return Array.from({ length: count }, (_, index) => ({
    device: DeviceId.parse(index + 1),
    registrationId: RegistrationId.parse(1000 + index),
    addedAt: START,
  }))
}

/** Signed by the account, whatever it says. */
function signedAnyhow(numbers: number[], version = 1n) {
  const listed = numbers.map((device) => ({ device, registrationId: 7, addedMs: 1n }))
  const list = toBinary(
    DeviceListSchema,
    create(DeviceListSchema, { account: uuidToBytes(account), version, devices: listed }),
  )
  return { list, signature: identity.sign(deviceListBytes(list)) }
}

function whatBecomesOf(
  signed: { list: Uint8Array; signature: Uint8Array },
  known?: Parameters<typeof verifyDeviceList>[3],
) {
  const verdict = verifyDeviceList(signed, account, identity.publicKey, known)
  return verdict.is === 'refused' ? verdict.why : verdict.newer
}

test('[P21][D2] what the account signed is believed, device by device', () => {
  const signed = signDeviceList(identity, account, 3, devices(10))
  const verdict = verifyDeviceList(signed, account, identity.publicKey)
  expect(verdict).toEqual({ is: 'genuine', newer: true, stored: signed, devices: devices(10) })
  expect(devicesOf(signed)).toEqual(devices(10))
})

test('[P21][D2][F27] a device the relay adds, another signer, another account: refused', () => {
  const signed = signDeviceList(identity, account, 1, devices(1))
  const ghost = signedAnyhow([1, 2]).list
  expect(whatBecomesOf({ list: ghost, signature: signed.signature })).toBe('signature-invalid')
  expect(whatBecomesOf(signDeviceList(OwnIdentity.generate(), account, 1, devices(1)))).toBe('signature-invalid')
  expect(whatBecomesOf(signDeviceList(identity, stranger, 1, devices(1)))).toBe('another-account')
  expect(whatBecomesOf({ list: new Uint8Array(), signature: new Uint8Array() })).toBe('signature-invalid')
})

test('[P21] the list of now may come again, a newer one replaces it, an older or a second one of the same version does not', () => {
  const second = signDeviceList(identity, account, 2, devices(2))
  expect(whatBecomesOf(second, second)).toBe(false)
  expect(whatBecomesOf(signDeviceList(identity, account, 3, devices(1)), second)).toBe(true)
  expect(whatBecomesOf(signDeviceList(identity, account, 1, devices(1)), second)).toBe('older')
  expect(whatBecomesOf(signDeviceList(identity, account, 2, devices(3)), second)).toBe('forked')
})

test('[P21][D2] eleven devices are too many, none too few, and no device is listed twice', () => {
  expect(() => signDeviceList(identity, account, 1, devices(11))).toThrow('at most')
  expect(whatBecomesOf(signedAnyhow(Array.from({ length: 11 }, (_, index) => index + 1)))).toBe('too-long')
  expect(whatBecomesOf(signedAnyhow([]))).toBe('malformed')
  expect(whatBecomesOf(signedAnyhow([1, 1]))).toBe('malformed')
  expect(whatBecomesOf(signedAnyhow([0]))).toBe('malformed')
  expect(whatBecomesOf(signedAnyhow([1], 0n))).toBe('malformed')
  expect(whatBecomesOf(signedAnyhow([1], 2n ** 60n))).toBe('malformed')
})

test('[P21] the stored list is never replaced by one that is not newer', () => {
  const { sql } = person('Alice')
  const second = signDeviceList(identity, account, 2, devices(2))
  writeDeviceList(sql, account, second)
  writeDeviceList(sql, account, signDeviceList(identity, account, 1, devices(1)))
  expect(whatBecomesOf(readDeviceList(sql, account) ?? second, second)).toBe(false)
  expect(readDeviceList(sql, account)?.version).toBe(2)
  writeDeviceList(sql, account, signDeviceList(identity, account, 3, devices(1)))
  expect(readDeviceList(sql, account)?.version).toBe(3)
})

test('[P11] a signature is good for its key and its bytes only, and what is none is just not good', () => {
  const message = Uint8Array.of(1, 2, 3)
  const signature = identity.sign(message)
  expect(verifySignature(identity.publicKey, message, signature)).toBe(true)
  expect(verifySignature(identity.publicKey, Uint8Array.of(1, 2, 4), signature)).toBe(false)
  expect(verifySignature(OwnIdentity.generate().publicKey, message, signature)).toBe(false)
  for (const length of [0, 32, 33, 64]) {
    expect(verifySignature(new Uint8Array(length), message, signature)).toBe(false)
    expect(verifySignature(identity.publicKey, message, new Uint8Array(length))).toBe(false)
  }
})
