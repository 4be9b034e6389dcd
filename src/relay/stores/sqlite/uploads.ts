// What was announced of blobs, in SQLite.

import type { BlobId } from '../../../protocol/blobs.ts'
import type { AccountId } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import type { BlobAllowance, NewUpload, Upload, UploadStore } from '../../blobs/contract.ts'
import type { GroupCommit } from './commit.ts'

const OF_ACCOUNT = 'account = (SELECT number FROM accounts WHERE account = ?)'

export function createUploads(sql: Sql, commit: GroupCommit): UploadStore {
  function add(account: AccountId, upload: NewUpload, allowance: BlobAllowance) {
    const owner = sql.get<{ number: number }>('SELECT number FROM accounts WHERE account = ?', [account])
    if (owner === undefined) return 'no-such-account'
    const there = sql.get<{ bytes: number; underWay: number }>(
      'SELECT coalesce(sum(size), 0) AS bytes, count(*) FILTER (WHERE NOT whole) AS underWay FROM blobs WHERE account = ?',
      [owner.number],
    )
    if ((there?.bytes ?? 0) + upload.size > allowance.bytes) return 'quota-exceeded'
    if ((there?.underWay ?? 0) >= allowance.underWay) return 'too-many'
    const { blob, size, digest, tokenDigest, expiresAt } = upload
    sql.run('INSERT INTO blobs (account, blob, size, digest, token_digest, expires_at) VALUES (?, ?, ?, ?, ?, ?)', [
      owner.number,
      blob,
      size,
      digest,
      tokenDigest,
      expiresAt,
    ])
    return 'added'
  }

  return {
    addUpload: (account, upload, allowance) => commit.write('upload', () => add(account, upload, allowance)),

    findUpload: async (account, blob) => {
      const row = sql.get<Omit<Upload, 'isWhole'> & { whole: number }>(
        `SELECT blob, size, digest, token_digest AS tokenDigest, whole, expires_at AS expiresAt
         FROM blobs WHERE ${OF_ACCOUNT} AND blob = ?`,
        [account, blob],
      )
      if (row === undefined) return undefined
      const { whole, ...upload } = row
      return { ...upload, isWhole: whole === 1 }
    },

    setWhole: (account, blob, expiresAt) =>
      commit.write('whole', () => {
        const changed = sql.run(`UPDATE blobs SET whole = 1, expires_at = ? WHERE ${OF_ACCOUNT} AND blob = ?`, [
          expiresAt,
          account,
          blob,
        ])
        return changed > 0
      }),

    forgetUpload: (account, blob) =>
      commit.write('forget', () => {
        sql.run(`DELETE FROM blobs WHERE ${OF_ACCOUNT} AND blob = ?`, [account, blob])
      }),

    uploadsOf: async (account, expiringBy) =>
      sql
        .all<{ blob: BlobId }>(`SELECT blob FROM blobs WHERE ${OF_ACCOUNT} AND expires_at <= ? ORDER BY blob`, [
          account,
          expiringBy ?? Number.MAX_SAFE_INTEGER,
        ])
        .map(({ blob }) => blob),
  }
}
