// What is known of our own account beyond its keys: whether the relay has it, and how old this database is.

import type { Instant } from '../../shared/ids.ts'
import type { Contradiction } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'

export interface OwnState {
  registered: boolean
  generation: number
  invitation: string
  /** When this device learned that it is none of the account's any more. */
  removedAt: Instant | undefined
  /** Put back from a copy: the list here may be an old one [P96]. */
  listDoubtful: boolean
}

export function readOwnState(sql: Sql): OwnState {
  const row = sql.get<{
    registered: number
    generation: number
    invitation: string
    removed_at: Instant | null
    list_doubtful: number
  }>('SELECT registered, generation, invitation, removed_at, list_doubtful FROM own_state')
  if (row === undefined) throw new Error('own_state is empty')
  return {
    registered: row.registered === 1,
    generation: row.generation,
    invitation: row.invitation,
    removedAt: row.removed_at ?? undefined,
    listDoubtful: row.list_doubtful === 1,
  }
}

/** A device that was added later begins to number places here, above all that was said on those before it [P109]. */
export function setFirstPlace(sql: Sql, place: number): void {
  sql.run('UPDATE own_state SET first_place = ?', [place])
}

export function setRegistered(sql: Sql): void {
  sql.run('UPDATE own_state SET registered = 1')
}

export function setListDoubtful(sql: Sql, is: boolean): void {
  sql.run('UPDATE own_state SET list_doubtful = ?', [is ? 1 : 0])
}

export function setRemoved(sql: Sql, at: Instant): void {
  sql.run('UPDATE own_state SET removed_at = ?', [at])
}

export function setInvitation(sql: Sql, invitation: string): void {
  sql.run('UPDATE own_state SET invitation = ?', [invitation])
}

export function setGeneration(sql: Sql, generation: number): void {
  sql.run('UPDATE own_state SET generation = ?', [generation])
}

/** An account that never came to be: the relay refused it. */
export function forgetAccount(sql: Sql): void {
  for (const table of [
    'history_arriving',
    'own_account',
    'one_time_prekeys',
    'signed_prekeys',
    'kyber_prekeys',
    'sessions',
    'identities',
    'device_lists',
  ]) {
    sql.run(`DELETE FROM ${table}`)
  }
  sql.run("UPDATE own_state SET registered = 0, invitation = '', list_doubtful = 0, first_place = 0")
}

/** [P178] What the relay showed last instead of us, and nobody has looked at yet. */
export function readContradiction(sql: Sql): Contradiction | null {
  const row = sql.get<{ what: Contradiction['what'] | null; at: Contradiction['at'] | null }>(
    'SELECT contradicted AS what, contradicted_at AS at FROM own_state',
  )
  return row?.what == null || row.at === null ? null : { what: row.what, at: row.at }
}

export function noteContradiction(sql: Sql, { what, at }: Contradiction): void {
  sql.run('UPDATE own_state SET contradicted = ?, contradicted_at = ?', [what, at])
}

/** Whether there was one. */
export function forgetContradiction(sql: Sql): boolean {
  return (
    sql.run('UPDATE own_state SET contradicted = NULL, contradicted_at = NULL WHERE contradicted IS NOT NULL') === 1
  )
}
