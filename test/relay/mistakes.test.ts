// A mistake of our own while a request is served: the device may try again, and the log says where it was made.

import { expect, test } from 'vitest'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import { join, makePerson } from './device.ts'
import { openRelay } from './open.ts'

test('[P7] nobody is told what went wrong, and nothing of it is in the log but its kind and its place', async () => {
  const store = openSqliteStore(openSqlite({ file: ':memory:' }), systemRandom)
  const findUsername = async (username: string) => {
    throw new RangeError(`no room for ${username}`)
  }
  const relay = await openRelay({ store: { ...store, findUsername } })
  const line = await join(relay, makePerson('alice'))
  const answered = await line.expect({ case: 'lookUp', value: { username: 'bob' } }, 'refused')
  expect(answered).toMatchObject({ reason: Reason.UNAVAILABLE, retryAfterMs: 5000 })
  expect(relay.logged.find(({ event }) => event === 'request failed')?.fields).toEqual({
    connection: 1,
    request: 'lookUp',
    error: 'RangeError',
    place: expect.stringMatching(/^mistakes\.test\.ts:\d+$/),
  })
  expect(JSON.stringify(relay.logged)).not.toContain('bob')
})

test('[P53] a mailbox that could not be read is no mistake where its device has gone meanwhile', async () => {
  const store = openSqliteStore(openSqlite({ file: ':memory:' }), systemRandom)
  const asked = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<never>()
  const read = () => {
    asked.resolve()
    return answered.promise
  }
  const relay = await openRelay({ store: { ...store, read } })
  const line = await join(relay, makePerson('alice'))
  await asked.promise
  await line.hangUp()
  const events = () => relay.logged.map(({ event }) => event)
  await expect.poll(events).toContain('closed')
  answered.reject(new RangeError('nobody is there'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(events()).not.toContain('delivery failed')
})
