// Who we are on this device, what we call ourselves, and which other devices are ours.

import type { AccountId, DeviceId, RegistrationId, Username } from '../shared/ids.ts'
import type { ProfileContent } from './messages/content.ts'
import { devicesOf, type ListedDevice } from './signal/device-list.ts'
import type { StoredDeviceList } from './storage/account.ts'

export interface Own {
  account: AccountId
  device: DeviceId
  registrationId: RegistrationId
  username: Username
  name: string
  profileVersion: number
  /** Of our signed device list. */
  listVersion: number
  /** Our devices but this one, by that list. */
  others: readonly ListedDevice[]
}

export function ownProfile(own: Own): ProfileContent {
  return { username: own.username, name: own.name, version: own.profileVersion }
}

/** Device 1 was there from the beginning; every other was added. */
export function wasLinked(own: Own): boolean {
  return own.device > 1
}

/** What a list says of us, on this device. */
export function ownDevices(list: StoredDeviceList, device: DeviceId): Pick<Own, 'listVersion' | 'others'> {
  return { listVersion: list.version, others: devicesOf(list).filter((listed) => listed.device !== device) }
}
