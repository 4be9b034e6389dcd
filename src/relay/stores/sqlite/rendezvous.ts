// Rendezvous in SQLite.

import { RENDEZVOUS_MESSAGES } from '../../../protocol/limits.ts'
import type { AccountId, Instant } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import type { Meeting, RendezvousSide, RendezvousStore } from '../../store.ts'
import type { GroupCommit } from './commit.ts'

export function createRendezvous(sql: Sql, commit: GroupCommit): RendezvousStore {
  function find(code: Uint8Array, at: Instant): { joined: number; closed: number } | undefined {
    return sql.get('SELECT joined, closed FROM rendezvous WHERE code = ? AND expires_at > ?', [code, at])
  }

  function forget(code: Uint8Array): void {
    sql.run('DELETE FROM rendezvous WHERE code = ?', [code])
  }

  function close(code: Uint8Array): void {
    const changed = sql.run('UPDATE rendezvous SET closed = 1 WHERE code = ? AND joined = 1 AND closed = 0', [code])
    if (changed === 0) forget(code)
  }

  function open({ code, place, expiresAt }: Meeting, at: Instant): boolean {
    sql.run('DELETE FROM rendezvous WHERE code = ? AND expires_at <= ?', [code, at])
    return (
      sql.run('INSERT INTO rendezvous (code, place, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [
        code,
        place,
        expiresAt,
      ]) === 1
    )
  }

  function join(code: Uint8Array, at: Instant): Meeting | undefined {
    const row = sql.get<{ place: AccountId; expiresAt: Instant }>(
      `UPDATE rendezvous SET joined = 1 WHERE code = ? AND joined = 0 AND closed = 0 AND expires_at > ?
       RETURNING place, expires_at AS expiresAt`,
      [code, at],
    )
    return row && { code, ...row }
  }

  function placed(code: Uint8Array, side: RendezvousSide): number {
    return (
      sql.get<{ count: number }>('SELECT count(*) AS count FROM rendezvous_messages WHERE code = ? AND side = ?', [
        code,
        side,
      ])?.count ?? 0
    )
  }

  function place(code: Uint8Array, side: RendezvousSide, content: Uint8Array, at: Instant) {
    const found = find(code, at)
    if (found === undefined || found.closed === 1) return 'gone'
    const before = placed(code, side)
    if (before >= RENDEZVOUS_MESSAGES) return 'too-many'
    sql.run('INSERT INTO rendezvous_messages (code, side, number, content) VALUES (?, ?, ?, ?)', [
      code,
      side,
      before + 1,
      content,
    ])
    return 'placed'
  }

  function take(code: Uint8Array, side: RendezvousSide, at: Instant) {
    const found = find(code, at)
    if (found === undefined) return undefined
    const waiting = sql.all<{ content: Uint8Array }>(
      `SELECT content FROM rendezvous_messages WHERE code = ? AND side = ? AND content IS NOT NULL ORDER BY number`,
      [code, side],
    )
    sql.run('UPDATE rendezvous_messages SET content = NULL WHERE code = ? AND side = ?', [code, side])
    if (found.closed === 1) forget(code)
    return { messages: waiting.map(({ content }) => content), over: found.closed === 1 }
  }

  return {
    openRendezvous: (meeting, at) => commit.write('rendezvous', () => open(meeting, at)),
    joinRendezvous: (code, at) => commit.write('rendezvous', () => join(code, at)),
    placeRendezvousMessage: (code, side, content, at) =>
      commit.write('rendezvous', () => place(code, side, content, at)),
    takeRendezvousMessages: (code, side, at) => commit.write('rendezvous', () => take(code, side, at)),
    closeRendezvous: (code) => commit.write('rendezvous', () => close(code)),
    expireRendezvous: (at) =>
      commit.write('rendezvous', () => sql.run('DELETE FROM rendezvous WHERE expires_at <= ?', [at])),
  }
}
