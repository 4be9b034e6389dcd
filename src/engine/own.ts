// Who we are on this device, and what we call ourselves.

import type { AccountId, DeviceId, Username } from '../shared/ids.ts'
import type { ProfileContent } from './messages/content.ts'

export interface Own {
  account: AccountId
  device: DeviceId
  username: Username
  name: string
  profileVersion: number
}

export function ownProfile(own: Own): ProfileContent {
  return { username: own.username, name: own.name, version: own.profileVersion }
}
