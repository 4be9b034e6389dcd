// The parser door: what a frame carries becomes what the relay believes in, or undefined.

import { fromBinary } from '@bufbuild/protobuf'
import { DeviceListSchema, type SignedDeviceList } from '../protocol/generated/relay_pb.ts'
import { IDENTITY_KEY_BYTES, MAX_DEVICES, SIGNATURE_BYTES } from '../protocol/limits.ts'
import { deviceListBytes } from '../protocol/signed.ts'
import { type AccountId, bytesToUuid, type DeviceId, type GroupId, type RegistrationId } from '../shared/ids.ts'
import type { Verify } from './ports.ts'
import type { DeviceList } from './store.ts'

const MAX_DEVICE_ID = 127
const MAX_REGISTRATION_ID = 0x3fff

export function readAccount(bytes: Uint8Array): AccountId | undefined {
  return isRandomUuid(bytes) ? (bytesToUuid(bytes) as AccountId | undefined) : undefined
}

export function readGroup(bytes: Uint8Array): GroupId | undefined {
  return isRandomUuid(bytes) ? (bytesToUuid(bytes) as GroupId | undefined) : undefined
}

/** Version 4 (RFC 9562, 5.4), as the parsers of these ids ask for: its text is theirs already, and this is read with every message. */
function isRandomUuid(bytes: Uint8Array): boolean {
  return bytes.length === 16 && (bytes[6] ?? 0) >> 4 === 4 && (bytes[8] ?? 0) >> 6 === 2
}

export function isDevice(device: number): device is DeviceId {
  return device >= 1 && device <= MAX_DEVICE_ID
}

export function isRegistrationId(id: number): id is RegistrationId {
  return id >= 1 && id <= MAX_REGISTRATION_ID
}

/** As libsignal serialises a Curve25519 key: one byte for the kind, 32 for the key. */
export function isEcKey(key: Uint8Array): boolean {
  return key.length === IDENTITY_KEY_BYTES && key[0] === 0x05
}

/** As libsignal serialises a Kyber-1024 key: one byte for the kind, 1568 for the key. */
export function isKyberKey(key: Uint8Array): boolean {
  return key.length === 1569 && key[0] === 0x08
}

export function isSignature(signature: Uint8Array): boolean {
  return signature.length === SIGNATURE_BYTES
}

/** [P21] Undefined: unsigned, for another account, empty, too long, or naming a device twice. */
export function readDeviceList(
  signed: SignedDeviceList | undefined,
  account: AccountId,
  identityKey: Uint8Array,
  verify: Verify,
): DeviceList | undefined {
  if (signed === undefined || !isSignature(signed.signature)) return undefined
  if (!verify(identityKey, deviceListBytes(signed.list), signed.signature)) return undefined
  const list = parseList(signed.list)
  if (list === undefined || readAccount(list.account) !== account) return undefined
  const version = Number(list.version)
  if (version < 1 || !Number.isSafeInteger(version)) return undefined
  const devices = list.devices.flatMap(({ device, registrationId }) =>
    isDevice(device) && isRegistrationId(registrationId) ? [{ device, registrationId }] : [],
  )
  if (devices.length !== list.devices.length || devices.length === 0 || devices.length > MAX_DEVICES) return undefined
  if (new Set(devices.map(({ device }) => device)).size !== devices.length) return undefined
  return { list: signed.list, signature: signed.signature, version, devices }
}

function parseList(bytes: Uint8Array) {
  try {
    return fromBinary(DeviceListSchema, bytes)
  } catch {
    return undefined
  }
}
