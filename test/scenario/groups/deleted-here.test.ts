// What somebody deletes for themselves stays deleted for them, whichever way it could come back.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConversationId, MessageId } from '../../../src/shared/ids.ts'
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

/** Three of Alice's and one of Bob's; Bob deletes the second of hers and his own, for himself. */
async function talk(): Promise<MessageId[]> {
  const said: MessageId[] = []
  for (const text of ['One', 'Two', 'Three']) said.push((await alice.tell(id, text)).id)
  await bob.comesToSee(id, ['One', 'Two', 'Three'])
  said.push((await bob.tell(id, 'Mine')).id)
  await alice.comesToSee(id, ['One', 'Two', 'Three', 'Mine'])
  return said
}

async function deletes(person: Person, messages: readonly (MessageId | undefined)[]): Promise<void> {
  for (const message of messages) if (message) await person.do('deleteMessage', { message })
}

test('[P93] who leaves and comes back with all history finds all of it but what they had deleted', async () => {
  const [, two, , mine] = await talk()
  await deletes(bob, [two, mine])
  await bob.seesIn(id, ['One', 'Three'])
  await bob.do('leaveGroup', { conversation: id })
  await until(async () => (await alice.group(id))?.members === 1, 'Bob has gone')
  await alice.tell(id, 'Without Bob')
  await alice.do('inviteToGroup', { conversation: id, people: [bob.account], history: { kind: 'all' } })
  await bob.accepts(id)
  await bob.comesToSee(id, ['One', 'Three', 'Without Bob'])
  await alice.tell(id, 'Welcome back')
  await bob.comesToSee(id, ['One', 'Three', 'Without Bob', 'Welcome back'])
  expect((await bob.messagesIn(id)).filter(({ content }) => content.kind === 'gap')).toEqual([])
  // Nobody else has lost anything.
  expect(await alice.readsIn(id)).toEqual(['One', 'Two', 'Three', 'Mine', 'Without Bob', 'Welcome back'])
})

test('[P93][P107] a device that is linked later reads the stream from its beginning, and what was deleted before is gone there, too', async () => {
  const [, two, , mine] = await talk()
  await deletes(bob, [two, mine])
  const laptop = await world.freshInstall(bob, 'laptop')
  await world.link(bob, laptop)
  await laptop.comesToSee(id, ['One', 'Three'])
  await alice.tell(id, 'To both')
  for (const device of [bob, laptop]) await device.comesToSee(id, ['One', 'Three', 'To both'])
})

test('[P93] what is deleted on one device stays so on the other that comes back into the group', async () => {
  const laptop = await world.linkDirectly(bob)
  const [, two] = await talk()
  await laptop.comesToSee(id, ['One', 'Two', 'Three', 'Mine'])
  await deletes(bob, [two])
  await laptop.comesToSee(id, ['One', 'Three', 'Mine'])
  await bob.do('leaveGroup', { conversation: id })
  await until(async () => (await laptop.group(id))?.standing === 'left', 'the laptop knows that Bob has gone')
  await alice.do('inviteToGroup', { conversation: id, people: [bob.account], history: { kind: 'all' } })
  await bob.accepts(id)
  await alice.tell(id, 'Welcome back')
  for (const device of [bob, laptop]) await device.comesToSee(id, ['One', 'Three', 'Mine', 'Welcome back'])
})
