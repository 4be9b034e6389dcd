// Safety numbers: alike on both sides, and what happens when one changes.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  ;[alice, bob] = await world.friends('Alice', 'Bob')
})
afterEach(() => world.close())

async function number(one: Person, other: Person): Promise<string> {
  return (await one.do('getSafetyNumber', { account: other.account })).digits
}

async function safety(one: Person, other: Person) {
  return (await one.conversation(other)).person.safety
}

/** Bob loses everything, and so does the relay: it lets him begin anew under the account he had. */
async function bobBeginsAnew(): Promise<Person> {
  await bob.close()
  await world.eraseRelay()
  await world.back(alice)
  return world.again(bob)
}

test('[P22] sixty digits, alike on both sides, and other ones for each pair', async () => {
  const carol = await world.person('Carol')
  await carol.find(alice)
  const digits = await number(alice, bob)
  expect(digits).toMatch(/^\d{60}$/)
  expect(await number(bob, alice)).toBe(digits)
  // Before a word was said, too.
  expect(await number(carol, alice)).not.toBe(digits)
  expect(await alice.try('getSafetyNumber', { account: carol.account })).toMatchObject({
    failure: { code: 'no-such-person' },
  })
})

test('[P20] verified is what was compared, and can be taken back', async () => {
  await alice.do('setVerified', { account: bob.account, verified: true })
  expect(await safety(alice, bob)).toEqual({ state: 'verified', at: world.clock.now() })
  await alice.reopen()
  expect((await safety(alice, bob)).state).toBe('verified')
  await alice.do('setVerified', { account: bob.account, verified: false })
  expect((await safety(alice, bob)).state).toBe('unverified')
  expect(await alice.try('acceptSafetyNumber', { account: bob.account })).toMatchObject({
    failure: { code: 'already-so' },
  })
})

test('[P20][K9] he writes under another key: shown, marked; what she answers waits until she has looked', async () => {
  await alice.do('setVerified', { account: bob.account, verified: true })
  const before = await number(alice, bob)
  const anew = await bobBeginsAnew()
  await anew.find(alice)
  await anew.say(alice, 'New phone')
  await alice.sees(anew, ['Hello Bob', '[new-safety-number]', 'New phone'])
  expect(await safety(alice, anew)).toMatchObject({ state: 'changed', wasVerified: true })

  await alice.say(anew, 'Is it you?')
  await alice.reopen()
  await alice.online()
  await alice.reaches(anew, 'Is it you?', 'waiting')
  expect(await anew.reads(alice)).toEqual(['New phone'])

  const after = await number(alice, anew)
  expect(after).not.toBe(before)
  expect(after).toBe(await number(anew, alice))
  // What she looked at before is not what there is now.
  const outdated = { account: anew.account, digits: before }
  expect(await alice.try('acceptSafetyNumber', outdated)).toMatchObject({ failure: { code: 'safety-number-changed' } })
  expect(await alice.try('setVerified', { ...outdated, verified: true })).toMatchObject({
    failure: { code: 'safety-number-changed' },
  })
  expect((await safety(alice, anew)).state).toBe('changed')
  await alice.do('acceptSafetyNumber', { account: anew.account, digits: after })
  // What was said to the device of before is missing on this one.
  await anew.sees(alice, ['New phone', '[1 missing]', 'Is it you?'])
  expect((await safety(alice, anew)).state).toBe('unverified')
  await anew.say(alice, 'It is')
  await alice.sees(anew, ['Hello Bob', '[new-safety-number]', 'New phone', 'Is it you?', 'It is'])
})

test('[P20][K9] she writes first: nothing is sealed for the new key before she has compared it', async () => {
  const anew = await bobBeginsAnew()
  await alice.say(anew, 'Are you there?')
  await until(async () => (await safety(alice, anew)).state === 'changed', 'Alice is told')
  await alice.reaches(anew, 'Are you there?', 'waiting')
  await alice.say(anew, 'Hello?')
  expect(await alice.reads(anew)).toEqual(['Hello Bob', 'Are you there?', '[new-safety-number]', 'Hello?'])
  expect(await anew.hasConversation(alice)).toBe(false)

  await alice.do('setVerified', { account: anew.account, verified: true })
  await anew.sees(alice, ['[1 missing]', 'Are you there?', 'Hello?'])
  expect((await safety(alice, anew)).state).toBe('verified')
})

test('[P20][P21] the devices of the new key are those it has signed, whatever the old one had', async () => {
  const anew = await bobBeginsAnew()
  await anew.find(alice)
  await anew.say(alice, 'New phone')
  await until(async () => (await safety(alice, anew)).state === 'changed', 'Alice is told')
  await alice.do('acceptSafetyNumber', { account: anew.account })
  // Without a session she has to ask for his devices again.
  alice.device.sql.run('DELETE FROM sessions')
  await alice.reopen()
  await alice.online()
  await alice.say(anew, 'Do you read me?')
  await anew.sees(alice, ['New phone', '[1 missing]', 'Do you read me?'])
})

test('[P177] what one screen shows for a scanner, the other finds to be the same; one’s own is not theirs', async () => {
  const shown = (await bob.do('getSafetyNumber', { account: alice.account })).scannable
  expect(Buffer.from(shown, 'base64')).toHaveLength(74)
  const digits = await number(alice, bob)
  expect(await alice.do('checkScannedSafetyNumber', { account: bob.account, scanned: ` ${shown}\n` })).toEqual({
    matches: true,
    digits,
  })
  expect((await safety(alice, bob)).state).toBe('unverified')
  const own = (await alice.do('getSafetyNumber', { account: bob.account })).scannable
  expect(await alice.do('checkScannedSafetyNumber', { account: bob.account, scanned: own })).toEqual({
    matches: false,
    digits,
  })
  const carol = await world.person('Carol')
  await carol.find(alice)
  const others = (await carol.do('getSafetyNumber', { account: alice.account })).scannable
  expect(await alice.do('checkScannedSafetyNumber', { account: bob.account, scanned: others })).toMatchObject({
    matches: false,
  })
  expect(await alice.try('checkScannedSafetyNumber', { account: carol.account, scanned: others })).toMatchObject({
    failure: { code: 'no-such-person' },
  })
})

test('[P177][F29] another version, a torn code, noise: each is a refusal, and nothing breaks', async () => {
  const code = Buffer.from((await bob.do('getSafetyNumber', { account: alice.account })).scannable, 'base64')
  const check = async (bytes: Uint8Array) => {
    const scanned = Buffer.from(bytes).toString('base64')
    const checked = await alice.try('checkScannedSafetyNumber', { account: bob.account, scanned })
    return checked.ok ? checked.value.matches : checked.failure.code
  }
  expect(await check(code)).toBe(true)
  const newer = Buffer.from(code)
  newer[1] = 3
  expect(await check(newer)).toBe('update-needed')
  expect(await check(new Uint8Array())).toBe('unreadable-code')
  expect(await check(Buffer.from('https://relay.example.org'))).toBe('unreadable-code')
  for (let length = 1; length < code.length; length++)
    expect(await check(code.subarray(0, length)), `${length} bytes`).not.toBe(true)
  for (const scanned of ['', 'not base64 at all', '☃', 'A'.repeat(1023)])
    expect(await alice.try('checkScannedSafetyNumber', { account: bob.account, scanned })).toMatchObject({
      failure: { code: 'unreadable-code' },
    })
  // Any bit that counts: never a match, never a crash.
  for (let at = 0; at < code.length; at++) {
    const bent = Buffer.from(code)
    bent[at] = (bent[at] ?? 0) ^ 0x55
    expect(await check(bent), `byte ${at}`).not.toBe(true)
  }
})
