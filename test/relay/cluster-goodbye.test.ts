// One of two relays is told to end while people talk: their messengers go on at the other one, and nothing is lost or doubled.

import { expect, onTestFinished, test } from 'vitest'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { temporaryFolder } from './open.ts'
import { postgresForThisFile } from './postgres.ts'
import { startRelay } from './process.ts'

/** Of each to each, before and after. */
const TEXTS = 25

const server = postgresForThisFile()

async function say(from: Person, to: Person, first: number): Promise<void> {
  for (let number = first; number < first + TEXTS; number++) await from.say(to, textOf(from, number))
}

function textOf(speaker: Person, number: number): string {
  return `${speaker.name} ${number}`
}

async function heard(listener: Person, speaker: Person): Promise<string[]> {
  const messages = await listener.messages(speaker)
  return messages.flatMap(({ own, content }) => (own || content.kind !== 'text' ? [] : content.text))
}

test('[P163][P51][P52][K8] at SIGTERM of theirs Alice and Bob go on at the other, with Carol who is there', async () => {
  const store = ['--store', await server.database()]
  const two = await startRelay(temporaryFolder(), store)
  const one = await startRelay(temporaryFolder(), [...store, '--alternatives', two.url])
  const world = await World.create()
  onTestFinished(() => world.close())
  const alice = await world.person('Alice', () => ({ url: one.url }))
  const bob = await world.person('Bob', () => ({ url: one.url }))
  const carol = await world.person('Carol', () => ({ url: two.url }))
  await alice.befriend(bob)
  await alice.befriend(carol)
  const pairs = [
    [alice, bob],
    [bob, alice],
    [alice, carol],
    [carol, alice],
  ] as const
  const greetings = await Promise.all(pairs.map(async ([speaker, listener]) => (await heard(listener, speaker)).length))

  const talking = pairs.map(([from, to]) => say(from, to, 0))
  await until(async () => (await heard(bob, alice)).length > 5, 'them to be talking')
  one.signal('SIGTERM')
  await Promise.all(talking)
  await Promise.all(pairs.map(([from, to]) => say(from, to, TEXTS)))
  expect(await one.ended).toBe(0)

  for (const [index, [speaker, listener]] of pairs.entries()) {
    const expected = Array.from({ length: 2 * TEXTS }, (_, number) => textOf(speaker, number))
    const said = async () => (await heard(listener, speaker)).slice(greetings[index])
    await until(
      async () => {
        await world.clock.advance(100)
        return (await said()).length >= expected.length
      },
      `${listener.name} to hear all that ${speaker.name} said`,
      60_000,
    )
    expect(await said()).toEqual(expected)
  }
  for (const person of [alice, bob]) expect((await person.do('getRelayView', {})).address).toBe(two.url)
  // What it logs is JSON to the end, and the end is one that it meant.
  const logged = one.printed.filter((line) => !line.startsWith('relay ready')).map((line) => JSON.parse(line))
  expect(logged.at(-1)).toMatchObject({ event: 'closed' })
  expect(logged.filter(({ level }) => level === 'error')).toEqual([])
})
