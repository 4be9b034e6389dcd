// A stranger says what they are called; the relay knows whose name it is.

import { type AccountId, bytesToUuid } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { strangersName } from '../messages/strangers-name.ts'
import type { Log } from '../ports.ts'
import { findPersonRow, setUsername } from '../storage/people.ts'
import type { RelayConnection } from '../sync/connection.ts'
import { Touched } from '../touched.ts'

export interface CheckNeeds {
  sql: Sql
  connection: RelayConnection
  log: Log
  tell(touched: Touched): void
}

/** Takes the name away if it is somebody else's. Without an answer it stays: it is a claim, and shown as one. */
export function checkUsername(needs: CheckNeeds, account: AccountId): void {
  const person = findPersonRow(needs.sql, account)
  if (person === undefined) return
  needs.connection.ask({ case: 'lookUp', value: { username: person.username } }, 'found').then(
    (found) => {
      const isTheirs = found.ok ? bytesToUuid(found.value.account) === account : found.failure.code !== 'no-such-person'
      if (isTheirs) return
      needs.log.warn('people.username-of-somebody-else')
      const touched = new Touched()
      if (setUsername(needs.sql, account, strangersName(account))) touched.renamed(account)
      needs.tell(touched)
    },
    () => needs.log.error('people.check-username'),
  )
}
