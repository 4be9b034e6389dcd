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
    const served = await fetch(`http://127.0.0.1:${port}/health`)
    expect(served.status).toBe(200)
    clock.advance(5_000)
    socket.write('x')
    clock.advance(5_000)
    await ended
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
