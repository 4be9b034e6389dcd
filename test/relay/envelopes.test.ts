// Envelopes are found by their place whether they are settled or not, and gone when they were removed: against a simple model, with a
// table that settles after every few.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { openSqlite } from '../../src/host/sqlite.ts'
import { EnvelopeType } from '../../src/protocol/generated/relay_pb.ts'
import type { HeldEnvelope } from '../../src/relay/store.ts'
import { createEnvelopes, type Row } from '../../src/relay/stores/sqlite/envelopes.ts'
import { MIGRATIONS } from '../../src/relay/stores/sqlite.ts'
import { NOW } from '../contract/relay-store.suite.ts'

const MAILBOXES = 3
const PLACES_A_MAILBOX = 2 ** 32

function openTable() {
  const sql = openSqlite({ file: ':memory:' })
  onTestFinished(() => sql.close())
  for (const statements of MIGRATIONS) sql.script(statements)
  sql.script("INSERT INTO relay (id) VALUES (x'00112233445566778899aabbccddeeff')")
  const count = (table: string) => sql.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`)?.rows
  return { sql, count }
}

type Fresh = Omit<HeldEnvelope, 'position'>

const envelope = (senderDevice: number): Fresh => ({
  submission: randomBytes(16),
  sender: randomBytes(16),
  senderDevice,
  type: EnvelopeType.PREKEY,
  content: randomBytes(1 + senderDevice),
  takenAt: NOW + 2 ** 33,
})

type Step = { put: number } | { remove: number } | 'commit' | 'roll back' | 'restart'

const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ put: fc.nat(MAILBOXES - 1) }) },
    { weight: 10, arbitrary: fc.record({ remove: fc.nat(50) }) },
    { weight: 5, arbitrary: fc.constant<Step>('commit') },
    { weight: 1, arbitrary: fc.constant<Step>('roll back') },
    { weight: 1, arbitrary: fc.constant<Step>('restart') },
  ),
  { maxLength: 120 },
)

test('[S5][S6] whatever comes and goes, what is there is found, in order, and nothing else', () => {
  const { sql, count } = openTable()
  fc.assert(
    fc.property(steps, (steps) => {
      sql.script('DELETE FROM envelopes; DELETE FROM settled_envelopes; UPDATE relay SET settled_up_to = 0')
      let envelopes = createEnvelopes(sql, 3)
      let model = new Map<number, { one: Fresh; row: Row }>()
      let committed = new Map(model)
      const last = [0, 0, 0]
      const begin = () => sql.script('BEGIN')
      const first = (mailbox: number) => (mailbox + 1) * PLACES_A_MAILBOX
      const rows = (mailbox: number) => envelopes.find(first(mailbox), first(mailbox) + PLACES_A_MAILBOX - 1)
      const look = () => {
        for (let mailbox = 0; mailbox < MAILBOXES; mailbox++) {
          const expected = [...model]
            .filter(([place]) => Math.floor(place / PLACES_A_MAILBOX) === mailbox + 1)
            .toSorted(([a], [b]) => a - b)
            .map(([place, { one }]) => ({ position: place % PLACES_A_MAILBOX, ...one }))
          expect(envelopes.read(rows(mailbox)).map(comparable)).toEqual(expected.map(comparable))
        }
      }
      begin()
      for (const step of steps) {
        if (step === 'commit') {
          envelopes.flush()
          sql.script('COMMIT')
          committed = new Map(model)
          look()
          begin()
        } else if (step === 'roll back' || step === 'restart') {
          sql.script('ROLLBACK')
          model = new Map(committed)
          if (step === 'restart') envelopes = createEnvelopes(sql, 3)
          else envelopes.forgetAll()
          look()
          begin()
        } else if ('put' in step) {
          const position = (last[step.put] ?? 0) + 1
          last[step.put] = position
          const one = envelope(1 + (position % 5))
          const place = first(step.put) + position
          model.set(place, { one, row: envelopes.put(place, one) })
        } else {
          const [place, held] = [...model][step.remove % Math.max(1, model.size)] ?? []
          if (place === undefined || held === undefined) continue
          envelopes.remove(place, held.row)
          model.delete(place)
        }
      }
      envelopes.flush()
      sql.script('COMMIT')
      look()
      expect(count('envelopes')).toBe(model.size)
      const settled = 'SELECT count(*) AS rows FROM envelopes WHERE number <= (SELECT settled_up_to FROM relay)'
      expect(count('settled_envelopes')).toBe(sql.get<{ rows: number }>(settled)?.rows)
    }),
    { numRuns: 200 },
  )
})

test('[S6] most are gone before they are settled', () => {
  const { sql, count } = openTable()
  const envelopes = createEnvelopes(sql, 10)
  const stays = PLACES_A_MAILBOX + 1
  sql.transaction(() => {
    for (let place = stays; place < stays + 100; place++) {
      const row = envelopes.put(place, envelope(1))
      if (place !== stays) envelopes.remove(place, row)
    }
    envelopes.flush()
  })
  expect([count('envelopes'), count('settled_envelopes')]).toEqual([1, 1])
})

function comparable({ submission, sender, content, ...rest }: HeldEnvelope) {
  return { ...rest, bytes: [submission, sender, content].map((bytes) => Buffer.from(bytes).toString('hex')) }
}
