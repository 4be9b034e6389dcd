// Who we are on this device, and what we say about ourselves.

import type { AccountId, DeviceId, Username } from '../shared/ids.ts'
import type { DetailsContent, ProfileContent } from './messages/content.ts'

export interface Own {
  account: AccountId
  device: DeviceId
  username: Username
  name: string
  profileVersion: number
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
