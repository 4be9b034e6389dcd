// People we know of: what they call themselves, and whether we want to hear from them.

import type { AccountId, Username } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface PersonRow {
  account: AccountId
  username: Username
  name: string
  profile_version: number
  told_profile_version: number
  about: string
  details_version: number
  told_details_version: number
  avatar: string | null
  nickname: string | null
  note: string
  blocked: number
}

/** What they are called on this device [P171]. */
export function calledHere(row: Pick<PersonRow, 'name' | 'nickname'>): string {
  return row.nickname ?? row.name
}

export function findPersonRow(sql: Sql, account: AccountId): PersonRow | undefined {
  return sql.get<PersonRow>('SELECT * FROM people WHERE account = ?', [account])
}

/** What they call themselves. Undefined: nobody is known by that account. */
export function findName(sql: Sql, account: AccountId): string | undefined {
  return findPersonRow(sql, account)?.name
}

/** Their name is the username until they say another. Who is known already stays as they are. */
export function rememberPerson(sql: Sql, account: AccountId, username: Username): void {
  sql.run('INSERT INTO people (account, username, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [
    account,
    username,
    username,
  ])
}

/**
 * What they call themselves now. A username is for ever, and the relay's to say: a profile does not change it. An older
 * profile does not replace a newer. Whether anything changed.
 */
export function takeProfile(sql: Sql, account: AccountId, profile: { name: string; version: number }): boolean {
  const changed = sql.run('UPDATE people SET name = ?, profile_version = ? WHERE account = ? AND profile_version < ?', [
    profile.name,
    profile.version,
    account,
    profile.version,
  ])
  return changed > 0
}

/** What they are called in a group they share with us, as long as they have not told us themselves. */
export function takeNameFromGroup(sql: Sql, account: AccountId, name: string): boolean {
  return (
    sql.run('UPDATE people SET name = ? WHERE account = ? AND profile_version = 0 AND name <> ?', [
      name,
      account,
      name,
    ]) > 0
  )
}

/** [P170] What they say beyond their name; an older one does not replace a newer. Whether anything changed. */
export function takeDetails(sql: Sql, account: AccountId, details: { about: string; version: number }): boolean {
  const changed = sql.run(
    'UPDATE people SET about = ?, details_version = ? WHERE account = ? AND details_version < ?',
    [details.about, details.version, account, details.version],
  )
  return changed > 0
}

export function markDetailsTold(sql: Sql, account: AccountId, version: number): void {
  sql.run('UPDATE people SET told_details_version = ? WHERE account = ?', [version, account])
}

export function setNickname(sql: Sql, account: AccountId, nickname: string | null): void {
  sql.run('UPDATE people SET nickname = ? WHERE account = ?', [nickname, account])
}

export function setNote(sql: Sql, account: AccountId, note: string): void {
  sql.run('UPDATE people SET note = ? WHERE account = ?', [note, account])
}

export function markProfileTold(sql: Sql, account: AccountId, version: number): void {
  sql.run('UPDATE people SET told_profile_version = ? WHERE account = ?', [version, account])
}

export function setBlocked(sql: Sql, account: AccountId, blocked: boolean): void {
  sql.run('UPDATE people SET blocked = ? WHERE account = ?', [blocked ? 1 : 0, account])
}

export function isBlocked(sql: Sql, account: AccountId): boolean {
  return sql.get('SELECT 1 AS yes FROM people WHERE account = ? AND blocked = 1', [account]) !== undefined
}

/** Who has said no other name is called so, too. Whether anything changed. */
export function setUsername(sql: Sql, account: AccountId, username: Username): boolean {
  const changed = sql.run(
    'UPDATE people SET name = iif(name = username, ?, name), username = ? WHERE account = ? AND username <> ?',
    [username, username, account, username],
  )
  return changed > 0
}

export function allPeople(sql: Sql): PersonRow[] {
  return sql.all<PersonRow>('SELECT * FROM people ORDER BY account')
}

/** Everybody we have a conversation with or were written to by, at most so many. */
export function somePeople(sql: Sql, limit: number): PersonRow[] {
  return sql.all<PersonRow>('SELECT * FROM people ORDER BY account LIMIT ?', [limit])
}

/** Everybody, or whom we do not want to hear from. */
export function peopleWho(sql: Sql, which: 'all' | 'blocked'): PersonRow[] {
  return sql.all<PersonRow>(`SELECT * FROM people ${which === 'blocked' ? 'WHERE blocked = 1' : ''}`)
}
