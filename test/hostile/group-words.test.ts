// A member who says in another's name, or about another's words, what only they may.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { editBody, recallBody } from '../../src/engine/groups/content.ts'
import { addToGroupOutbox } from '../../src/engine/storage/group-outbox.ts'
import { type GroupId, Instant, MessageId } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
let mallory: Person

beforeEach(async () => {
  world = await World.create()
  alice = await world.person('Alice')
  bob = await world.person('Bob')
  mallory = await world.person('Mallory')
  for (const other of [bob, mallory]) await alice.find(other)
})

afterEach(() => world.close())

/** Mallory's device seals and publishes it with the next thing that she says, as if her app had let her. */
function slips(group: GroupId, body: Uint8Array): void {
  const message = MessageId.parse(crypto.randomUUID())
  const at = Instant.parse(world.clock.now())
  addToGroupOutbox(mallory.device.sql, { group_id: group, message, body, readable: 0, at })
}

test('[K15][P98][P99] edits and recalls that a member seals of what others have said: for nobody else is it changed', async () => {
  const { id, group } = await alice.gather('Hiking', bob, mallory)
  const alices = await alice.tell(id, 'At nine')
  await bob.seesIn(id, ['At nine'])
  const bobs = await bob.tell(id, 'I bring the map')
  for (const person of [alice, bob, mallory]) await person.seesIn(id, ['At nine', 'I bring the map'])
  slips(group, editBody(alices.id, 'At ten'))
  slips(group, recallBody(bobs.id))
  const hers = await mallory.tell(id, 'Fine')
  // Of her own it counts: what she slips in does come.
  slips(group, editBody(hers.id, 'Fine by me'))
  await mallory.tell(id, 'See you')
  for (const person of [alice, bob]) {
    await person.seesIn(id, ['At nine', 'I bring the map', 'Fine by me', 'See you'])
    const changed = (await person.messagesIn(id)).filter(({ editedAt }) => editedAt !== null)
    expect(changed.map((message) => message.id)).toEqual([hers.id])
  }
})
