// The own profile as a window shows it.

import type { Profile } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { readAccount } from '../storage/account.ts'
import { avatarHash } from '../storage/avatars.ts'

export function showProfile(sql: Sql): Profile | null {
  const stored = readAccount(sql)
  if (stored === undefined) return null
  const { account, device, username, name, about, relay } = stored
  return { account, device, username, name, about, avatar: avatarHash(sql, account), relay }
}
