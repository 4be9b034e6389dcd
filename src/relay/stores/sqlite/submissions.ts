// Submission ids in SQLite: what was taken before [S4].
//
// Ids are random: put where they belong one by one, each rewrites a page of a large table, which costs more than the
// message itself. So fresh ones go to the end of a short table, which is also known here, and are sorted into the large one
// together.

import type { Instant } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import { createRecentIds, type RecentIds } from './recent-ids.ts'

/** Sorted in together: some ten milliseconds, during which everything waits. */
export const MOST_RECENT = 4096

/** Who sent what to whom: `account` is the number of the recipient's row. */
export interface SubmissionKey {
  account: number
  sender: Uint8Array
  submission: Uint8Array
}

/** Only the transaction under way may use it. */
export interface Submissions {
  /** Undefined: never. */
  takenAt(key: SubmissionKey): Instant | undefined
  /** What was never taken before. */
  take(key: SubmissionKey, at: Instant): void
  expire(account: number, before: Instant): void
  /** After a rollback, and when an account is erased. */
  forgetAll(): void
}

export function createSubmissions(sql: Sql): Submissions {
  const recent = createRecentIds(MOST_RECENT)
  let isKnown = false

  function known(): RecentIds {
    if (isKnown) return recent
    recent.clear()
    const rows = sql.all<SubmissionKey & { at: Instant }>(
      'SELECT account, sender, submission, taken_at AS at FROM recent_submissions',
    )
    for (const row of rows) recent.add(row, row.at)
    isKnown = true
    return recent
  }

  function sortIn(): void {
    if (known().size === 0) return
    sql.run(
      `INSERT INTO submissions (account, sender, submission, taken_at)
       SELECT account, sender, submission, taken_at FROM recent_submissions ORDER BY account, sender, submission`,
    )
    sql.run('DELETE FROM recent_submissions')
    known().clear()
  }

  return {
    takenAt: (key) =>
      known().find(key) ??
      sql.get<{ at: Instant }>(
        'SELECT taken_at AS at FROM submissions WHERE account = ? AND sender = ? AND submission = ?',
        [key.account, key.sender, key.submission],
      )?.at,
    take: (key, at) => {
      const ids = known()
      sql.run('INSERT INTO recent_submissions (account, sender, submission, taken_at) VALUES (?, ?, ?, ?)', [
        key.account,
        key.sender,
        key.submission,
        at,
      ])
      ids.add(key, at)
      if (ids.size >= MOST_RECENT) sortIn()
    },
    expire: (account, before) => {
      sortIn()
      sql.run('DELETE FROM submissions WHERE account = ? AND taken_at < ?', [account, before])
    },
    forgetAll: () => {
      isKnown = false
    },
  }
}
