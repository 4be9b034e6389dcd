// A relay of version 1, byte for byte as it spoke then, with the messenger of today; and one that is ahead of its time.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { personConversation } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { openRecordedRelay, type RecordedRelay } from './recorded-relay.ts'

/** Field 999 of a frame, three bytes. */
const UNKNOWN_FIELD = Buffer.from('ba3e03010203', 'hex')
/** A push of nothing but that: one of a type that nobody knows yet. */
const UNKNOWN_PUSH = UNKNOWN_FIELD

let world: World
let relay: RecordedRelay
beforeEach(async () => {
  world = await World.create()
  relay = await openRecordedRelay()
})
afterEach(async () => {
  await world.close()
  await relay.close()
})

async function writeToBob(alice: Person): Promise<void> {
  const bob = await alice.do('findPerson', { username: 'bob' })
  await alice.do('openConversation', { account: bob.account })
  const conversation = personConversation(bob.account)
  await alice.do('sendMessage', { conversation, text: 'Hello from today' })
  await until(async () => {
    const { messages } = await alice.do('listMessages', { conversation, limit: 10 })
    return messages.some(({ delivery }) => delivery?.state === 'sent')
  }, 'it is sent')
}

test('[P5] one registers there, uploads keys, finds somebody, begins a session and writes', async () => {
  const alice = await world.person('Alice', relay.address)
  await writeToBob(alice)
  for (const kind of ['hello', 'register', 'announceKeys', 'uploadKeys', 'lookUp', 'fetchKeys', 'submit'] as const)
    expect(relay.asked).toContain(kind)
})

test('[P4][F5] a relay of a later version may add fields to all it says, and pushes of its own', async () => {
  relay.alter((bytes) => Buffer.concat([bytes, UNKNOWN_FIELD]))
  const alice = await world.person('Alice', relay.address)
  const attempts = alice.device.wire.attempts()
  relay.push(UNKNOWN_PUSH)
  await writeToBob(alice)
  expect(alice.device.wire.attempts()).toBe(attempts)
})

test('[P4] an answer of a type that nobody knows yet asks for an update, and the connection stays', async () => {
  const alice = await world.person('Alice', relay.address)
  const attempts = alice.device.wire.attempts()
  // The request id of the answer, and behind it nothing that is known.
  relay.alter((bytes, asked) => (asked === 'lookUp' ? Buffer.concat([bytes.subarray(0, 2), UNKNOWN_FIELD]) : bytes))
  expect(await alice.try('findPerson', { username: 'bob' })).toMatchObject({ failure: { code: 'update-needed' } })
  relay.alter((bytes) => bytes)
  await writeToBob(alice)
  expect(alice.device.wire.attempts()).toBe(attempts)
})
