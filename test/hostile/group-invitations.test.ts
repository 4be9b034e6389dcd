// Somebody one has never spoken with, and more invitations than anybody wants.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { createListeningLog } from './insider.ts'

let world: World
let bob: Person
let mallory: Person
const log = createListeningLog()

beforeEach(async () => {
  log.heard.length = 0
  world = await World.create({ log })
  bob = await world.person('Bob')
  mallory = await world.person('Mallory')
  await mallory.find(bob)
})

afterEach(() => world.close())

const invitationsOf = async (person: Person) =>
  (await person.snapshot()).conversations.filter(({ group }) => group?.standing === 'invited').map(({ id }) => id)

const turnedAway = () => log.heard.filter((line) => line === 'groups.arrival-dropped').length

test('[G3][P114] of a stranger’s invitations three stand open at a time; who is known may send more', async () => {
  for (let group = 0; group < 6; group++)
    await mallory.do('createGroup', { title: `Group ${group}`, people: [bob.account] })
  await until(() => turnedAway() >= 3, 'Bob has looked at all six')
  const first = await invitationsOf(bob)
  expect(first).toHaveLength(3)
  expect(bob.device.sql.all('SELECT 1 AS yes FROM groups')).toHaveLength(3)

  // With an answer to one of them there is room for another, when it is told again.
  for (const conversation of first.slice(0, 1)) await bob.do('answerInvitation', { conversation, accept: false })
  await until(async () => {
    await world.clock.advance(10_000)
    return (await invitationsOf(bob)).length === 3
  }, 'the next comes')
  expect(bob.device.sql.all('SELECT 1 AS yes FROM groups')).toHaveLength(3)

  await bob.find(mallory)
  await bob.say(mallory, 'Is that you?')
  await until(async () => {
    await world.clock.advance(30_000)
    return (await invitationsOf(bob)).length === 5
  }, 'all of them come')
})
