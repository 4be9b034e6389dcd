// Who we are on this device, read from what is stored.

import type { Sql } from '../../shared/sql.ts'
import { type Own, ownDevices } from '../own.ts'
import type { OwnAccount } from '../signal/own-identity.ts'
import { readAccount } from '../storage/account.ts'
import { readAvatar } from '../storage/avatars.ts'

export function readOwn(sql: Sql, { account, device, registrationId }: Omit<OwnAccount, 'identity'>): Own {
  const stored = readAccount(sql)
  if (stored === undefined) throw new Error('there is no account to be')
  const { username, name, profileVersion, about, detailsVersion, deviceList } = stored
  return {
    account,
    device,
    registrationId,
    username,
    name,
    profileVersion,
    about,
    detailsVersion,
    avatar: readAvatar(sql, account)?.pointer ?? undefined,
    ...ownDevices(deviceList, device),
  }
}
