// Who we are on this device, what we say about ourselves, and which other devices are ours.

import type { AccountId, DeviceId, RegistrationId, Username } from '../shared/ids.ts'
import type { DetailsContent, ProfileContent } from './messages/content.ts'
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
  about: string
  /** Where one's picture lies: a serialised BlobPointer. */
  avatar: Uint8Array | undefined
  /** 0: nothing was ever said beyond the name. */
  detailsVersion: number
}

/** @param details whether they may know more than the name [P170] */
export function ownProfile(own: Own, details: boolean): ProfileContent {
  const profile: ProfileContent = { username: own.username, name: own.name, version: own.profileVersion }
  return details && own.detailsVersion > 0 ? { ...profile, details: ownDetails(own) } : profile
}

export function ownDetails(own: Own): DetailsContent {
  return { about: own.about, avatar: own.avatar, version: own.detailsVersion }
}

/** Device 1 was there from the beginning; every other was added. */
export function wasLinked(own: Own): boolean {
  return own.device > 1
}

/** What a list says of us, on this device. */
export function ownDevices(list: StoredDeviceList, device: DeviceId): Pick<Own, 'listVersion' | 'others'> {
  return { listVersion: list.version, others: devicesOf(list).filter((listed) => listed.device !== device) }
}
