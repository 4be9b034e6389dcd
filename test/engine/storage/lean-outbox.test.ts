// A database from before the outbox had one row for a submission: what is under way, was sent and was seen is still there.

import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Envelope, packEnvelopes, unpackEnvelopes } from '../../../src/engine/storage/envelopes.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { nextToSend, recipientsWithMail, sealedFor } from '../../../src/engine/storage/outbox.ts'
import { addSeen, forgetSeenBefore } from '../../../src/engine/storage/seen.ts'
import { findSent, forgetSentBefore, wasSent } from '../../../src/engine/storage/sent.ts'
import { createSeen } from '../../../src/engine/sync/seen.ts'
import { systemClock } from '../../../src/host/clock.ts'
import { EnvelopeType } from '../../../src/protocol/generated/relay_pb.ts'
import { AccountId, DeviceId, Instant } from '../../../src/shared/ids.ts'
import type { Sql } from '../../../src/shared/sql.ts'
import { openSql } from '../open-sql.ts'

const bob = AccountId.parse('fedcba98-7654-4210-8abc-def012345678')
const carol = AccountId.parse(randomUUID())
const [one, two] = [DeviceId.parse(1), DeviceId.parse(2)]
const hash = (text: string) => new Uint8Array(createHash('sha256').update(text).digest())

let sql: Sql
beforeEach(() => {
  sql = openSql()
})

describe('[P52][P71] what an earlier version left', () => {
  const before = migrations.slice(
    0,
    migrations.findIndex(({ name }) => name === 'lean-outbox'),
  )
  const submissions = Array.from({ length: 5 }, () => new Uint8Array(randomBytes(16)))
  const content = new Uint8Array(randomBytes(300))

  function add(id: number, recipient: AccountId, state: string, sealed: readonly [number, Uint8Array | null][]): void {
    const submission = submissions[id - 1] ?? null
    sql.run(
      `INSERT INTO outbox (id, submission, recipient, message, kind, content, state, at)
       VALUES (?, ?, ?, 'm', 'content', ?, ?, 7)`,
      [id, submission, recipient, content, state],
    )
    for (const [device, bytes] of sealed)
      sql.run('INSERT INTO sealed (outbox, device, registration_id, type, bytes) VALUES (?, ?, ?, ?, ?)', [
        id,
        device,
        // The largest that there is.
        0x3fff,
        EnvelopeType.MESSAGE,
        bytes,
      ])
  }

  test('the very bytes are still to leave, in their order, for each recipient', () => {
    migrate(sql, before)
    const [first, second] = [new Uint8Array(randomBytes(700)), new Uint8Array(randomBytes(90_000))]
    add(1, bob, 'sealed', [
      [1, first],
      [2, second],
    ])
    add(2, carol, 'waiting', [])
    add(3, bob, 'waiting', [])
    add(4, bob, 'failed', [])
    migrate(sql, migrations)

    expect(recipientsWithMail(sql).toSorted()).toEqual([bob, carol].toSorted())
    const next = nextToSend(sql, bob, 0)
    expect(next).toMatchObject({ submission: Buffer.from(submissions[0] ?? []), state: 'sealed', message: 'm', at: 7 })
    expect(next && sealedFor(next)).toEqual([
      { device: 1, registrationId: 0x3fff, type: EnvelopeType.MESSAGE, bytes: Buffer.from(first) },
      { device: 2, registrationId: 0x3fff, type: EnvelopeType.MESSAGE, bytes: Buffer.from(second) },
    ])
    const behind = nextToSend(sql, bob, next?.id ?? 0)
    expect(behind).toMatchObject({ submission: Buffer.from(submissions[2] ?? []), state: 'waiting' })
    expect(nextToSend(sql, bob, behind?.id ?? 0)).toBeUndefined()
    expect(sql.get("SELECT count(*) AS failed FROM outbox WHERE state = 'failed'")).toEqual({ failed: 1 })
  })

  test('what was sent can be asked for by whom it was for', () => {
    migrate(sql, before)
    add(1, bob, 'accepted', [
      [1, null],
      [2, null],
    ])
    migrate(sql, migrations)
    const [submission = new Uint8Array()] = submissions
    expect(findSent(sql, submission, bob, two)?.content).toEqual(Buffer.from(content))
    expect(findSent(sql, submission, bob, DeviceId.parse(3))).toBeUndefined()
    expect(findSent(sql, submission, carol, one)).toBeUndefined()
    expect(wasSent(sql, submission)).toBe(true)
    forgetSentBefore(sql, 7)
    expect(wasSent(sql, submission)).toBe(true)
    forgetSentBefore(sql, 8)
    expect(wasSent(sql, submission)).toBe(false)
  })

  test('what was seen is known', async () => {
    migrate(sql, before)
    sql.run('INSERT INTO seen (hash, at) VALUES (?, 5), (?, 6)', [hash('a'), hash('b')])
    migrate(sql, migrations)
    const seen = createSeen(sql, systemClock)
    expect(await seen.has(hash('a'))).toBe(true)
    expect(await seen.has(hash('b'))).toBe(true)
    expect(await seen.has(hash('c'))).toBe(false)
  })
})

test('what is seen later is known as well, however much there is; the oldest is forgotten', async () => {
  migrate(sql, migrations)
  const seen = createSeen(sql, systemClock)
  const slice = (number: number) => [hash(`${number}, first`), hash(`${number}, second`)]
  for (let number = 0; number < 120; number++) addSeen(sql, slice(number), Instant.parse(number))
  expect(await seen.has(hash('119, second'))).toBe(true)
  expect(await seen.has(hash('120, first'))).toBe(false)
  addSeen(sql, slice(120), Instant.parse(120))
  expect(await seen.has(hash('120, first'))).toBe(true)
  forgetSeenBefore(sql, 60)
  const later = createSeen(sql, systemClock)
  expect(await later.has(hash('59, first'))).toBe(false)
  expect(await later.has(hash('60, first'))).toBe(true)
})

test('[P52] envelopes come out of a row as they went in', () => {
  const envelopes: Envelope[] = [
    { device: one, registrationId: 1, type: EnvelopeType.PREKEY, bytes: new Uint8Array(randomBytes(1)) },
    {
      device: DeviceId.parse(127),
      registrationId: 0x3fff,
      type: EnvelopeType.MESSAGE,
      bytes: new Uint8Array(randomBytes(92_000)),
    },
  ]
  expect(unpackEnvelopes(packEnvelopes(envelopes))).toEqual(envelopes)
})
