// What somebody is called as long as nobody has said what they are called.

import { type AccountId, Username } from '../../shared/ids.ts'

/** Honest devices say their name with their first message; this is for the others. */
export function strangersName(account: AccountId): Username {
  return Username.parse(`unknown-${account.slice(0, 8)}`)
}
