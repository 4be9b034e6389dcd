// Groups in any order of events: whoever may read a message reads exactly it, and nobody else does.
//
//   SOTTO_SCHEDULES=20000   more schedules than the 2,000 of every run
//   SOTTO_SEED=1            the same ones again

import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foundPaperGroup, makePeople } from './paper-group.ts'
import { createReference, NAMES, type Name, type Reference } from './reference.ts'

const SCHEDULES = Number(process.env.SOTTO_SCHEDULES ?? 2_000)
const SEED = Number(process.env.SOTTO_SEED ?? randomInt(2 ** 31))

type Step =
  | { do: 'say'; who: Name; crash?: 'sealed' | 'committed' | undefined }
  | { do: 'resume' | 'follow' | 'rotate' | 'leave' | 'deliver' | 'lose'; who: Name }
  | { do: 'invite'; who: Name; history: 'none' | 'all' }
  | { do: 'remove'; who: Name }

const who = fc.constantFrom(...NAMES)
const other = fc.constantFrom(...NAMES.slice(1))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      who,
      crash: fc.oneof(
        { weight: 4, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom('sealed' as const, 'committed' as const) },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('resume', 'follow', 'rotate', 'deliver', 'lose'), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('invite' as const), who: other, history: fc.constantFrom('none', 'all') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leave', 'remove'), who: other }) },
)

test(`[F34][D4][G5][P115] ${SCHEDULES} schedules (seed ${SEED})`, { timeout: 60_000 + SCHEDULES * 100 }, async () => {
  const people = makePeople()
  let said = 0
  let unread = 0
  const schedule = fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
    const group = foundPaperGroup(people, 'alice')
    const reference = createReference('alice')
    let number = 0
    for (const one of steps) {
      number += 1
      await take(group, reference, one, `${one.who} ${number}`)
    }
    for (const name of NAMES) {
      const text = await group.resumes(name)
      if (text !== undefined) reference.says(text)
    }
    await group.settles()
    for (const name of NAMES) {
      const must = reference.reads(name)
      const read = group.reads(name)
      const not = (text: string) => !reference.mayRead(name, text)
      expect(
        must.filter((text) => !read.includes(text)),
        `${name} misses`,
      ).toEqual([])
      expect(new Set(read).size, `${name} reads each once`).toBe(read.length)
      expect(read.filter(not), `${name} reads more`).toEqual([])
      expect((await group.couldRead(name)).filter(not), `${name} could read more`).toEqual([])
      said += must.length
      if (!reference.isIn(name)) unread += 1
    }
  })
  await fc.assert(schedule, { numRuns: SCHEDULES, seed: SEED })
  // Or nothing was seen.
  expect(said).toBeGreaterThan(SCHEDULES)
  expect(unread).toBeGreaterThan(SCHEDULES / 10)
})

async function take(
  group: ReturnType<typeof foundPaperGroup>,
  reference: Reference,
  one: Step,
  text: string,
): Promise<void> {
  switch (one.do) {
    case 'say': {
      // Whoever died with something to hand in does that first.
      const before = await group.resumes(one.who)
      if (before !== undefined) reference.says(before)
      const isSaid = await group.says(one.who, text, one.crash)
      if (isSaid) reference.says(text)
      else if (one.crash !== 'committed') expect(reference.isIn(one.who), `${one.who} may not speak`).toBe(false)
      return
    }
    case 'resume': {
      const resumed = await group.resumes(one.who)
      if (resumed !== undefined) reference.says(resumed)
      return
    }
    case 'follow':
      return group.follows(one.who)
    case 'deliver':
      return group.post(one.who, false)
    case 'lose':
      return group.post(one.who, true)
    case 'rotate':
      group.changes(one.who, ({ marks }) => (marks.length > 0 ? undefined : { kind: 'request-rotation' }))
      return
    case 'invite':
      if (reference.isIn(one.who)) return
      expect(group.invites('alice', one.who, { kind: one.history }), `${one.who} comes in`).toBe(true)
      reference.joins(one.who, one.history === 'all')
      return
    case 'leave':
      if (!reference.isIn(one.who)) return
      expect(group.changes(one.who, () => ({ kind: 'leave' }))).toBe(true)
      reference.goes(one.who)
      return
    case 'remove':
      if (!reference.isIn(one.who)) return
      expect(group.removes('alice', one.who)).toBe(true)
      reference.goes(one.who)
  }
}
