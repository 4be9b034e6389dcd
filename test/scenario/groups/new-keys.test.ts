// When the next message begins with new keys, though nobody has left: after a time, and after so many messages.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { EPOCH_LASTS, EPOCH_MESSAGES } from '../../../src/protocol/limits.ts'
import type { ConversationId } from '../../../src/shared/ids.ts'
import type { Person } from '../../person.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'

let world: World
let alice: Person
let bob: Person
let id: ConversationId

beforeEach(async () => {
  world = await World.create()
  alice = await world.person('Alice')
  bob = await world.person('Bob')
  await alice.find(bob)
  id = (await alice.gather('Hiking', bob)).id
})

afterEach(() => world.close())

/** As their messages say, in order. */
async function epochsOf(person: Person): Promise<(number | null)[]> {
  const said = (await person.messagesIn(id)).filter(({ content }) => content.kind === 'text')
  return Promise.all(said.map(async ({ id: message }) => (await person.do('getReaders', { message })).epoch))
}

test('[G4][P113] a week after the newest keys, and not before', async () => {
  await alice.tell(id, 'On the first day')
  await bob.seesIn(id, ['On the first day'])
  await world.clock.sleep(EPOCH_LASTS - 3_600_000)
  await world.back(alice, bob)
  await bob.tell(id, 'Within the week')
  await alice.seesIn(id, ['On the first day', 'Within the week'])
  expect(await alice.group(id)).toMatchObject({ epoch: 1, marked: false })
  await world.clock.sleep(3_600_000)
  await world.back(alice, bob)
  expect(await alice.group(id)).toMatchObject({ epoch: 1, marked: true })
  await bob.tell(id, 'After a week')
  await alice.seesIn(id, ['On the first day', 'Within the week', 'After a week'])
  expect(await alice.group(id)).toMatchObject({ epoch: 2, marked: false })
  for (const person of [alice, bob]) expect(await epochsOf(person)).toEqual([1, 1, 2])
})

test('[G4][P113] after a hundred messages, whoever said them', async () => {
  const texts = Array.from({ length: EPOCH_MESSAGES + 1 }, (_, index) => `line ${index}`)
  for (const [index, text] of texts.entries()) {
    const [speaker, other] = index % 2 === 0 ? [alice, bob] : [bob, alice]
    await speaker.tell(id, text)
    await until(async () => (await other.readsIn(id)).at(-1) === text, `${other.name} reads ${text}`)
  }
  const expected = texts.map((_, index) => (index < EPOCH_MESSAGES ? 1 : 2))
  for (const person of [alice, bob]) {
    expect(await person.readsIn(id)).toEqual(texts)
    expect(await epochsOf(person)).toEqual(expected)
  }
})
