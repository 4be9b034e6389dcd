// The rows of a device's prekeys: their lock, and how many there are.

import type { AccountId, DeviceId } from '../../../shared/ids.ts'
import type { ListedDevice, OneTimeCounts } from '../../store.ts'
import type { Query } from './connect.ts'

export type Standing = 'signed' | 'last-resort'
export type OneTime = 'ec' | 'kyber'

export type KeyCount = OneTimeCounts & { device: DeviceId }

const LOCK = {
  name: 'lock-keys',
  text: `SELECT device, registration_id AS "registrationId", replaced_by AS "replacedBy" FROM mailboxes
    WHERE account = $1 AND device = ANY ($2::smallint[]) ORDER BY device FOR UPDATE`,
}
const COUNT = {
  name: 'count-keys',
  text: `SELECT device, count(*) FILTER (WHERE kind = 'ec')::integer AS "oneTimeEc",
      count(*) FILTER (WHERE kind = 'kyber')::integer AS "oneTimeKyber"
    FROM one_time_prekeys WHERE account = $1 AND device = ANY ($2::smallint[]) GROUP BY device`,
}

/** The mailboxes whose keys are about to change, for this transaction alone. */
export function lockKeys(query: Query, account: AccountId, devices: readonly DeviceId[]) {
  return query<ListedDevice & { replacedBy: Buffer | null }>(LOCK, [account, devices])
}

/** Of devices that have any. */
export function countKeys(query: Query, account: AccountId, devices: readonly DeviceId[]): Promise<KeyCount[]> {
  return query<KeyCount>(COUNT, [account, devices])
}

export function countOf(counts: readonly KeyCount[], device: DeviceId): OneTimeCounts {
  const found = counts.find((count) => count.device === device)
  return { oneTimeEc: found?.oneTimeEc ?? 0, oneTimeKyber: found?.oneTimeKyber ?? 0 }
}
