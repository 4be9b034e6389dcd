// Whatever people ask of their messengers, in whatever order: nobody hears that it is our mistake, every answer is of the
// form that was promised, who follows the changes knows what who asks anew is told, and two devices of one person come to
// the same.
//
//   SOTTO_CALLS=2000   more than those of every run
//   SOTTO_SEED=1       the same ones again

import { randomInt } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { apply, type Mirror, replace } from '../../src/renderer/store/mirror.ts'
import { api, type CallName, type ParsedInput } from '../../src/shared/api.ts'
import {
  type AccountId,
  type ConversationId,
  type GroupId,
  groupConversation,
  type MessageId,
  personConversation,
} from '../../src/shared/ids.ts'
import type { Message } from '../../src/shared/model.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

const CALLS = Number(process.env.SOTTO_CALLS ?? 200)
const SEED = Number(process.env.SOTTO_SEED ?? randomInt(2 ** 31))
const PEOPLE = ['Alice', 'Bob', 'Carol']

/** What would end the story, or belongs to another one. */
const LEFT_OUT: readonly CallName[] = ['createProfile', 'beginLink', 'replaceKeys', 'revokeDevice']

/** What leaves less to talk about. */
const ENDS: readonly CallName[] = ['leaveGroup', 'deleteGroup', 'removeMembers', 'banMembers', 'deleteMessage']

/** One call, with as much chance as its parameters need. */
interface Ask {
  who: number
  call: number
  dice: number[]
}

const ask: fc.Arbitrary<Ask> = fc.noBias(
  fc.record({
    who: fc.nat(PEOPLE.length),
    call: fc.nat(),
    dice: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
  }),
)

test(`[K14] any calls in any order, seed ${SEED}`, { timeout: 600_000 }, async () => {
  for (const asks of fc.sample(fc.array(ask, { minLength: CALLS, maxLength: CALLS }), { numRuns: 1, seed: SEED }))
    await tell(asks)
})

/** Of so many calls, one finds that its connection has gone, or is back. */
const TURNS = 30
const offline = new WeakSet<Person>()

function turn(person: Person): void {
  if (offline.delete(person)) {
    person.device.wire.mend()
    return
  }
  offline.add(person)
  person.device.wire.cut()
}

async function tell(asks: readonly Ask[]): Promise<void> {
  const world = await World.create()
  try {
    const people: Person[] = []
    for (const name of PEOPLE) people.push(await world.person(name))
    const [alice, bob, carol] = people
    if (alice === undefined || bob === undefined || carol === undefined) throw new Error('three are needed')
    const laptop = await world.linkDirectly(alice)
    people.push(laptop)
    const followers = await Promise.all(people.map(follow))
    await alice.befriend(bob)
    await carol.befriend(alice)
    const tea = await alice.gather('Tea', bob, carol)
    await laptop.counts(tea.id, 3)
    for (const person of people) await person.tell(tea.id, `Here is ${person.name}`)
    const known = new Map(people.map((person) => [person, new Known(people, tea.id)]))
    /** By Alice, at some time: what they said meanwhile has come to the device that had not heard of it yet. */
    const blocked = new Set<AccountId>()
    let accepted = 0
    const calls = (Object.keys(api) as CallName[])
      .filter((name) => !LEFT_OUT.includes(name) && inEngine(people, name))
      .flatMap((name) => (isAboutWhatIsSaid(name) ? [name, name, name, name] : [name]))
    for (const { who, call, dice } of asks) {
      const name = calls[call % calls.length]
      const person = people[who]
      const mine = person && known.get(person)
      if (name === undefined || person === undefined || mine === undefined) throw new Error('nobody, or nothing')
      if (call % TURNS === 0) turn(person)
      const input = new Maker(mine, dice, isOfGroups(name)).make(formOf(name), name)
      const answered = await person.try(name, input as never)
      await world.clock.advance(1_000)
      if (answered.ok) {
        const problem = api[name].output.safeParse(answered.value).error
        expect(problem, `${person.name}: ${name} ${JSON.stringify(input)} → ${JSON.stringify(answered.value)}`).toBe(
          undefined,
        )
        for (const each of known.values()) each.noteLinks(answered.value)
        mine.note(answered.value)
        accepted += 1
        if (name === 'blockPerson' && person.account === alice.account)
          blocked.add((input as ParsedInput<'blockPerson'>).account)
      } else {
        expect(answered.failure.code, `${person.name}: ${name} ${JSON.stringify(input)}`).not.toBe('internal')
      }
    }
    for (const person of people) person.device.wire.mend()
    await world.back(...people)
    expect(accepted, 'calls that could be carried out').toBeGreaterThan(asks.length / 6)
    for (const [index, person] of people.entries()) await agrees(person, followers[index])
    await areAlike(world, blocked, alice, laptop)
  } finally {
    await world.close()
  }
}

/** More often than settings: most of what can go wrong is here. */
function isAboutWhatIsSaid(name: CallName): boolean {
  if (name === 'createGroup') return true
  if (ENDS.includes(name)) return false
  const { properties = {} } = formOf(name)
  return 'message' in properties || 'messages' in properties || 'conversation' in properties || 'link' in properties
}

function isOfGroups(name: CallName): boolean {
  return (
    /group|member|invitation|owner|rotate|readable|decide/i.test(name) &&
    'conversation' in (formOf(name).properties ?? {})
  )
}

function formOf(name: CallName): Form {
  return z.toJSONSchema(api[name].input, { unrepresentable: 'any' }) as Form
}

function inEngine(people: readonly Person[], name: CallName): boolean {
  return people.every(({ device }) => name in device.messenger.handlers)
}

/** What was answered so far, to ask about again. */
class Known {
  readonly accounts: AccountId[]
  readonly usernames: string[]
  readonly conversations: ConversationId[]
  readonly messages: MessageId[] = []
  readonly links: string[] = []
  readonly digits: string[] = []

  constructor(people: readonly Person[], group: ConversationId) {
    this.accounts = people.map(({ account }) => account)
    this.usernames = people.map(({ username }) => username)
    this.conversations = [...this.accounts.map(personConversation), group]
  }

  /** What one person was answered may be clicked by another. */
  noteLinks(answered: unknown): void {
    const link = typeof answered === 'object' && answered !== null && 'link' in answered ? answered.link : undefined
    if (typeof link === 'string') keep(this.links, link)
  }

  /** Looks through an answer for names that another call may be about. */
  note(answered: unknown): void {
    if (Array.isArray(answered)) for (const one of answered) this.note(one)
    if (typeof answered !== 'object' || answered === null) return
    const { id, link, digits, content } = answered as Record<string, unknown>
    if (typeof id === 'string' && id.startsWith('group:')) keep(this.conversations, id as ConversationId)
    if (typeof id === 'string' && content !== undefined) keep(this.messages, id as MessageId)
    if (typeof link === 'string') keep(this.links, link)
    if (typeof digits === 'string') keep(this.digits, digits)
    for (const value of Object.values(answered)) this.note(value)
  }
}

/** The newest stand last; of very many, the older ones are forgotten. */
function keep<T>(list: T[], one: T): void {
  if (list.includes(one)) return
  list.push(one)
  if (list.length > 12) list.splice(4, 1)
}

interface Form {
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Form[]
  oneOf?: Form[]
  properties?: Record<string, Form>
  required?: string[]
  items?: Form
  minItems?: number
  minimum?: number
  maximum?: number
  propertyNames?: Form
  additionalProperties?: Form | boolean
}

const WORDS = ['Tea?', '‮gnirts', '👩‍👩‍👧‍👦', 'a', '  x  ', 'ﷺ'.repeat(20), 'línea\nnueva', 'o'.repeat(60)]

/** Makes what fits a form, of what is known. */
class Maker {
  readonly #known: Known
  readonly #dice: readonly number[]
  readonly #onlyGroups: boolean
  #at = 0

  constructor(known: Known, dice: readonly number[], onlyGroups: boolean) {
    this.#onlyGroups = onlyGroups
    this.#known = known
    this.#dice = dice
  }

  make(form: Form, name: string): unknown {
    if (form.const !== undefined) return form.const
    if (form.enum !== undefined) return this.#one(form.enum)
    const forms = form.anyOf ?? form.oneOf
    if (forms !== undefined) return this.make(this.#one(forms), name)
    switch (form.type) {
      case 'object':
        return this.#object(form)
      case 'array':
        return Array.from({ length: (form.minItems ?? 0) + this.#roll(3) }, () => this.make(form.items ?? {}, name))
      case 'boolean':
        return this.#roll(2) === 1
      case 'integer':
        return this.#number(form, name)
      case 'null':
        return null
      default:
        return this.#text(name)
    }
  }

  #object({ properties = {}, required = [], propertyNames, additionalProperties }: Form): Record<string, unknown> {
    const made: Record<string, unknown> = {}
    for (const [key, form] of Object.entries(properties))
      if (required.includes(key) || this.#roll(3) === 0) made[key] = this.make(form, key)
    if (propertyNames?.enum !== undefined && typeof additionalProperties === 'object')
      made[String(this.#one(propertyNames.enum))] = this.make(additionalProperties, '')
    return made
  }

  #number({ minimum = 0, maximum = 1_000 }: Form, name: string): number {
    if (/until|since|at$/i.test(name)) return 1_800_000_000_000 + this.#roll(1_000_000)
    return Math.max(minimum, 1) + this.#roll(Math.min(maximum - minimum, 5))
  }

  #text(name: string): string {
    const { accounts, usernames, conversations, messages, links, digits } = this.#known
    const nobody = '00000000-0000-4000-8000-000000000000'
    if (/^(account|accounts|people|person)$/.test(name)) return this.#one([...accounts, ...accounts, nobody])
    if (name === 'username') return this.#one([...usernames, 'nobody-here'])
    const rarely = this.#roll(20) === 0 ? [name === 'conversation' ? `group:${nobody}` : nobody] : []
    if (name === 'conversation') return this.#one([...conversations.slice(this.#onlyGroups ? 3 : 0), ...rarely])
    if (/^(message|messages|before|upTo)$/.test(name))
      return this.#one(messages.length > 0 ? [...messages, ...rarely] : [nobody])
    if (/^(link|code)$/.test(name)) return this.#one([...links, 'sotto:invite?x', 'abcd-efgh'])
    if (name === 'digits') return this.#one([...digits, '1'.repeat(60)])
    if (name === 'picture') return 'bm90IGEgcGljdHVyZQ=='
    return this.#one(WORDS)
  }

  #roll(sides: number): number {
    const die = this.#dice[this.#at++ % this.#dice.length] ?? 0
    return (die + this.#at * 7) % sides
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#roll(of.length)] as T
  }
}

/** What somebody knew when they began to listen. */
async function follow(person: Person): Promise<Mirror> {
  return replace(await person.snapshot())
}

/** Whoever has listened to all that was told shows what whoever asks is told. */
async function agrees(person: Person, begun: Mirror | undefined): Promise<void> {
  if (begun === undefined) throw new Error('nobody listened')
  let revision = -1
  await until(async () => {
    const before = revision
    revision = (await person.snapshot()).revision
    await new Promise((resolve) => setTimeout(resolve, 200))
    return revision === before
  }, `${person.name} comes to rest`)
  const { conversations, ...rest } = await person.snapshot()
  const followed = person.changes.filter((set) => set.revision <= rest.revision).reduce(listen, begun)
  const { pages, conversations: told, ...toldRest } = followed
  expect(toldRest, `${person.name} was told`).toEqual(rest)
  expect(byId([...told.values()]), `${person.name} was told of conversations`).toEqual(byId(conversations))
  for (const { id } of conversations) {
    const shown = await person.messagesIn(id)
    const page: readonly Message[] = pages.get(id)?.messages ?? []
    expect(page, `${person.name} was told what is in ${id}`).toEqual(shown)
  }
}

/** Two devices of one person come to the same. */
async function areAlike(world: World, blocked: ReadonlySet<AccountId>, one: Person, other: Person): Promise<void> {
  let shown: unknown[] = []
  await until(
    async () => {
      await world.clock.advance(1_000)
      const unsaid = new Set([...withUnsaidChanges(one), ...withUnsaidChanges(other)])
      shown = [await howItStands(one, blocked, unsaid), await howItStands(other, blocked, unsaid)]
      return isDeepStrictEqual(shown[0], shown[1])
    },
    () => `both devices of ${one.name} show the same`,
    60_000,
  ).catch((error) => {
    expect(shown[1]).toEqual(shown[0])
    throw error
  })
}

/** Groups in which a change of what was said may not be said as things stand: it waits where it was made. */
function withUnsaidChanges({ device }: Person): ConversationId[] {
  return device.sql
    .all<{ group_id: GroupId }>("SELECT DISTINCT group_id FROM group_outbox WHERE state = 'failed'")
    .map(({ group_id }) => groupConversation(group_id))
}

/** What a person would miss on the other device. */
async function howItStands(person: Person, blocked: ReadonlySet<AccountId>, unsaid: ReadonlySet<ConversationId>) {
  const { profile, settings, conversations } = await person.snapshot()
  const { theme: _ofThisScreen, ...shared } = settings
  const rows = await Promise.all(
    byId(conversations.filter(({ group }) => group === null || group.standing === 'member')).map(
      async ({ id, state, muted, archived, pinned, person: who, group }) => ({
        id,
        state,
        muted,
        archived,
        pinned,
        who: who && {
          name: blocked.has(who.account) ? null : who.name,
          note: who.note,
          blocked: who.blocked,
          safety: who.safety.state,
        },
        group: group && { title: group.title, standing: group.standing, members: group.members },
        // What failed stands where it was said, to be tried again there; of what was taken back before it left, others know nothing.
        said: byId(unsaid.has(id) ? [] : await person.messagesIn(id)).flatMap(
          ({ id: message, content, delivery, author }) =>
            content.kind === 'text' && delivery?.state !== 'failed' && !blocked.has(author)
              ? [{ message, content }]
              : [],
        ),
      }),
    ),
  )
  return { name: profile?.name, about: profile?.about, shared, rows }
}

/** Every conversation is open, from its first message on. */
function listen(mirror: Mirror, set: Person['changes'][number]): Mirror {
  const pages = new Map(mirror.pages)
  for (const change of set.changes)
    if (change.kind === 'message' && !pages.has(change.message.conversation))
      pages.set(change.message.conversation, EMPTY)
  const next = apply({ ...mirror, pages }, set)
  if (next === 'missed') throw new Error(`a revision is missing before ${set.revision}`)
  return next
}

const EMPTY = { messages: [], hasEarlier: false, earlier: 0, loading: false, gone: new Set<MessageId>() }

function byId<T extends { id: string }>(rows: readonly T[]): T[] {
  return [...rows].sort((one, other) => one.id.localeCompare(other.id))
}
