// Keys that are missing: asked for on the stream, given by who has them to who may have them.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Person } from '../../person.ts'
import { until } from '../../until.ts'
import { World } from '../../world.ts'

let world: World
let alice: Person
let bob: Person
let carol: Person

beforeEach(async () => {
  world = await World.create()
  alice = await world.person('Alice')
  bob = await world.person('Bob')
  carol = await world.person('Carol')
  for (const other of [bob, carol]) await alice.find(other)
})

afterEach(() => world.close())

/** Carol has accepted while Alice, who invited her, was away. */
async function carolComesWithoutAlice(): Promise<Awaited<ReturnType<Person['gather']>>['id']> {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before Carol')
  await bob.seesIn(id, ['Before Carol'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await until(async () => (await carol.group(id))?.standing === 'invited', 'Carol is invited')
  await until(async () => (await carol.group(id))?.title === 'Hiking', 'Carol knows what it is')
  await alice.close()
  await carol.do('answerInvitation', { conversation: id, accept: true })
  await carol.counts(id, 3)
  return id
}

test('[D5][D6][P140][P141] who invited is away: the new member asks, and another member who has the keys answers', async () => {
  const id = await carolComesWithoutAlice()
  await carol.seesIn(id, ['[key-missing]'])
  await until(async () => {
    await world.clock.advance(500)
    return (await carol.readsIn(id)).includes('Before Carol')
  }, 'Carol reads what was said before')
  expect(await carol.readsIn(id)).toEqual(['Before Carol'])
})

test('[D6] with nobody online it heals when somebody who has the keys is back', async () => {
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before Carol')
  await bob.seesIn(id, ['Before Carol'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await until(async () => (await carol.group(id))?.standing === 'invited', 'Carol is invited')
  await alice.close()
  await bob.close()
  await carol.do('answerInvitation', { conversation: id, accept: true })
  await carol.seesIn(id, ['[key-missing]'])
  await world.clock.advance(5_000)
  const missing = (await carol.messagesIn(id)).find(({ content }) => content.kind === 'key-missing')
  if (missing === undefined) throw new Error('nothing is missing')
  const why = await carol.do('getMissingKey', { message: missing.id })
  expect(why).toMatchObject({ epoch: 1, owner: { account: alice.account }, notEntitled: false })
  await until(
    async () => (await carol.do('getMissingKey', { message: missing.id })).askedAt !== null,
    'Carol has asked',
  )
  await bob.open()
  await bob.online()
  await until(async () => {
    await world.clock.advance(1_000)
    return (await carol.readsIn(id)).includes('Before Carol')
  }, 'Carol reads what was said before')
})

test('[P142] of several who could answer, one does, and the others leave it to them', async () => {
  const dave = await world.person('Dave')
  await alice.find(dave)
  const { id } = await alice.gather('Hiking', bob, dave)
  await alice.tell(id, 'Before Carol')
  for (const person of [bob, dave]) await person.seesIn(id, ['Before Carol'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await until(async () => (await carol.group(id))?.standing === 'invited', 'Carol is invited')
  await alice.close()
  await carol.do('answerInvitation', { conversation: id, accept: true })
  await carol.seesIn(id, ['[key-missing]'])
  await until(async () => {
    await world.clock.advance(500)
    return (await carol.readsIn(id)).includes('Before Carol')
  }, 'Carol reads what was said before')
  const gave = (person: Person) =>
    person.device.sql.all('SELECT DISTINCT key FROM key_holders WHERE account = ?', [carol.account]).length
  expect([gave(bob) > 0, gave(dave) > 0].filter(Boolean)).toHaveLength(1)
})

test('[P142][D6] whoever was about to answer dies: when their lease is over, somebody else does', async () => {
  const dave = await world.person('Dave')
  await alice.find(dave)
  const { id } = await alice.gather('Hiking', bob, dave)
  await alice.tell(id, 'Before Carol')
  for (const person of [bob, dave]) await person.seesIn(id, ['Before Carol'])
  await alice.do('inviteToGroup', { conversation: id, people: [carol.account], history: { kind: 'all' } })
  await until(async () => (await carol.group(id))?.standing === 'invited', 'Carol is invited')
  await alice.close()
  await dave.close()
  // Bob takes the lease, and what he sends then never leaves.
  let isDead = false
  await bob.close()
  await bob.open((point) => {
    if (point !== 'group.keys-committed') return
    isDead = true
    throw new Error('Bob dies')
  })
  await bob.online()
  await carol.do('answerInvitation', { conversation: id, accept: true })
  await carol.seesIn(id, ['[key-missing]'])
  await until(async () => {
    await world.clock.advance(500)
    return isDead
  }, 'Bob dies with the lease')
  await bob.close()
  await dave.open()
  await dave.online()
  expect(await carol.readsIn(id)).toEqual(['[key-missing]'])
  await until(async () => {
    await world.clock.advance(2_000)
    return (await carol.readsIn(id)).includes('Before Carol')
  }, 'Dave answers')
})
