// Ids of rows that wait for somebody, a person or a group: those for one lie together in a table, without an index.

import type { AccountId, GroupId } from '../../shared/ids.ts'

/** They begin with as many hexadecimal digits of theirs; two who share them share a range, which is harmless. */
const DIGITS = 7
const IDS_OF_ONE = 2 ** 24

export function idsOf(whose: AccountId | GroupId): { first: number; last: number } {
  const first = Number.parseInt(whose.slice(0, DIGITS), 16) * IDS_OF_ONE
  return { first, last: first + IDS_OF_ONE - 1 }
}
