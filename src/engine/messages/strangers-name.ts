// What somebody is called as long as nobody has said what they are called.

import { type AccountId, Username } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { calledHere, findPersonRow } from '../storage/people.ts'

/** Honest devices say their name with their first message; this is for the others. */
export function strangersName(account: AccountId): Username {
  return Username.parse(`unknown-${account.slice(0, 8)}`)
}

/** What somebody is called on this device [P171]. Undefined: nobody here has heard what. */
export function nameHere(sql: Sql, account: AccountId): string | undefined {
  const row = findPersonRow(sql, account)
  if (row === undefined || (row.nickname === null && row.name === strangersName(account))) return undefined
  return calledHere(row)
}
