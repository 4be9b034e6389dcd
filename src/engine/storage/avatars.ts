// Pictures of people, one's own among them: where they can be had, and their bytes once they are here [P179].

import type { AccountId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'

export interface AvatarRow {
  account: AccountId
  /** A serialised BlobPointer. */
  pointer: Uint8Array | null
  hash: string | null
  media_type: string | null
  bytes: Uint8Array | null
  matches: number
  put_at: Instant | null
}

/** As it was checked before it is kept. */
export interface AvatarPicture {
  hash: string
  mediaType: string
  bytes: Uint8Array
}

export function readAvatar(sql: Sql, account: AccountId): AvatarRow | undefined {
  return sql.get<AvatarRow>('SELECT * FROM avatars WHERE account = ?', [account])
}

export function avatarHash(sql: Sql, account: AccountId): string | null {
  return sql.get<{ hash: string | null }>('SELECT hash FROM avatars WHERE account = ?', [account])?.hash ?? null
}

/** One's own, which is to go to the relay. Where the one before lies is for those who have yet to hear of this one. */
export function writeOwnAvatar(sql: Sql, account: AccountId, { hash, mediaType, bytes }: AvatarPicture): void {
  sql.run(
    `INSERT INTO avatars (account, hash, media_type, bytes, matches) VALUES (?, ?, ?, ?, 0)
     ON CONFLICT (account) DO UPDATE SET
       hash = excluded.hash, media_type = excluded.media_type, bytes = excluded.bytes, matches = 0, put_at = NULL`,
    [account, hash, mediaType, bytes],
  )
  showAvatar(sql, account, hash)
}

/** One's own lies there now. False: it is another one by now. */
export function noteOwnAvatarPut(
  sql: Sql,
  account: AccountId,
  hash: string,
  { pointer, now }: { pointer: Uint8Array; now: Instant },
): boolean {
  const changed = sql.run('UPDATE avatars SET pointer = ?, put_at = ?, matches = 1 WHERE account = ? AND hash = ?', [
    pointer,
    now,
    account,
    hash,
  ])
  return changed === 1
}

/** Somebody's can be had there. What is here of them is shown until it has come. */
export function wantAvatar(sql: Sql, account: AccountId, pointer: Uint8Array): void {
  sql.run(
    `INSERT INTO avatars (account, pointer, matches) VALUES (?, ?, 0)
     ON CONFLICT (account) DO UPDATE SET pointer = excluded.pointer, matches = 0`,
    [account, pointer],
  )
}

/** Whom we want to hear from, and whose picture is not the one they have told us of. */
export function wantedAvatars(sql: Sql, own: AccountId): { account: AccountId; pointer: Uint8Array }[] {
  return sql.all(
    `SELECT a.account, a.pointer FROM avatars a JOIN people p ON p.account = a.account
     WHERE a.matches = 0 AND a.pointer IS NOT NULL AND a.account <> ? AND p.blocked = 0`,
    [own],
  )
}

/** False: they have told us of another one by now. */
export function keepAvatar(
  sql: Sql,
  account: AccountId,
  pointer: Uint8Array,
  { hash, mediaType, bytes }: AvatarPicture,
): boolean {
  const changed = sql.run(
    'UPDATE avatars SET hash = ?, media_type = ?, bytes = ?, matches = 1 WHERE account = ? AND pointer = ?',
    [hash, mediaType, bytes, account, pointer],
  )
  if (changed === 1) showAvatar(sql, account, hash)
  return changed === 1
}

export function removeAvatar(sql: Sql, account: AccountId): void {
  sql.run('DELETE FROM avatars WHERE account = ?', [account])
  showAvatar(sql, account, null)
}

/** Beside the name, where it is read with every conversation. */
export function showAvatar(sql: Sql, account: AccountId, hash: string | null): void {
  sql.run('UPDATE people SET avatar = ? WHERE account = ?', [hash, account])
}
