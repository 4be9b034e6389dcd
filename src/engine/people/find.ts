// Finding somebody by the name they have at the relay.

import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import { AccountId, bytesToUuid, type Username } from '../../shared/ids.ts'
import type { Person } from '../../shared/model.ts'
import { showPerson } from '../conversations/show.ts'
import type { Live } from '../live.ts'
import { strangersName } from '../messages/strangers-name.ts'
import { ownDetails } from '../own.ts'
import { avatarHash, showAvatar } from '../storage/avatars.ts'
import { findPersonRow, rememberPerson, setUsername, takeDetails, takeProfile } from '../storage/people.ts'
import { Touched } from '../touched.ts'

export async function findPerson(live: Live, { username }: ParsedInput<'findPerson'>): Promise<Answer<Person>> {
  const { sql, log } = live.ports
  if (username === live.own.username) {
    rememberOneself(live)
    return answer(showPerson(sql, live.own.account))
  }
  const found = await live.connection.ask({ case: 'lookUp', value: { username } }, 'found')
  if (!found.ok) return found
  const account = AccountId.safeParse(bytesToUuid(found.value.account))
  if (!account.success) return refuse('relay-refused', 'an account that is none')
  if (!isBelievable(live, account.data, username)) {
    log.warn('people.username-of-another-account')
    return refuse('relay-refused', 'an account that has another username')
  }
  meetPerson(live, account.data, username)
  return answer(showPerson(sql, account.data))
}

export function meetPerson({ ports: { sql }, tell }: Live, account: AccountId, username: Username): void {
  const touched = new Touched()
  sql.transaction(() => {
    rememberPerson(sql, account, username)
    if (setUsername(sql, account, username)) touched.renamed(account)
  })
  tell(touched)
}

/** A username is taken once, ever: whom we know by another name, and ourselves, the relay cannot give us under this one. */
export function isBelievable({ ports: { sql }, own }: Live, account: AccountId, username: Username): boolean {
  if (account === own.account) return false
  const known = findPersonRow(sql, account)?.username
  return known === undefined || known === username || known === strangersName(account)
}

/** [X5] One is among the people one can write to. A group may have shown one there before, by no name yet. */
export function rememberOneself({ ports: { sql }, own, tell }: Live): void {
  const touched = new Touched()
  sql.transaction(() => {
    rememberPerson(sql, own.account, own.username)
    if (takeProfile(sql, own.account, { name: own.name, version: own.profileVersion })) touched.renamed(own.account)
    takeDetails(sql, own.account, ownDetails(own))
    showAvatar(sql, own.account, avatarHash(sql, own.account))
  })
  tell(touched)
}
