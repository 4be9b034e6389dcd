// An evil relay and its frames: none of them ends more than the connection.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { encodeRelayFrame } from '../../src/protocol/frames.ts'
import { type ClientFrame, Reason } from '../../src/protocol/generated/relay_pb.ts'
import { MAX_FRAME_BYTES } from '../../src/protocol/limits.ts'
import type { Person } from '../person.ts'
import { dial, hello } from '../relay/device.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { EvilRelay } from './evil-relay.ts'

let world: World
let evil: EvilRelay
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  evil = await EvilRelay.before(() => world.address())
  alice = await world.person('Alice')
  bob = await world.person('Bob', evil.address)
  await alice.befriend(bob)
})
afterEach(async () => {
  await world.close()
  await evil.close()
})

const accepted = encodeRelayFrame(1, { case: 'accepted', value: { timeMs: 1n } })

test.each<[string, Uint8Array | string]>([
  ['[F1] a frame cut short', accepted.subarray(0, accepted.length - 1)],
  ['[F1] noise', new Uint8Array(200).fill(0xff)],
  ['[F1] an empty frame', new Uint8Array()],
  ['[F2] text', '{"request":1,"__proto__":{"isAdmin":true}}'],
  [
    '[F3] a length without end',
    new Uint8Array([0xa2, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
  ],
  ['[F3] boxes in boxes in boxes', nested(2_000)],
  ['[F4] more than a frame may hold', new Uint8Array(MAX_FRAME_BYTES + 1)],
])('%s: the connection ends, and the chat goes on over the next one', async (_, frame) => {
  evil.victim(bob.account).send(frame)
  await alice.say(bob, 'before and after')
  await until(async () => {
    await world.clock.advance(500)
    return (await bob.reads(alice)).length === 2
  }, 'Bob is back and reads')
  expect(await bob.reads(alice)).toEqual(['Hello Bob', 'before and after'])
})

/** Groups in groups, as an attacker of parsers makes them. */
function nested(depth: number): Uint8Array {
  return new Uint8Array(depth).fill(0x0b)
}

test('[P4][F5] pushes and fields of a later version are passed over on the same connection', async () => {
  const attempts = bob.device.wire.attempts()
  const victim = evil.victim(bob.account)
  // Field 77, nobody's, alone; and beside a body that is known.
  const unknownField = Uint8Array.of(0xea, 0x04, 0x03, 1, 2, 3)
  victim.send(unknownField)
  victim.send(Buffer.concat([encodeRelayFrame(0, { case: 'caughtUp', value: {} }), unknownField]))
  victim.send({ case: 'goodbye', value: { reason: 99 as never } })
  await alice.say(bob, 'still the same connection')
  await bob.sees(alice, ['Hello Bob', 'still the same connection'])
  expect(bob.device.wire.attempts()).toBe(attempts)
})

test('[P3] answers to nothing that was asked change nothing', async () => {
  const victim = evil.victim(bob.account)
  const changes = bob.changes.length
  victim.answer(4_000_000_000, { case: 'authenticated', value: {} })
  victim.answer(4_000_000_000, { case: 'refused', value: { reason: Reason.IDENTITY_MISMATCH } })
  victim.answer(4_000_000_000, { case: 'accepted', value: {} })
  victim.send({ case: 'authenticated', value: {} })
  await bob.do('getRelayView', {})
  expect(bob.changes.length).toBe(changes)
  expect((await bob.snapshot()).connection.state).toBe('online')
})

test('[F1] an answer of another kind, or with absurd numbers, is a refusal and no crash', async () => {
  let instead: 'another kind' | 'absurd' = 'another kind'
  const stop = evil.begin({
    toDevice(body) {
      if (body.case === 'found') return { case: 'caughtUp', value: {} as never }
      if (body.case === 'holdings' && instead === 'absurd') body.value.registeredMs = 2n ** 64n - 1n
      if (body.case === 'accepted') body.value.timeMs = 2n ** 64n - 1n
      return body
    },
  })
  expect(await bob.try('findPerson', { username: 'alice' })).toMatchObject({ failure: { code: 'relay-refused' } })
  instead = 'absurd'
  expect(await bob.try('getRelayView', {})).toMatchObject({ ok: true })
  await bob.say(alice, 'accepted in the year 500 million')
  await alice.sees(bob, ['Hello Bob', 'accepted in the year 500 million'])
  await bob.reaches(alice, 'accepted in the year 500 million', 'delivered')
  stop()
})

test('[P9][F7] a relay that never answers is left for another try', async () => {
  const stop = evil.begin({ toRelay: (body) => (body.case === 'lookUp' ? undefined : body) })
  const asked = bob.try('findPerson', { username: 'carol' })
  await until(async () => {
    await world.clock.advance(5_000)
    return (await bob.snapshot()).connection.state !== 'online'
  }, 'Bob gives up')
  expect(await asked).toMatchObject({ failure: { code: 'not-connected' } })
  stop()
  await world.back(bob)
})

test('[P10][P11][F10] a proof of identity that was overheard is good for nothing', async () => {
  let overheard: ClientFrame['body'] | undefined
  evil.begin({
    toRelay(body) {
      if (body.case === 'authenticate') overheard = body
      return body
    },
  })
  await bob.reopen()
  await bob.online()
  if (overheard?.case !== 'authenticate') throw new Error('nothing was overheard')
  const line = await dial(world.address())
  await hello(line)
  expect(await line.ask(overheard)).toMatchObject({ case: 'refused', value: { reason: Reason.SIGNATURE_INVALID } })
  await line.closed
  expect((await bob.snapshot()).connection.state).toBe('online')
})

test('[P9] told to stay away for fifty days, it is back in a minute', async () => {
  evil.victim(bob.account).send({ case: 'goodbye', value: { reconnectAfterMs: 0xffff_ffff } })
  evil.victim(bob.account).send('and out')
  await until(async () => (await bob.snapshot()).connection.state === 'offline', 'Bob is offline')
  const { connection } = await bob.snapshot()
  if (connection.state === 'offline') expect(connection.retryAt - world.clock.now()).toBeLessThanOrEqual(60_000)
  await world.back(bob)
})

test('[P58] told to wait for fifty days, a message goes out all the same', async () => {
  let refused = 0
  const stop = evil.begin({
    toRelay(body, victim, request) {
      if (body.case !== 'submit') return body
      refused += 1
      victim.answer(request, {
        case: 'refused',
        value: { reason: Reason.TOO_MANY_REQUESTS, retryAfterMs: 0xffff_ffff },
      })
      return undefined
    },
  })
  await bob.say(alice, 'patience')
  await until(() => refused > 0, 'Bob is told to wait')
  stop()
  await until(async () => {
    await world.clock.advance(10_000)
    return (await alice.reads(bob)).length === 2
  }, 'it has gone out')
})
