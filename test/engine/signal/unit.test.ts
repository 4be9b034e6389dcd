// The unit of work: all of it is committed, or none.

import { expect, test } from 'vitest'
import { AccountId } from '../../../src/shared/ids.ts'
import { SqlFailure } from '../../../src/shared/sql.ts'
import { type Person, person, personOf, read } from './people.ts'

const text = new TextEncoder().encode('hello')

/** The same profile after the process was killed. */
function restarted(who: Person): Person {
  return personOf(who.sql.reopened(), who.clock, who.own)
}

test('[P80] an abandoned unit leaves no trace: the same envelope opens again, with its prekeys', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  const sealed = await alice.say(bob, 'hello')
  const unit = bob.signal.unit()
  expect(read(await bob.signal.open(unit, alice.address, sealed.type, sealed.bytes))).toBe('hello')
  unit.abandon()
  expect(() => unit.flush()).toThrow('over')
  expect(bob.signal.hasSession(bob.signal.unit(), alice.address)).toBe(false)
  expect(read(await bob.hear(alice, sealed))).toBe('hello')
  expect(read(await bob.hear(alice, sealed))).toBe('duplicate')
})

test('[P80][P81] killed after sealing or opening but before the commit, both go on from where they were', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  await alice.signal.seal(alice.signal.unit(), bob.address, text)
  const aliceAgain = restarted(alice)
  const sealed = await aliceAgain.say(bob, 'after the crash')
  await bob.signal.open(bob.signal.unit(), alice.address, sealed.type, sealed.bytes)
  const bobAgain = restarted(bob)
  expect(read(await bobAgain.hear(alice, sealed))).toBe('after the crash')
  expect(read(await aliceAgain.hear(bob, await bobAgain.say(alice, 'well received')))).toBe('well received')
})

test('[P80] a transaction that is rolled back after flush() has not happened, also for who goes on in the same process', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  const sealed = await alice.say(bob, 'hello')
  const unit = bob.signal.unit()
  await bob.signal.open(unit, alice.address, sealed.type, sealed.bytes)
  const roof = new Error('the roof came down')
  const commit = () =>
    bob.sql.transaction(() => {
      unit.flush()
      throw roof
    })
  expect(commit).toThrow(roof)
  unit.abandon()
  expect(read(await restarted(bob).hear(alice, sealed))).toBe('hello')
})

test('[P72] a store that cannot be read is not a bad message: the failure comes out, and nothing is kept', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  const sealed = await alice.say(bob, 'hello')
  for (const table of ['one_time_prekeys', 'signed_prekeys', 'kyber_prekeys', 'identities', 'sessions']) {
    bob.sql.script(`ALTER TABLE ${table} RENAME TO out_of_reach`)
    const unit = bob.signal.unit()
    const opening = bob.signal.open(unit, alice.address, sealed.type, sealed.bytes)
    await expect(opening, table).rejects.toBeInstanceOf(SqlFailure)
    expect(unit.failure).toBeInstanceOf(SqlFailure)
    expect(() => bob.sql.transaction(() => unit.flush())).toThrow(SqlFailure)
    bob.sql.script(`ALTER TABLE out_of_reach RENAME TO ${table}`)
  }
  expect(read(await bob.hear(alice, sealed))).toBe('hello')
})

test('[P72][E7] a disk that is full at the commit says so; with room again the envelope opens', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  const sealed = await alice.say(bob, 'hello')
  bob.sql.full(true)
  const unit = bob.signal.unit()
  await bob.signal.open(unit, alice.address, sealed.type, sealed.bytes)
  const commit = () =>
    bob.sql.transaction(() => {
      unit.flush()
      bob.sql.script('CREATE TABLE the_message (body); INSERT INTO the_message VALUES (zeroblob(100000))')
    })
  expect(commit).toThrow(expect.objectContaining({ kind: 'full' }))
  unit.abandon()
  bob.sql.full(false)
  expect(read(await bob.hear(alice, sealed))).toBe('hello')
})

test('[E5] an empty session record is refused', async () => {
  const bob = person('Bob')
  const insert = () =>
    bob.sql.run('INSERT INTO sessions (account, device, record, updated) VALUES (?, 1, zeroblob(0), 1)', [
      bob.own.account,
    ])
  expect(insert).toThrow(expect.objectContaining({ kind: 'constraint' }))
})

test('a unit that is over takes nothing more, and one that was not flushed does not settle', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  const unit = alice.signal.unit()
  expect(() => unit.settled()).toThrow('flushed')
  alice.sql.transaction(() => unit.flush())
  unit.settled()
  await expect(alice.signal.seal(unit, bob.address, text)).rejects.toThrow('over')
})

test('a session set aside in a unit that is abandoned is still there', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  const unit = alice.signal.unit()
  alice.signal.archive(unit, bob.address)
  expect(alice.signal.hasSession(unit, bob.address)).toBe(false)
  unit.abandon()
  expect(alice.signal.hasSession(alice.signal.unit(), bob.address)).toBe(true)
  expect(read(await bob.hear(alice, await alice.say(bob, 'as before')))).toBe('as before')
})

test('of more sessions than are kept as objects, each is what was committed last', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  await bob.hear(alice, await alice.say(bob, 'one'))
  const others = Array.from({ length: 510 }, () => ({ ...bob.address, account: AccountId.parse(crypto.randomUUID()) }))
  alice.sql.transaction(() => {
    for (const { account } of others) {
      alice.sql.run('INSERT INTO sessions SELECT ?, device, record, updated FROM sessions WHERE account = ?', [
        account,
        bob.own.account,
      ])
    }
  })
  const unit = alice.signal.unit()
  for (const other of others) expect(alice.signal.hasSession(unit, other)).toBe(true)
  expect(read(await bob.hear(alice, await alice.say(bob, 'two')))).toBe('two')
  // A unit that began before does not go on from what it read then, kept or not.
  const late = alice.signal.unit()
  await alice.signal.seal(late, bob.address, text)
  await alice.say(bob, 'three')
  for (const other of others) alice.signal.hasSession(unit, other)
  expect(() => alice.sql.transaction(() => late.flush())).toThrow('same session')
})
