// Finding somebody by the name they have at the relay.

import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import { AccountId, bytesToUuid } from '../../shared/ids.ts'
import type { Person } from '../../shared/model.ts'
import { showPerson } from '../conversations/show.ts'
import type { Live } from '../live.ts'
import { rememberPerson, takeProfile } from '../storage/people.ts'

export async function findPerson(live: Live, { username }: ParsedInput<'findPerson'>): Promise<Answer<Person>> {
  const { sql } = live.ports
  if (username === live.own.username) {
    rememberOneself(live)
    return answer(showPerson(sql, live.own.account))
  }
  const found = await live.connection.ask({ case: 'lookUp', value: { username } }, 'found')
  if (!found.ok) return found
  const account = AccountId.safeParse(bytesToUuid(found.value.account))
  if (!account.success) return refuse('relay-refused', 'an account that is none')
  sql.transaction(() => rememberPerson(sql, account.data, username))
  return answer(showPerson(sql, account.data))
}

/** [X5] One is among the people one can write to. */
export function rememberOneself({ ports: { sql }, own }: Live): void {
  sql.transaction(() => {
    rememberPerson(sql, own.account, own.username)
    takeProfile(sql, own.account, { username: own.username, name: own.name, version: own.profileVersion })
  })
}
