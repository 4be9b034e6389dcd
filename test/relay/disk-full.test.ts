// A full disk: nothing is accepted that cannot be kept, what was accepted stays, and it goes on when there is room.

import { randomBytes } from 'node:crypto'
import { join as path } from 'node:path'
import { expect, test } from 'vitest'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import { join, makePerson, submissionTo } from './device.ts'
import { openRelay, temporaryFolder } from './open.ts'

test('[S2][S7] a full disk is told, costs nothing that was accepted, and is recovered from', async () => {
  const sql = openSqlite({ file: path(temporaryFolder(), 'relay.sqlite') })
  const relay = await openRelay({ store: openSqliteStore(sql, systemRandom) })
  const bob = makePerson('bob')
  const ofAlice = await join(relay, makePerson('alice'))
  const ofBob = await join(relay, bob)
  const pages = sql.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0
  sql.get(`PRAGMA max_page_count = ${pages + 20}`)

  const submit = () => ofAlice.ask({ case: 'submit', value: submissionTo(bob, randomBytes(10_000)) })
  const answers = await Promise.all(Array.from({ length: 30 }, submit))
  const accepted = answers.filter((answer) => answer.case === 'accepted').length
  const refused = answers.filter((answer) => answer.case === 'refused')
  expect(accepted).toBeGreaterThan(0)
  expect(refused).toHaveLength(30 - accepted)
  expect(refused.every(({ value }) => value.reason === Reason.UNAVAILABLE && value.retryAfterMs > 0)).toBe(true)
  const waiting = await ofBob.receive(accepted)
  expect(await relay.store.mailboxState(bob)).toMatchObject({ held: accepted })
  expect(relay.logged.map(({ event }) => event)).toContain('store unavailable')

  sql.get('PRAGMA max_page_count = 100000')
  await ofBob.acknowledge(waiting)
  expect((await submit()).case).toBe('accepted')
  const [newest] = await ofBob.receive(1)
  expect(Number(newest?.position)).toBeGreaterThan(Number(waiting.at(-1)?.position))
})
