// A profile put back from a copy: nothing that was used since is used again, and the chat goes on.

import { rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqlite } from '../../src/host/sqlite.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { openDevice, World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  ;[alice, bob] = await world.friends('Alice', 'Bob')
})
afterEach(() => world.close())

test('[P83] the person is told, and both go on talking; no message key is used twice', async () => {
  const copy = await alice.backUp()
  await alice.online()
  for (const text of ['lost here 1', 'lost here 2']) await alice.say(bob, text)
  await bob.sees(alice, ['Hello Bob', 'lost here 1', 'lost here 2'])
  await bob.say(alice, 'lost here too')
  await alice.sees(bob, ['Hello Bob', 'lost here 1', 'lost here 2', 'lost here too'])
  await bob.reaches(alice, 'lost here too', 'delivered')

  await alice.restore(copy)
  await alice.open()
  await alice.online()
  expect(await alice.reads(bob)).toEqual(['Hello Bob', '[restored]'])
  expect((await alice.snapshot()).restoredAt).toBe(world.clock.now())
  await alice.reopen()
  await alice.online()
  expect((await alice.snapshot()).restoredAt).toBe(world.clock.now())
  await alice.do('acknowledgeRestore', {})
  expect((await alice.snapshot()).restoredAt).toBeNull()
  await alice.say(bob, 'back again')
  await bob.sees(alice, ['Hello Bob', 'lost here 1', 'lost here 2', 'lost here too', 'back again'])
  await bob.say(alice, 'welcome back')
  await until(async () => (await alice.reads(bob)).includes('welcome back'), 'Alice reads the answer')
  await bob.reaches(alice, 'welcome back', 'delivered')
  await alice.reopen()
  expect((await alice.reads(bob)).filter((line) => line === '[restored]')).toHaveLength(1)
})

test('[P83][P52] what was written before the copy and sent after it arrives once', async () => {
  alice.device.wire.cut()
  await alice.say(bob, 'once')
  const copy = await alice.backUp()
  await alice.online()
  await bob.sees(alice, ['Hello Bob', 'once'])
  await alice.restore(copy)
  await alice.open()
  await alice.online()
  await alice.say(bob, 'next')
  await bob.sees(alice, ['Hello Bob', 'once', 'next'])
})

test('[P83][P70] what was under way for the lost profile is asked for again and read', async () => {
  const copy = await alice.backUp()
  await alice.online()
  // A step of the ratchet that the copy knows nothing of.
  await alice.say(bob, 'a step')
  await bob.sees(alice, ['Hello Bob', 'a step'])
  await bob.say(alice, 'another')
  await alice.sees(bob, ['Hello Bob', 'a step', 'another'])
  await alice.close()
  await bob.say(alice, 'under way')
  await bob.reaches(alice, 'under way', 'sent')
  await alice.restore(copy)
  await alice.open()
  await until(async () => (await alice.reads(bob)).includes('under way'), 'Alice reads what was under way')
  expect(await alice.reads(bob)).not.toContain('[undecryptable]')
})

test('[P83] who throws a profile away and begins anew is no restored copy', async () => {
  await alice.close()
  for (const end of ['', '-wal']) rmSync(`${alice.file}${end}`, { force: true })
  await alice.open()
  const relay = { kind: 'address' as const, url: world.address().url }
  await alice.do('createProfile', { name: 'Alicia', username: 'alicia', relay })
  await alice.online()
  const person = await bob.do('findPerson', { username: 'alicia' })
  const { id } = await bob.do('openConversation', { account: person.account })
  await bob.do('sendMessage', { conversation: id, text: 'New name?' })
  await until(async () => (await alice.snapshot()).conversations.length === 1, 'Alicia gets it')
  expect((await alice.snapshot()).conversations[0]?.last?.content).toEqual({ kind: 'text', text: 'New name?' })
})

test('[F39] a database of a later version is left as it is', async () => {
  await alice.close()
  const key = new Uint8Array(32).fill(7)
  const later = openSqlite({ file: alice.file, key })
  later.script('PRAGMA user_version = 1000')
  later.close()
  const generation = { read: async () => undefined, write: async () => {} }
  await expect(openDevice(world, alice.file, generation, () => world.address())).rejects.toThrow('database-newer')
  const still = openSqlite({ file: alice.file, key })
  expect(still.get('PRAGMA user_version')).toEqual({ user_version: 1000 })
  still.close()
})
