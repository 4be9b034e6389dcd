// A stolen laptop: another device takes it off the account and replaces the keys, and everybody who has to know is told.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { readAccount } from '../../src/engine/storage/account.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
let phone: Person
let laptop: Person
beforeEach(async () => {
  world = await World.create()
  ;[alice, bob] = await world.friends('Alice', 'Bob')
  phone = await link()
  laptop = await link()
  // Each has a session with each.
  for (const one of [alice, phone, laptop]) {
    const others = [alice, phone, laptop].filter((other) => other !== one)
    await one.say(bob, `from ${(await one.snapshot()).profile?.device}`)
    for (const other of others)
      await until(
        async () => (await other.reads(bob)).some((line) => line.startsWith('from') || line !== ''),
        'it is told',
      )
  }
  await until(async () => (await bob.reads(alice)).length === 4, 'Bob has it all')
})
afterEach(() => world.close())

async function link(): Promise<Person> {
  const other = await world.linkDirectly(alice)
  const count = (await other.do('listDevices', {})).length
  await until(async () => (await alice.do('listDevices', {})).length === count, 'Alice knows it')
  await until(() => other.hasConversation(bob), 'it knows Bob')
  return other
}

const identityOf = (person: Person) => Buffer.from(readAccount(person.device.sql)?.identity ?? []).toString('hex')

async function settled(...people: Person[]): Promise<void> {
  for (const person of people)
    await until(async () => {
      await world.clock.advance(500)
      return (await person.snapshot()).connection.state === 'online'
    }, `${person.name} is back`)
}

test('[P97][P100][D12] the laptop is off the account, its keys are good for nothing, and the others go on', async () => {
  const before = identityOf(alice)
  const digits = (await bob.do('getSafetyNumber', { account: alice.account })).digits
  const shown = await alice.do('replaceKeys', { revoke: 3 })
  expect(shown.done).toContainEqual({ what: 'device-removed', count: 1 })
  expect(shown.done).toContainEqual({ what: 'new-keys', count: 1 })
  await settled(alice, phone)
  expect(identityOf(alice)).not.toBe(before)
  expect(identityOf(phone)).toBe(identityOf(alice))
  await until(async () => {
    await world.clock.advance(500)
    return (await laptop.snapshot()).stage.stage === 'closed'
  }, 'the laptop says that it was removed')
  expect(identityOf(laptop)).toBe(before)

  // Bob is told by the key that he knew, and looks before he goes on.
  await until(async () => (await bob.reads(alice)).includes('[keys-replaced]'), 'Bob is told')
  expect((await bob.conversation(alice)).person.safety).toMatchObject({ state: 'changed' })
  const { digits: changed } = await bob.do('getSafetyNumber', { account: alice.account })
  expect(changed).not.toBe(digits)
  await bob.do('acceptSafetyNumber', { account: alice.account, digits: changed })
  await bob.say(alice, 'I have looked')
  for (const one of [alice, phone])
    await until(async () => (await one.reads(bob)).includes('I have looked'), 'both of hers read it')
  expect(await laptop.try('getSafetyNumber', { account: bob.account })).toMatchObject({
    failure: { code: 'device-removed' },
  })
  await phone.say(bob, 'the phone goes on')
  await until(async () => (await bob.reads(alice)).includes('the phone goes on'), 'Bob reads the phone')
  await until(async () => (await alice.reads(bob)).includes('the phone goes on'), 'Alice reads the phone')
  await until(async () => (await alice.do('getKeyReplacement', {}))?.open.length === 0, 'all is done')
  expect((await alice.do('getKeyReplacement', {}))?.done).toEqual([
    { what: 'device-removed', count: 1 },
    { what: 'new-keys', count: 1 },
    { what: 'own-devices', count: 1 },
    { what: 'contacts', count: 1 },
  ])
})

test('[P97][P20] verified: what Bob writes waits until he has looked', async () => {
  await bob.do('setVerified', { account: alice.account, verified: true })
  await alice.do('replaceKeys', { revoke: 3 })
  await until(async () => (await bob.conversation(alice)).person.safety.state === 'changed', 'Bob is told')
  expect((await bob.conversation(alice)).person.safety).toMatchObject({ wasVerified: true })
  await bob.say(alice, 'is it you?')
  await bob.reaches(alice, 'is it you?', 'waiting')
  await settled(alice, phone)
  await bob.do('setVerified', { account: alice.account, verified: true })
  await bob.reaches(alice, 'is it you?', 'delivered')
  expect(await alice.reads(bob)).toContain('is it you?')
})

test('[P97] a device that was off meanwhile takes the new keys over when it is back, and can be written to before', async () => {
  await phone.close()
  await alice.do('replaceKeys', { revoke: 3 })
  await settled(alice)
  await until(async () => (await bob.reads(alice)).includes('[keys-replaced]'), 'Bob is told')
  await bob.do('acceptSafetyNumber', { account: alice.account })
  await bob.say(alice, 'to the phone that is off')
  await bob.reaches(alice, 'to the phone that is off', 'delivered')
  expect((await alice.do('getKeyReplacement', {}))?.open).toEqual([{ what: 'own-devices', count: 1 }])
  await phone.open()
  await settled(phone)
  await until(async () => (await phone.reads(bob)).includes('to the phone that is off'), 'the phone reads it')
  // What was under way for the sessions of before is asked for again, and heals.
  await until(async () => !(await phone.reads(bob)).includes('[undecryptable]'), 'nothing stays unopened')
  expect(identityOf(phone)).toBe(identityOf(alice))
})

test('[P97] interrupted before the answer has come: what the relay has taken is taken over at the next start', async () => {
  const before = identityOf(alice)
  alice.device.wire.holdIncoming()
  const asked = alice.try('replaceKeys', { revoke: 3 })
  // The holdings are let through; the answer to the replacement is not.
  await until(() => {
    const frames = alice.device.wire.takeIncoming()
    if (frames.length === 0) return false
    for (const pass of frames) pass()
    return true
  }, 'the relay has answered the first question')
  await until(async () => (await phone.snapshot()).connection.state !== 'online', 'the relay has taken it')
  alice.device.wire.cut()
  expect(await asked).toMatchObject({ failure: { code: 'not-connected' } })
  expect(identityOf(alice)).toBe(before)
  await alice.reopen()
  await settled(alice, phone)
  expect(identityOf(alice)).not.toBe(before)
  expect(identityOf(phone)).toBe(identityOf(alice))
  expect((await alice.do('listDevices', {})).map(({ device }) => device)).toEqual([1, 2])
  await until(async () => (await bob.reads(alice)).includes('[keys-replaced]'), 'Bob is told')
})

test('[P97] interrupted before it has left: it is the very same that goes out the next time', async () => {
  alice.device.wire.holdOutgoing()
  const asked = alice.try('replaceKeys', { revoke: 3 })
  await new Promise((resolve) => setImmediate(resolve))
  alice.device.wire.cut()
  expect(await asked).toMatchObject({ failure: { code: 'not-connected' } })
  alice.device.wire.mend()
  await settled(alice)
  expect((await alice.do('replaceKeys', { revoke: 3 })).done).toContainEqual({ what: 'new-keys', count: 1 })
  await settled(alice, phone)
  expect(identityOf(phone)).toBe(identityOf(alice))
})

test('[P97] not the device that asks, and none that is not there', async () => {
  expect(await alice.try('replaceKeys', { revoke: 1 })).toMatchObject({ failure: { code: 'not-permitted' } })
  expect(await alice.try('replaceKeys', { revoke: 9 })).toMatchObject({ failure: { code: 'no-such-device' } })
  expect(await alice.do('getKeyReplacement', {})).toBeNull()
})
