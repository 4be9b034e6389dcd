// What was announced of blobs, in PostgreSQL.

import type { BlobId } from '../../../protocol/blobs.ts'
import type { Upload, UploadStore } from '../../blobs/contract.ts'
import type { Postgres } from './connect.ts'

/** Uploads of an account are added one after the other: two at once would both find room. */
const LOCK = {
  name: 'lock-for-upload',
  text: 'SELECT true AS there FROM accounts WHERE account = $1 FOR NO KEY UPDATE',
}
const COUNT = {
  name: 'count-blobs',
  text: `SELECT coalesce(sum(size), 0)::bigint AS bytes, count(*) FILTER (WHERE NOT whole) AS "underWay"
    FROM blobs WHERE account = $1`,
}
const ADD = {
  name: 'add-upload',
  text: `INSERT INTO blobs (account, blob, size, digest, token_digest, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
}
const FIND = {
  name: 'find-upload',
  text: `SELECT blob, size, digest, token_digest AS "tokenDigest", whole AS "isWhole", expires_at AS "expiresAt"
    FROM blobs WHERE account = $1 AND blob = $2`,
}
const SET_WHOLE = {
  name: 'set-whole',
  text: 'UPDATE blobs SET whole = true, expires_at = $3 WHERE account = $1 AND blob = $2 RETURNING true AS there',
}
const FORGET = { name: 'forget-upload', text: 'DELETE FROM blobs WHERE account = $1 AND blob = $2' }
const OF_ACCOUNT = {
  name: 'uploads-of',
  text: 'SELECT blob FROM blobs WHERE account = $1 AND expires_at <= $2 ORDER BY blob',
}

export function createUploads({ query, transaction }: Postgres): UploadStore {
  return {
    addUpload: (account, { blob, size, digest, tokenDigest, expiresAt }, allowance) =>
      transaction('upload', async (inside) => {
        if ((await inside(LOCK, [account])).length === 0) return 'no-such-account'
        const [there] = await inside<{ bytes: number; underWay: number }>(COUNT, [account])
        if (there === undefined) throw new Error('a row of counts was not there')
        if (there.bytes + size > allowance.bytes) return 'quota-exceeded'
        if (there.underWay >= allowance.underWay) return 'too-many'
        await inside(ADD, [account, blob, size, digest, tokenDigest, expiresAt])
        return 'added'
      }),

    findUpload: async (account, blob) => (await query<Upload>(FIND, [account, blob]))[0],

    setWhole: (account, blob, expiresAt) =>
      transaction('whole', async (inside) => (await inside(SET_WHOLE, [account, blob, expiresAt])).length > 0),

    forgetUpload: (account, blob) =>
      transaction('forget', async (inside) => {
        await inside(FORGET, [account, blob])
      }),

    uploadsOf: async (account, expiringBy) =>
      (await query<{ blob: BlobId }>(OF_ACCOUNT, [account, expiringBy ?? Number.MAX_SAFE_INTEGER])).map(
        ({ blob }) => blob,
      ),
  }
}
