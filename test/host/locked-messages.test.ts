// What comes while the app is locked waits at the relay, and comes when it is unlocked: with the real messenger.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ProfileHost } from '../../src/host/profile.ts'
import { personConversation } from '../../src/shared/ids.ts'
import type { Change } from '../../src/shared/model.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { Computer, codeOf, stageOf, WORDS } from './locked-profile.ts'

let world: World
let computer: Computer
beforeEach(async () => {
  world = await World.create()
  computer = new Computer(world.clock)
})
afterEach(async () => {
  await computer.close()
  await world.close()
})

async function textsOf(host: ProfileHost, other: Person): Promise<string[]> {
  const page = await host.handlers.listMessages({ conversation: personConversation(other.account), limit: 50 })
  if (!page.ok) return [page.failure.code]
  return page.value.messages.map(({ content }) => (content.kind === 'text' ? content.text : content.kind))
}

test('[E13][K8] while it is locked nothing is received and nothing told; unlocked, it is all there, drafts too', async () => {
  const { host: alice } = await computer.alice(() => world.address())
  const bob = await world.person('Bob')
  await bob.do('findPerson', { username: 'alice' })
  const me = await alice.handlers.getSnapshot({})
  if (!me.ok || me.value.profile === null) throw new Error('Alice has no profile')
  const { account } = me.value.profile
  await bob.do('openConversation', { account })
  const toAlice = personConversation(account)
  const fromBob = personConversation(bob.account)
  await bob.do('sendMessage', { conversation: toAlice, text: 'Tea?' })
  await until(async () => (await textsOf(alice, bob)).includes('Tea?'), 'Alice has it')
  await alice.handlers.acceptRequest({ conversation: fromBob })
  expect(codeOf(await alice.handlers.setPassphrase({ passphrase: WORDS }))).toBe('ok')

  const told: Change[] = []
  const locked = await computer.lock(alice, () =>
    alice.handlers.saveDraft({ conversation: fromBob, text: 'At five, if' }),
  )
  expect(locked).toBe('ok')
  alice.onChange(({ changes }) => told.push(...changes))
  const waiting = await bob.do('sendMessage', { conversation: toAlice, text: 'I bring the cake' })
  await until(async () => {
    const { messages } = await bob.do('listMessages', { conversation: toAlice, limit: 50 })
    return messages.some(({ id, delivery }) => id === waiting.id && delivery?.state === 'sent')
  }, 'the relay has it')
  await world.clock.advance(60_000)
  expect(await textsOf(alice, bob)).toEqual(['locked'])
  expect(told).toEqual([])

  expect(codeOf(await alice.handlers.unlock({ passphrase: WORDS }))).toBe('ok')
  expect(await stageOf(alice)).toBe('open')
  await until(async () => (await textsOf(alice, bob)).includes('I bring the cake'), 'Alice has that too')
  expect(await textsOf(alice, bob)).toEqual(['Tea?', 'I bring the cake'])
  const after = await alice.handlers.getSnapshot({})
  expect(after.ok && after.value.conversations.map(({ draft }) => draft)).toEqual(['At five, if'])
})
