// Where a session leads: one device of one account [P23].

import { ProtocolAddress } from '@signalapp/libsignal-client'
import type { AccountId, DeviceId } from '../../shared/ids.ts'

export interface Address {
  account: AccountId
  device: DeviceId
}

/** `account.device`: for maps and logs. */
export function addressText(address: Address): string {
  return `${address.account}.${address.device}`
}

/** libsignal binds first messages to both addresses, because the names are UUIDs. */
export function protocolAddress(address: Address): ProtocolAddress {
  return ProtocolAddress.new(address.account, address.device)
}
