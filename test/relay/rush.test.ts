// Too much at once, of connections or of messages: whoever makes the rush waits, and others notice nothing.

import { get } from 'node:http'
import { expect, test } from 'vitest'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { createTestClock } from './clock.ts'
import { dial, hello, join, makePerson, submissionTo } from './device.ts'
import { openRelay } from './open.ts'

function health(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/health' }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject)
  })
}

test('[F8] of a rush of connections from one address some are turned away, and the relay stays well', async () => {
  const relay = await openRelay({ limits: { ...DEFAULT_LIMITS, connections: { burst: 3, perSecond: 1e-6 } } })
  const lines = await Promise.all([dial(relay), dial(relay), dial(relay)])
  await expect(dial(relay)).rejects.toThrow('429')
  for (const line of lines) expect((await hello(line)).version).toBe(1)
  expect(await health(relay.port)).toBe(200)
})

test('[F8] however many addresses there are, the relay takes only so many connections', async () => {
  const relay = await openRelay({ limits: { ...DEFAULT_LIMITS, mostConnections: 2 } })
  const first = await dial(relay)
  await dial(relay)
  await expect(dial(relay)).rejects.toThrow('503')
  expect(await health(relay.port)).toBe(200)
  expect((await hello(first)).version).toBe(1)
})

test('[F9][P58] Mallory floods Bob and has to wait; what Carol writes him comes', async () => {
  const limits = { ...DEFAULT_LIMITS, submissions: { burst: 5, perSecond: 1 } }
  const relay = await openRelay({ limits, clock: createTestClock() })
  const bob = makePerson('bob')
  const toBob = await join(relay, bob)
  const fromMallory = await join(relay, makePerson('mallory'))
  const fromCarol = await join(relay, makePerson('carol'))
  for (let sent = 0; sent < 5; sent++)
    await fromMallory.expect({ case: 'submit', value: submissionTo(bob, 'spam') }, 'accepted')
  const refused = await fromMallory.expect({ case: 'submit', value: submissionTo(bob, 'spam') }, 'refused')
  expect(refused.reason).toBe(Reason.TOO_MANY_REQUESTS)
  expect(refused.retryAfterMs).toBe(1000)
  await fromCarol.expect({ case: 'submit', value: submissionTo(bob, 'from Carol') }, 'accepted')
  const received = await toBob.receive(6)
  expect(Buffer.from(received.at(-1)?.content ?? []).toString()).toBe('from Carol')
})
