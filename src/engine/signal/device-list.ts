// Device lists: which devices an account has, signed by its identity key, so that a relay can add none [P21].

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { type DeviceList, DeviceListSchema } from '../../protocol/generated/relay_pb.ts'
import { MAX_DEVICES } from '../../protocol/limits.ts'
import { deviceListBytes } from '../../protocol/signed.ts'
import { type AccountId, bytesToUuid, DeviceId, Instant, RegistrationId, uuidToBytes } from '../../shared/ids.ts'
import type { StoredDeviceList } from '../storage/account.ts'
import { sameBytes } from './bytes.ts'
import type { OwnIdentity } from './own-identity.ts'
import { verifySignature } from './verify.ts'

export interface ListedDevice {
  device: DeviceId
  registrationId: RegistrationId
  addedAt: Instant
}

/** older: than the one known · forked: the same version with other bytes, both signed. */
export type DeviceListRefusal = 'signature-invalid' | 'malformed' | 'another-account' | 'too-long' | 'older' | 'forked'

export type DeviceListVerdict =
  | { is: 'genuine'; newer: boolean; stored: StoredDeviceList; devices: ListedDevice[] }
  | { is: 'refused'; why: DeviceListRefusal }

/**
 * Serialised once and signed: what is kept and sent are these very bytes.
 * @param highest the highest number that any device of the account ever had: it is never given again.
 */
export function signDeviceList(
  identity: OwnIdentity,
  account: AccountId,
  version: number,
  devices: readonly ListedDevice[],
  highest = highestOf(devices),
): StoredDeviceList {
  if (devices.length > MAX_DEVICES) throw new Error(`an account has at most ${MAX_DEVICES} devices`)
  const list = toBinary(
    DeviceListSchema,
    create(DeviceListSchema, {
      account: uuidToBytes(account),
      version: BigInt(version),
      devices: devices.map(({ device, registrationId, addedAt }) => ({
        device,
        registrationId,
        addedMs: BigInt(addedAt),
      })),
      highestDevice: Math.max(highest, highestOf(devices)),
    }),
  )
  return { version, list, signature: identity.sign(deviceListBytes(list)) }
}

/**
 * @param known the newest list seen of this account under this key, if any: it may come again, an older one may not.
 */
export function verifyDeviceList(
  signed: { list: Uint8Array; signature: Uint8Array },
  account: AccountId,
  identityKey: Uint8Array,
  known?: StoredDeviceList,
): DeviceListVerdict {
  // The signature first: nothing is parsed that nobody vouches for.
  if (!verifySignature(identityKey, deviceListBytes(signed.list), signed.signature)) return refused('signature-invalid')
  const list = parse(signed.list)
  if (list === undefined) return refused('malformed')
  if (bytesToUuid(list.account) !== account) return refused('another-account')
  if (list.devices.length > MAX_DEVICES) return refused('too-long')
  const devices = parseDevices(list)
  const version = Number(list.version)
  if (devices === undefined || !Number.isSafeInteger(version) || version < 1) return refused('malformed')
  if (known !== undefined && version < known.version) return refused('older')
  if (known !== undefined && version === known.version && !sameBytes(signed.list, known.list)) return refused('forked')
  const stored = { version, list: signed.list, signature: signed.signature }
  return { is: 'genuine', newer: known === undefined || version > known.version, stored, devices }
}

/** The devices of a list that was verified before it was stored. */
export function devicesOf(stored: Pick<StoredDeviceList, 'list'>): ListedDevice[] {
  const list = parse(stored.list)
  const devices = list && parseDevices(list)
  if (devices === undefined) throw new Error('a stored device list does not parse')
  return devices
}

/** The highest number that any device of the account ever had. */
export function highestDevice(stored: StoredDeviceList): number {
  return Math.max(parse(stored.list)?.highestDevice ?? 0, highestOf(devicesOf(stored)))
}

function highestOf(devices: readonly ListedDevice[]): number {
  return Math.max(0, ...devices.map(({ device }) => device))
}

function refused(why: DeviceListRefusal): DeviceListVerdict {
  return { is: 'refused', why }
}

function parse(list: Uint8Array): DeviceList | undefined {
  try {
    return fromBinary(DeviceListSchema, list)
  } catch {
    return undefined
  }
}

/** Undefined: without any device, with one twice, or with numbers no device has. */
function parseDevices(list: DeviceList): ListedDevice[] | undefined {
  const devices = new Map<DeviceId, ListedDevice>()
  for (const listed of list.devices) {
    const device = DeviceId.safeParse(listed.device)
    const registrationId = RegistrationId.safeParse(listed.registrationId)
    const addedAt = Instant.safeParse(Number(listed.addedMs))
    if (!device.success || !registrationId.success || !addedAt.success || devices.has(device.data)) return undefined
    devices.set(device.data, { device: device.data, registrationId: registrationId.data, addedAt: addedAt.data })
  }
  return devices.size === 0 ? undefined : [...devices.values()]
}
