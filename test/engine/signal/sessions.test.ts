// Sessions as they live: in order and out of it, tampered with, sent from the wrong address, and skipped ahead.

import { SignalMessage, signalEncrypt } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import { protocolAddress } from '../../../src/engine/signal/address.ts'
import { MAX_SESSION_BYTES, type Sealed } from '../../../src/engine/signal/signal.ts'
import { storesFor } from '../../../src/engine/signal/stores.ts'
import { EnvelopeType } from '../../../src/protocol/generated/relay_pb.ts'
import { PADDING_STEP } from '../../../src/protocol/limits.ts'
import { type Person, person, read } from './people.ts'

/** Two who have heard from each other. */
async function acquainted(): Promise<{ alice: Person; bob: Person }> {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  await bob.hear(alice, await alice.say(bob, 'hello'))
  await alice.hear(bob, await bob.say(alice, 'hello to you'))
  return { alice, bob }
}

test('[P41] 32 messages sent at once through a queue never share a counter', async () => {
  const { alice, bob } = await acquainted()
  let queue: Promise<unknown> = Promise.resolve()
  const sealing = Array.from({ length: 32 }, (_, number) => {
    const turn = queue.then(() => alice.say(bob, `number ${number}`))
    queue = turn
    return turn
  })
  const sealed = await Promise.all(sealing)
  const counters = sealed.map(({ bytes }) => SignalMessage.deserialize(bytes).counter())
  expect(new Set(counters).size).toBe(32)
  for (const [number, envelope] of sealed.entries())
    expect(read(await bob.hear(alice, envelope))).toBe(`number ${number}`)
})

test('[P41] of two units that moved the same session at once, the second does not commit', async () => {
  const { alice, bob } = await acquainted()
  const [first, second] = [alice.signal.unit(), alice.signal.unit()]
  const one = await alice.signal.seal(first, bob.address, new TextEncoder().encode('one'))
  const other = await alice.signal.seal(second, bob.address, new TextEncoder().encode('other'))
  expect(SignalMessage.deserialize(one.bytes).counter()).toBe(SignalMessage.deserialize(other.bytes).counter())
  alice.sql.transaction(() => first.flush())
  first.settled()
  expect(() => alice.sql.transaction(() => second.flush())).toThrow('same session')
})

test('64 messages are opened in one unit and committed once', async () => {
  const { alice, bob } = await acquainted()
  const sealed: Sealed[] = []
  for (let number = 0; number < 64; number++) sealed.push(await alice.say(bob, `number ${number}`))
  const heard = await bob.commit(async (unit) => {
    const texts: string[] = []
    for (const { type, bytes } of sealed) texts.push(read(await bob.signal.open(unit, alice.address, type, bytes)))
    return texts
  })
  expect(heard).toEqual(sealed.map((_, number) => `number ${number}`))
  expect(read(await alice.hear(bob, await bob.say(alice, 'all of it')))).toBe('all of it')
})

test('[F20] a tampered envelope changes nothing; the real one still opens', async () => {
  const { alice, bob } = await acquainted()
  const sealed = await alice.say(bob, 'the real one')
  for (let at = 0; at < sealed.bytes.length; at += 7) {
    const tampered = sealed.bytes.slice()
    tampered[at] = (tampered[at] ?? 0) ^ 1
    const opened = await bob.hear(alice, { ...sealed, bytes: tampered })
    expect(opened.is).not.toBe('content')
  }
  expect(read(await bob.hear(alice, sealed))).toBe('the real one')
})

test.each([
  ['nothing', new Uint8Array()],
  ['a byte', Uint8Array.of(0x44)],
  ['noise', Uint8Array.from({ length: 300 }, (_, at) => (at * 197 + 31) % 256)],
])('[K12] %s instead of a message is undecryptable, in every type', async (_, bytes) => {
  const { alice, bob } = await acquainted()
  for (const type of [EnvelopeType.MESSAGE, EnvelopeType.PREKEY, EnvelopeType.RETRY, EnvelopeType.UNSPECIFIED]) {
    expect(await bob.hear(alice, { type, bytes, registrationId: 1 })).toEqual({ is: 'undecryptable', why: 'malformed' })
  }
})

test('[F14][P23] a message delivered as from another address is not believed', async () => {
  const { alice, bob } = await acquainted()
  const mallory = person('Mallory')
  const carol = person('Carol')
  await alice.meet(carol)
  const toCarol = await alice.say(carol, 'for Carol from Alice')
  expect(read(await carol.hear(mallory, toCarol))).toBe('undecryptable: failed')
  expect(read(await carol.hear(alice, toCarol))).toBe('for Carol from Alice')
  const toBob = await alice.say(bob, 'for Bob from Alice')
  expect(read(await bob.hear(mallory, toBob))).toBe('undecryptable: no-session')
})

test('[F13] an envelope for Bob says nothing to Carol', async () => {
  const { alice, bob } = await acquainted()
  const carol = person('Carol')
  await alice.meet(carol)
  await carol.hear(alice, await alice.say(carol, 'hello Carol'))
  const toBob = await alice.say(bob, 'for Bob only')
  expect(read(await carol.hear(alice, toBob))).toBe('undecryptable: failed')
  expect(read(await bob.hear(alice, toBob))).toBe('for Bob only')
})

test('[F10][F12] what comes twice is a duplicate, also out of order', async () => {
  const { alice, bob } = await acquainted()
  const [one, two, three] = [await alice.say(bob, '1'), await alice.say(bob, '2'), await alice.say(bob, '3')]
  const heard: string[] = []
  for (const sealed of [three, one, three, two, one]) heard.push(read(await bob.hear(alice, sealed)))
  expect(heard).toEqual(['3', '1', 'duplicate', '2', 'duplicate'])
})

test('[P42] the ciphertext of a short text is as long as that of one that fills the step', async () => {
  const { alice, bob } = await acquainted()
  const short = await alice.say(bob, 'y')
  const full = await alice.say(bob, 'y'.repeat(PADDING_STEP - 1))
  const longer = await alice.say(bob, 'y'.repeat(PADDING_STEP))
  expect(full.bytes.length).toBe(short.bytes.length)
  expect(longer.bytes.length).toBe(short.bytes.length + PADDING_STEP)
})

test('both write first: nothing is lost, and they go on in one session', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  await bob.meet(alice)
  const [fromAlice, fromBob] = [await alice.say(bob, 'I first'), await bob.say(alice, 'no, I')]
  expect(read(await bob.hear(alice, fromAlice))).toBe('I first')
  expect(read(await alice.hear(bob, fromBob))).toBe('no, I')
  for (const text of ['then', 'together']) {
    expect(read(await bob.hear(alice, await alice.say(bob, text)))).toBe(text)
    expect(read(await alice.hear(bob, await bob.say(alice, text)))).toBe(text)
  }
})

test('a session without an answer for 30 days does not send any more', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  expect(alice.signal.hasSession(alice.signal.unit(), bob.address)).toBe(true)
  alice.clock.move(31 * 86_400_000)
  expect(alice.signal.hasSession(alice.signal.unit(), bob.address)).toBe(false)
  await expect(alice.say(bob, 'still there?')).rejects.toThrow()
})

test('[F17][P73] 2,000 skipped messages make a record that asks to be replaced', async () => {
  const { alice, bob } = await acquainted()
  const last = await alice.commit(async (unit) => {
    for (let skipped = 0; skipped < 2000; skipped++) await alice.signal.seal(unit, bob.address, new Uint8Array())
    return alice.signal.seal(unit, bob.address, new TextEncoder().encode('the 2,001st'))
  })
  expect(bob.signal.recordSize(bob.signal.unit(), alice.address)).toBeLessThan(MAX_SESSION_BYTES)
  expect(read(await bob.hear(alice, last))).toBe('the 2,001st')
  const size = bob.signal.recordSize(bob.signal.unit(), alice.address)
  expect(size).toBeGreaterThan(MAX_SESSION_BYTES)
  const uncommitted = bob.signal.unit()
  bob.signal.archive(uncommitted, alice.address)
  expect(bob.signal.recordSize(uncommitted, alice.address)).toBeGreaterThan(0)
})

test('[P40] a session set aside still opens what was under way, and the new one carries on', async () => {
  const { alice, bob } = await acquainted()
  const underWay = await bob.say(alice, 'sent before')
  await alice.commit((unit) => alice.signal.archive(unit, bob.address))
  expect(alice.signal.hasSession(alice.signal.unit(), bob.address)).toBe(false)
  expect(await alice.meet(bob)).toBe('begun')
  expect(read(await bob.hear(alice, await alice.say(bob, 'anew')))).toBe('anew')
  expect(read(await alice.hear(bob, underWay))).toBe('sent before')
})

test('[P42] what is opened but not padded as it should be is undecryptable, and the session goes on', async () => {
  const { alice, bob } = await acquainted()
  const unpadded = await alice.commit(async (unit) => {
    const step = unit.step()
    const { sessions, identities } = storesFor(step, alice.own, bob.address, alice.clock.now(), false)
    const [to, from] = [protocolAddress(bob.address), protocolAddress(alice.address)]
    const sealed = await signalEncrypt(new Uint8Array(PADDING_STEP), to, from, sessions, identities)
    unit.keep(step)
    return { type: EnvelopeType.MESSAGE, bytes: sealed.serialize(), registrationId: 1 }
  })
  expect(read(await bob.hear(alice, unpadded))).toBe('undecryptable: padding')
  expect(read(await bob.hear(alice, unpadded))).toBe('duplicate')
  expect(read(await bob.hear(alice, await alice.say(bob, 'next')))).toBe('next')
})
