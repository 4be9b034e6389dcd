// Submission ids in SQLite: what was taken before [S4].

import type { Instant } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'

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
}

export function createSubmissions(sql: Sql): Submissions {
  return {
    takenAt: ({ account, sender, submission }) =>
      sql.get<{ at: Instant }>(
        'SELECT taken_at AS at FROM submissions WHERE account = ? AND sender = ? AND submission = ?',
        [account, sender, submission],
      )?.at,
    take: ({ account, sender, submission }, at) => {
      sql.run('INSERT INTO submissions (account, sender, submission, taken_at) VALUES (?, ?, ?, ?)', [
        account,
        sender,
        submission,
        at,
      ])
    },
    expire: (account, before) => {
      sql.run('DELETE FROM submissions WHERE account = ? AND taken_at < ?', [account, before])
    },
  }
}
