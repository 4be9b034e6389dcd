// Time: who is silent, slow or half there is cut off, by a clock that the test moves.

import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { createTestClock } from './clock.ts'
import { dial, hello, join, makePerson, proof, signedList } from './device.ts'
import { openRelay } from './open.ts'
import { raw, UPGRADE } from './raw.ts'

describe('[P6][F7]', () => {
  test('a connection that never says hello is cut after ten seconds', async () => {
    const clock = createTestClock()
    const line = await dial(await openRelay({ clock }))
    clock.advance(9_999)
    await hello(line)
    const second = await dial(await openRelay({ clock }))
    clock.advance(10_000)
    expect(await second.closed).toBe(1006)
  })

  test('one that does not prove itself is cut after thirty', async () => {
    const clock = createTestClock()
    const line = await dial(await openRelay({ clock }))
    await hello(line)
    clock.advance(29_999)
    expect(line.socket.readyState).toBe(line.socket.OPEN)
    clock.advance(1)
    expect(await line.closed).toBe(1006)
  })

  test('each is cut when its own time is over, or up to a second later where another was just looked at', async () => {
    const clock = createTestClock()
    const relay = await openRelay({ clock })
    const first = await dial(relay)
    clock.advance(500)
    const second = await dial(relay)
    clock.advance(3_500)
    const third = await dial(relay)
    clock.advance(6_000)
    expect(await first.closed).toBe(1006)
    clock.advance(1_000)
    expect(await second.closed).toBe(1006)
    clock.advance(2_999)
    await hello(third)
    const fourth = await dial(relay)
    clock.advance(10_000)
    expect(await fourth.closed).toBe(1006)
    expect(third.socket.readyState).toBe(third.socket.OPEN)
  })

  test('one that is silent is cut after forty-five seconds; one that answers pings is not', async () => {
    const clock = createTestClock()
    const relay = await openRelay({ clock })
    const quiet = await join(relay, makePerson('quiet'))
    for (let minute = 0; minute < 5; minute++) {
      const pinged = once(quiet.socket, 'ping')
      clock.advance(20_000)
      await pinged
      await quiet.expect({ case: 'lookUp', value: { username: 'quiet' } }, 'found')
    }
    const half = await dial(relay)
    const gone = makePerson('gone')
    const value = {
      ...proof(gone, await hello(half), BigInt(clock.now())),
      username: 'gone',
      deviceList: signedList(gone),
    }
    await half.expect({ case: 'register', value }, 'authenticated')
    half.socket.pause()
    clock.advance(44_999)
    expect(relay.logged.filter(({ event }) => event === 'cut off')).toEqual([])
    clock.advance(1)
    expect(relay.logged.filter(({ event }) => event === 'cut off')).toMatchObject([
      { fields: { why: 'silent' } },
      { fields: { why: 'silent' } },
    ])
    half.socket.resume()
    await Promise.all([half.closed, quiet.closed])
  })

  test.each([
    ['sends nothing', () => ''],
    ['never finishes its request', () => 'GET /health HTTP/1.1\r\nHost: '],
    ['never finishes its upgrade', UPGRADE],
  ])('whoever connects and %s is cut after ten seconds', async (_, words) => {
    const clock = createTestClock()
    const { port } = await openRelay({ clock })
    const { socket, ended } = await raw(port)
    socket.write(words(port))
    await served(port)
    clock.advance(5_000)
    socket.write('x')
    clock.advance(5_000)
    await ended
  })

  test('of several who ask for nothing each has ten seconds of its own', async () => {
    const clock = createTestClock()
    const { port } = await openRelay({ clock })
    const first = await arrive(port)
    clock.advance(3_000)
    const gone = await arrive(port)
    clock.advance(3_000)
    const last = await arrive(port)
    gone.socket.destroy()
    clock.advance(4_000)
    await first.ended
    clock.advance(5_999)
    await served(port)
    expect(last.socket.closed).toBe(false)
    clock.advance(1)
    await last.ended
  })

  test('a frame that never ends does not keep a connection', async () => {
    const clock = createTestClock()
    const { port } = await openRelay({ clock })
    const { socket, ended } = await raw(port)
    socket.write(`${UPGRADE(port)}\r\n\r\n`)
    await once(socket, 'data')
    // A masked binary frame of 100 bytes, of which some come.
    socket.write(Buffer.from([0x82, 0xe4, 0, 0, 0, 0, 1, 2, 3]))
    clock.advance(10_000)
    await ended
  })
})

/** What came before has been seen by the relay as well. */
async function served(port: number): Promise<void> {
  const { status } = await fetch(`http://127.0.0.1:${port}/health`)
  expect(status).toBe(200)
}

async function arrive(port: number) {
  const arrived = await raw(port)
  await served(port)
  return arrived
}
