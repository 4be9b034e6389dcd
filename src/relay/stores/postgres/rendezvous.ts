// Rendezvous in PostgreSQL: whoever writes about one holds its row.

import { RENDEZVOUS_MESSAGES } from '../../../protocol/limits.ts'
import type { AccountId, Instant } from '../../../shared/ids.ts'
import type { RendezvousStore } from '../../store.ts'
import type { Postgres, Query } from './connect.ts'

const OPEN = {
  name: 'open-rendezvous',
  text: 'INSERT INTO rendezvous (code, place, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true AS opened',
}
const STALE = {
  name: 'stale-rendezvous',
  text: 'SELECT true AS stale FROM rendezvous WHERE code = $1 AND expires_at <= $2 FOR UPDATE',
}
const JOIN = {
  name: 'join-rendezvous',
  text: `UPDATE rendezvous SET joined = true WHERE code = $1 AND NOT joined AND NOT closed AND expires_at > $2
    RETURNING place, expires_at AS "expiresAt"`,
}
const LOCK = {
  name: 'lock-rendezvous',
  text: 'SELECT closed FROM rendezvous WHERE code = $1 AND expires_at > $2 FOR UPDATE',
}
const COUNT = {
  name: 'count-rendezvous-messages',
  text: 'SELECT count(*) AS count FROM rendezvous_messages WHERE code = $1 AND side = $2',
}
const PLACE = {
  name: 'place-rendezvous-message',
  text: 'INSERT INTO rendezvous_messages (code, side, number, content) VALUES ($1, $2, $3, $4)',
}
const WAITING = {
  name: 'rendezvous-messages',
  text: `SELECT content FROM rendezvous_messages WHERE code = $1 AND side = $2 AND content IS NOT NULL ORDER BY number`,
}
const TAKEN = {
  name: 'take-rendezvous-messages',
  text: 'UPDATE rendezvous_messages SET content = NULL WHERE code = $1 AND side = $2',
}
const CLOSE = {
  name: 'close-rendezvous',
  text: 'UPDATE rendezvous SET closed = true WHERE code = $1 AND joined AND NOT closed RETURNING true AS closed',
}
const FORGET = { name: 'forget-rendezvous', text: 'DELETE FROM rendezvous WHERE code = $1' }
const FORGET_MESSAGES = {
  name: 'forget-rendezvous-messages',
  text: 'DELETE FROM rendezvous_messages WHERE code = $1',
}
const EXPIRED = { name: 'expired-rendezvous', text: 'SELECT code FROM rendezvous WHERE expires_at <= $1' }

export function createRendezvous({ query, transaction }: Postgres): RendezvousStore {
  async function lock(inside: Query, code: Uint8Array, at: Instant): Promise<{ closed: boolean } | undefined> {
    return (await inside<{ closed: boolean }>(LOCK, [code, at]))[0]
  }

  async function forget(inside: Query, code: Uint8Array): Promise<void> {
    await inside(FORGET, [code])
    await inside(FORGET_MESSAGES, [code])
  }

  return {
    openRendezvous: ({ code, place, expiresAt }, at) =>
      transaction('rendezvous', async (inside) => {
        if ((await inside(STALE, [code, at])).length > 0) await forget(inside, code)
        return (await inside(OPEN, [code, place, expiresAt])).length > 0
      }),

    joinRendezvous: async (code, at) => {
      const [joined] = await query<{ place: AccountId; expiresAt: Instant }>(JOIN, [code, at])
      return joined && { code, ...joined }
    },

    placeRendezvousMessage: (code, side, content, at) =>
      transaction('rendezvous', async (inside) => {
        const found = await lock(inside, code, at)
        if (found === undefined || found.closed) return 'gone'
        const [before] = await inside<{ count: number }>(COUNT, [code, side])
        if (before === undefined) throw new Error('a row of counts was not there')
        if (before.count >= RENDEZVOUS_MESSAGES) return 'too-many'
        await inside(PLACE, [code, side, before.count + 1, content])
        return 'placed'
      }),

    takeRendezvousMessages: (code, side, at) =>
      transaction('rendezvous', async (inside) => {
        const found = await lock(inside, code, at)
        if (found === undefined) return undefined
        const waiting = await inside<{ content: Buffer }>(WAITING, [code, side])
        if (waiting.length > 0) await inside(TAKEN, [code, side])
        if (found.closed) await forget(inside, code)
        return { messages: waiting.map(({ content }) => content), over: found.closed }
      }),

    closeRendezvous: (code) =>
      transaction('rendezvous', async (inside) => {
        if ((await inside(CLOSE, [code])).length === 0) await forget(inside, code)
      }),

    expireRendezvous: async (at) => {
      const expired = await query<{ code: Buffer }>(EXPIRED, [at])
      for (const { code } of expired) await transaction('rendezvous', (inside) => forget(inside, code))
      return expired.length
    },
  }
}
