// Submission ids in SQLite: what was taken before [S4].
//
// Ids are random: put where they belong one by one, each rewrites a page of a large table, which costs more than the
// message itself. So fresh ones go into a short table, all of a commit in one row; they are also known here, and are sorted into
// the large one together.

import type { AccountId, Instant } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import { createAbsentIds } from './absent-ids.ts'
import { createRecentIds, type Entry, type RecentIds } from './recent-ids.ts'

/** Sorted in together: some ten milliseconds, during which everything waits. */
export const MOST_RECENT = 8192

/** Who sent what to whom: `account` is the number of the recipient's row. */
export interface SubmissionKey {
  account: number
  sender: Uint8Array
  submission: Uint8Array
}

/** Only the transaction under way may use it. */
export interface Submissions {
  /** Undefined: never. `from` is the sender once more, by name. */
  takenAt(key: SubmissionKey, from: AccountId): Instant | undefined
  /** What was never taken before. */
  take(key: SubmissionKey, at: Instant): void
  /** All that was taken is in the large table then: before an account goes. */
  sortIn(): void
  expire(account: number, before: Instant): void
  /** Before the commit. */
  flush(): void
  /** After a rollback. */
  forgetAll(): void
}

/** Rows of one statement. */
const AT_ONCE = 32
const insert = (rows: number) =>
  `INSERT INTO submissions (account, sender, submission, taken_at) VALUES ${Array(rows).fill('(?, ?, ?, ?)').join()}`
const INSERT_MANY = insert(AT_ONCE)
const INSERT_ONE = insert(1)
const FIND = 'SELECT taken_at AS at FROM submissions WHERE account = ? AND sender = ? AND submission = ?'
const READ = 'SELECT submission FROM submissions WHERE account = ? AND sender = ? LIMIT ?'

export function createSubmissions(sql: Sql): Submissions {
  const recent = createRecentIds(MOST_RECENT)
  const absent = createAbsentIds()
  let isKnown = false
  /** So many of the recent ones are in their table. */
  let written = 0

  function known(): RecentIds {
    if (isKnown) return recent
    recent.clear()
    for (const { entries } of sql.all<{ entries: Uint8Array }>(
      'SELECT entries FROM recent_submissions ORDER BY number',
    ))
      recent.addEntries(entries)
    written = recent.size
    isKnown = true
    return recent
  }

  function sortIn(): void {
    const entries = known().sorted()
    for (let first = 0; first < entries.length; first += AT_ONCE) {
      const some = entries.slice(first, first + AT_ONCE)
      if (some.length === AT_ONCE) sql.run(INSERT_MANY, some.flatMap(columns))
      else for (const entry of some) sql.run(INSERT_ONE, columns(entry))
    }
    for (const { submission } of entries) absent.add(submission)
    if (written > 0) sql.run('DELETE FROM recent_submissions')
    recent.clear()
    written = 0
  }

  function findSortedIn({ account, sender, submission }: SubmissionKey, from: AccountId): Instant | undefined {
    const read = (most: number) => sql.all<{ submission: Uint8Array }>(READ, [account, sender, most]).map(idOf)
    if (absent.isAbsent({ account, sender: from }, submission, read)) return undefined
    return sql.get<{ at: Instant }>(FIND, [account, sender, submission])?.at
  }

  return {
    takenAt: (key, from) => known().find(key) ?? findSortedIn(key, from),
    take: (key, at) => {
      if (known().size === MOST_RECENT) sortIn()
      recent.add(key, at)
    },
    sortIn,
    expire: (account, before) => {
      sortIn()
      sql.run('DELETE FROM submissions WHERE account = ? AND taken_at < ?', [account, before])
    },
    flush: () => {
      if (!isKnown || recent.size === written) return
      sql.run('INSERT INTO recent_submissions (entries) VALUES (?)', [recent.entriesFrom(written)])
      written = recent.size
    },
    forgetAll: () => {
      isKnown = false
    },
  }
}

function columns({ account, sender, submission, at }: Entry) {
  return [account, sender, submission, at]
}

function idOf({ submission }: { submission: Uint8Array }): Uint8Array {
  return submission
}
