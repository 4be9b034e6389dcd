// The newest signed device list seen of each account: an older one is never believed again [P21].

import type { AccountId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { StoredDeviceList } from './account.ts'

export function readDeviceList(sql: Sql, account: AccountId): StoredDeviceList | undefined {
  return sql.get<StoredDeviceList>('SELECT version, list, signature FROM device_lists WHERE account = ?', [account])
}

/** As it was signed, without the rest. */
export function readListBytes(sql: Sql, account: AccountId): Uint8Array | undefined {
  return sql.get<{ list: Uint8Array }>('SELECT list FROM device_lists WHERE account = ?', [account])?.list
}

/** Verify it first. One that is not newer than the stored one changes nothing. */
export function writeDeviceList(sql: Sql, account: AccountId, deviceList: StoredDeviceList): void {
  sql.run(
    `INSERT INTO device_lists (account, version, list, signature) VALUES (?, ?, ?, ?)
     ON CONFLICT (account) DO UPDATE SET
       version = excluded.version, list = excluded.list, signature = excluded.signature
     WHERE excluded.version > device_lists.version`,
    [account, deviceList.version, deviceList.list, deviceList.signature],
  )
}

/** A new identity key counts anew: what the old one signed says nothing any more. */
export function forgetDeviceList(sql: Sql, account: AccountId): void {
  sql.run('DELETE FROM device_lists WHERE account = ?', [account])
}
