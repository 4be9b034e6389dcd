// Groups in any order of events, with everything real: messengers, a relay on a socket, wires that are cut, crashes. Fewer
// than random-schedule.test.ts tells, and each as people live it.
//
//   SOTTO_STORIES=500   more than the 20 of every run
//   SOTTO_SEED=1        the same ones again

import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ConversationId } from '../../../src/shared/ids.ts'
import type { Person } from '../../person.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'
import { createReference, NAMES, type Name, type Reference } from './reference.ts'

const STORIES = Number(process.env.SOTTO_STORIES ?? 20)
const SEED = Number(process.env.SOTTO_SEED ?? randomInt(2 ** 31))
const POINTS = ['group.sealed', 'group.committed', 'group.published', 'group.keys-committed'] as const

type Step =
  | { do: 'say' | 'say at once' | 'cut' | 'mend' | 'restart' | 'rotate' | 'leave' | 'remove'; who: Name }
  | { do: 'crash'; who: Name; point: (typeof POINTS)[number] }
  | { do: 'invite'; who: Name; history: 'none' | 'all' }

const who = fc.constantFrom(...NAMES)
const other = fc.constantFrom(...NAMES.slice(1))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('say', 'say at once', 'cut', 'mend', 'restart', 'rotate'), who }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), who, point: fc.constantFrom(...POINTS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leave', 'remove'), who: other }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('invite' as const), who: other, history: fc.constantFrom('none', 'all') }),
  },
)

let world: World
let people: Record<Name, Person>

beforeAll(async () => {
  const plenty = { burst: 1e9, perSecond: 1e9 }
  world = await World.create({
    limits: { entries: plenty, newGroups: plenty, publications: plenty, streamReads: plenty },
  })
  const all = await Promise.all(NAMES.map(async (name) => [name, await world.person(name)] as const))
  people = Object.fromEntries(all) as Record<Name, Person>
  for (const name of NAMES.slice(1)) await people.alice.find(people[name as Name])
})

afterAll(() => world.close())

test(`[F34][F37][G10] ${STORIES} stories (seed ${SEED})`, { timeout: 60_000 + STORIES * 20_000 }, async () => {
  const story = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 10 }), async (steps) => {
    const { id } = await people.alice.do('createGroup', { title: 'Story', people: [] })
    const teller = createTeller(id)
    for (const one of steps) await teller.tells(one)
    await teller.ends()
  })
  await fc.assert(story, { numRuns: STORIES, seed: SEED, endOnFailure: true })
  // Stories that send nothing would prove nothing: how much they send is chance, that they do is not.
  expect(world.wiretap.heardInGroups()).toBeGreaterThan(STORIES / 4)
})

function createTeller(id: ConversationId) {
  const reference: Reference = createReference('alice')
  const away = new Map<Name, string[]>()
  let number = 0

  async function tells(one: Step): Promise<void> {
    number += 1
    const { who: name } = one
    const person = people[name]
    const isHere = !away.has(name)
    switch (one.do) {
      case 'say':
        return says([name])
      case 'say at once':
        return says(NAMES.filter((each) => !away.has(each)))
      case 'cut':
        if (!isHere) return
        away.set(name, [])
        person.device.wire.cut()
        return
      case 'mend':
        return mends(name)
      case 'restart':
        if (!isHere) return
        await person.reopen()
        return person.online()
      case 'crash':
        if (isHere && reference.isIn(name)) await dies(name, one.point)
        return
      case 'rotate':
        if (isHere && reference.isIn(name)) await person.try('rotateKeys', { conversation: id })
        return
      case 'invite':
        if (isHere && !away.has('alice') && !reference.isIn(name)) await comes(name, one.history)
        return
      case 'leave':
        if (!isHere || !reference.isIn(name)) return
        await person.do('leaveGroup', { conversation: id })
        reference.goes(name)
        return
      case 'remove':
        if (away.has('alice') || !reference.isIn(name)) return
        await knows('alice', name)
        await people.alice.do('removeMembers', { conversation: id, accounts: [person.account] })
        reference.goes(name)
    }
  }

  /** Those who are away say it when they are back. */
  async function says(names: readonly Name[]): Promise<void> {
    const speakers = names.filter((name) => reference.isIn(name))
    const texts = await Promise.all(
      speakers.map(async (name) => {
        const text = `${name} ${number}`
        await people[name].tell(id, text)
        away.get(name)?.push(text)
        return away.has(name) ? [] : [text]
      }),
    )
    for (const name of speakers) if (!away.has(name)) await isOut(name)
    for (const text of texts.flat()) reference.says(text)
  }

  async function isOut(name: Name): Promise<void> {
    await until(
      () => people[name].device.sql.get("SELECT 1 AS yes FROM group_outbox WHERE state <> 'failed'") === undefined,
      `${name} has said it`,
    )
  }

  async function mends(name: Name): Promise<void> {
    const waiting = away.get(name)
    if (waiting === undefined) return
    people[name].device.wire.mend()
    await world.back(people[name])
    await isOut(name)
    away.delete(name)
    if (reference.isIn(name)) for (const text of waiting) reference.says(text)
  }

  async function dies(name: Name, point: string): Promise<void> {
    const person = people[name]
    let isDead = false
    await person.close()
    await person.open((reached) => {
      if (reached !== point || isDead) return
      isDead = true
      throw new Error(`${name} dies`)
    })
    await person.online()
    const text = `${name} ${number}`
    // Who dies of saying it is given no answer: it may be there or not.
    await person.tell(id, text).catch((error: unknown) => {
      if (!isDead) throw error
    })
    const isIdle = () =>
      person.device.sql.get(
        `SELECT 1 AS yes FROM group_outbox WHERE state <> 'failed'
         UNION SELECT 1 FROM key_deliveries WHERE tries = 0`,
      ) === undefined
    await until(() => isDead || isIdle(), `${name} dies at ${point}`)
    await person.reopen()
    await person.online()
    if (!(await person.readsIn(id)).includes(text)) {
      expect(point).toBe('group.sealed')
      await person.tell(id, text)
    }
    await isOut(name)
    reference.says(text)
  }

  async function knows(name: Name, member: Name): Promise<void> {
    await until(async () => {
      const { members } = await people[name].do('getGroup', { conversation: id })
      return members.some(({ person: { account } }) => account === people[member].account)
    }, `${name} knows that ${member} is in`)
  }

  async function comes(name: Name, history: 'none' | 'all'): Promise<void> {
    const { account } = people[name]
    await until(async () => {
      const { members } = await people.alice.do('getGroup', { conversation: id })
      return members.every(({ person }) => person.account !== account)
    }, `Alice knows that ${name} has gone`)
    await people.alice.do('inviteToGroup', { conversation: id, people: [account], history: { kind: history } })
    await people[name].accepts(id)
    await until(async () => (await people[name].group(id))?.standing === 'member', `${name} is in`)
    reference.joins(name, history === 'all')
  }

  async function ends(): Promise<void> {
    for (const name of NAMES) await mends(name)
    for (const name of NAMES) {
      const must = reference.reads(name)
      let read: string[] = []
      await until(
        async () => {
          await world.clock.advance(1_000)
          read = await textsOf(name)
          return must.every((text) => read.includes(text))
        },
        () => `${name} reads ${must}, but it is ${read}`,
      )
    }
    for (const name of NAMES) {
      const read = await textsOf(name)
      expect(
        read.filter((text) => !reference.mayRead(name, text)),
        `${name} reads more`,
      ).toEqual([])
      expect(new Set(read).size, `${name} reads each once`).toBe(read.length)
    }
  }

  /** What came to be said: not what they only wanted to say. */
  async function textsOf(name: Name): Promise<string[]> {
    if ((await people[name].group(id)) === undefined) return []
    return (await people[name].messagesIn(id)).flatMap(({ content, delivery }) =>
      content.kind === 'text' && delivery?.state !== 'failed' ? content.text : [],
    )
  }

  return { tells, ends }
}
