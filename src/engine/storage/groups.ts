// Groups: what each one's log says as far as it was followed, how it is shown, and where one stands in it.

import type { GroupId } from '../../shared/ids.ts'
import type { GroupStanding } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import type { AvatarPicture } from './avatars.ts'

export interface GroupRow {
  group_id: GroupId
  log_position: number
  entered: number
  position: number
  standing: GroupStanding
  halted: string | null
  title: string
  description: string
  avatar: string | null
  details_index: number
  readable_seen: number
  link_secret: Uint8Array | null
}

export function findGroup(sql: Sql, group: GroupId): GroupRow | undefined {
  return sql.get<GroupRow>('SELECT * FROM groups WHERE group_id = ?', [group])
}

export function allGroups(sql: Sql): GroupRow[] {
  return sql.all<GroupRow>('SELECT * FROM groups')
}

export function addGroup(sql: Sql, group: GroupId, standing: GroupStanding, linkSecret: Uint8Array | null): void {
  sql.run('INSERT INTO groups (group_id, standing, link_secret) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [
    group,
    standing,
    linkSecret,
  ])
}

export function removeGroup(sql: Sql, group: GroupId): void {
  for (const table of [
    'groups',
    'group_states',
    'group_avatars',
    'group_sealed_items',
    'own_group_sessions',
    'group_outbox',
    'key_deliveries',
    'people_to_invite',
    'groups_to_mark',
  ])
    sql.run(`DELETE FROM ${table} WHERE group_id = ?`, [group])
}

/** How far the stream was read: its log alone, or, by a member, all of it and so the log too. */
export function setGroupPosition(sql: Sql, group: GroupId, which: 'log_position' | 'position', at: number): void {
  if (which === 'log_position') sql.run('UPDATE groups SET log_position = ? WHERE group_id = ?', [at, group])
  else
    sql.run('UPDATE groups SET position = ?, log_position = max(log_position, ?) WHERE group_id = ?', [at, at, group])
}

/** What its log says, as far as it was followed. Undefined: nothing of it was read yet. */
export function findGroupState(sql: Sql, group: GroupId): string | undefined {
  return sql.get<{ state: string }>('SELECT state FROM group_states WHERE group_id = ?', [group])?.state
}

export function setGroupState(sql: Sql, group: GroupId, state: string, standing: GroupStanding): void {
  sql.run(
    'INSERT INTO group_states (group_id, state) VALUES (?, ?) ON CONFLICT (group_id) DO UPDATE SET state = excluded.state',
    [group, state],
  )
  sql.run('UPDATE groups SET standing = ? WHERE group_id = ?', [standing, group])
}

/** One is a member now: from here on the whole stream is read, from its beginning. */
export function enterGroup(sql: Sql, group: GroupId): void {
  sql.run('UPDATE groups SET entered = 1, position = 0 WHERE group_id = ?', [group])
}

export function haltGroup(sql: Sql, group: GroupId, why: string): void {
  sql.run("UPDATE groups SET halted = ?, standing = 'halted' WHERE group_id = ?", [why, group])
}

/** @param index of the entry of the log that says so. */
export function setGroupDetails(
  sql: Sql,
  group: GroupId,
  { title, description, index }: { title: string; description: string; index: number },
): void {
  sql.run('UPDATE groups SET title = ?, description = ?, details_index = ? WHERE group_id = ?', [
    title,
    description,
    index,
    group,
  ])
}

/** What that entry says cannot be read: what was there stays. */
export function skipGroupDetails(sql: Sql, group: GroupId, index: number): void {
  sql.run('UPDATE groups SET details_index = ? WHERE group_id = ?', [index, group])
}

export function setGroupPicture(sql: Sql, group: GroupId, picture: AvatarPicture | undefined): void {
  sql.run('UPDATE groups SET avatar = ? WHERE group_id = ?', [picture?.hash ?? null, group])
  if (picture === undefined) sql.run('DELETE FROM group_avatars WHERE group_id = ?', [group])
  else
    sql.run('INSERT OR REPLACE INTO group_avatars (group_id, media_type, bytes) VALUES (?, ?, ?)', [
      group,
      picture.mediaType,
      picture.bytes,
    ])
}

export function readGroupPicture(sql: Sql, group: GroupId): AvatarPicture | undefined {
  const row = sql.get<{ hash: string; media_type: string; bytes: Uint8Array }>(
    `SELECT groups.avatar AS hash, media_type, bytes FROM group_avatars JOIN groups USING (group_id)
     WHERE group_id = ? AND groups.avatar IS NOT NULL`,
    [group],
  )
  return row && { hash: row.hash, mediaType: row.media_type, bytes: row.bytes }
}

export function setReadableSeen(sql: Sql, group: GroupId, index: number): void {
  sql.run('UPDATE groups SET readable_seen = ? WHERE group_id = ?', [index, group])
}

export function setLinkSecret(sql: Sql, group: GroupId, secret: Uint8Array | null): void {
  sql.run('UPDATE groups SET link_secret = ? WHERE group_id = ?', [secret, group])
}
