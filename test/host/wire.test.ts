// The wire against a real WebSocket server: what is told, what is not, and when it gives up.

import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock, WireConnection, WireListener } from '../../src/engine/ports.ts'
import { systemClock } from '../../src/host/clock.ts'
import { createWire } from '../../src/host/wire.ts'
import { MAX_FRAME_BYTES } from '../../src/protocol/limits.ts'
import { createTestClock } from '../clock.ts'

/** A busy machine may take its time for what an idle one does at once. */
const PATIENCE = { timeout: 15_000 }

let server: WebSocketServer
let url: string
let letIn: (authorization: string | undefined) => number | undefined
const open: WireConnection[] = []

beforeEach(async () => {
  letIn = () => undefined
  server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    autoPong: false,
    verifyClient: ({ req }: { req: IncomingMessage }, decide: (ok: boolean, code?: number) => void) => {
      const status = letIn(req.headers.authorization)
      decide(status === undefined, status)
    },
  })
  await new Promise((resolve) => server.once('listening', resolve))
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const connection of open.splice(0)) connection.close()
  for (const client of server.clients) client.terminate()
  await new Promise((resolve) => server.close(resolve))
})

/** Everything a connection tells, in order. */
function connect(clock: Clock = systemClock, address: { url: string; token?: string } = { url }) {
  const told: string[] = []
  const listener: WireListener = {
    opened: () => told.push('opened'),
    frame: (bytes) => told.push(`frame ${new TextDecoder().decode(bytes)}`),
    ended: (why) => told.push(`ended ${why}`),
  }
  const connection = createWire(clock).connect(address, listener)
  open.push(connection)
  return { connection, told }
}

const accepted = () => new Promise<WebSocket>((resolve) => server.once('connection', resolve))
const waitFor = (told: string[], ...expected: string[]) => vi.waitFor(() => expect(told).toEqual(expected), PATIENCE)

test('a connection opens, carries frames both ways, and ends once', async () => {
  const { connection, told } = connect()
  const relay = await accepted()
  const heard = new Promise<string>((resolve) => relay.once('message', (bytes) => resolve(String(bytes))))
  await waitFor(told, 'opened')
  connection.send(new TextEncoder().encode('hello'))
  expect(await heard).toBe('hello')
  relay.send(Buffer.from('one'))
  relay.send(Buffer.from('two'))
  relay.close()
  await waitFor(told, 'opened', 'frame one', 'frame two', 'ended closed')
  connection.send(new TextEncoder().encode('to nobody'))
})

test('nothing is told at once: who connects has the connection before it hears of it', () => {
  expect(connect(systemClock, { url: 'not an address' }).told).toEqual([])
  expect(connect().told).toEqual([])
})

test('[P9] a connection that was closed is never heard again, whatever the other side still says', async () => {
  const { connection, told } = connect()
  const relay = await accepted()
  await waitFor(told, 'opened')
  relay.send(Buffer.from('late'))
  connection.close()
  connection.close()
  relay.send(Buffer.from('later'))
  await new Promise((resolve) => relay.once('close', resolve))
  expect(told).toEqual(['opened'])
})

test('one that is closed before it was open says nothing either', async () => {
  const { connection, told } = connect()
  connection.close()
  const next = connect()
  await waitFor(next.told, 'opened')
  expect(told).toEqual([])
})

describe('not let in', () => {
  test.each([
    [401, 'ended forbidden'],
    [403, 'ended forbidden'],
    [503, 'ended refused'],
  ])('[P8] status %i is told as %s', async (status, expected) => {
    letIn = () => status
    await waitFor(connect().told, expected)
  })

  test('[P8] the token goes along as a bearer token, and only where there is one', async () => {
    const seen: (string | undefined)[] = []
    letIn = (authorization) => {
      seen.push(authorization)
      return undefined
    }
    await waitFor(connect().told, 'opened')
    await waitFor(connect(systemClock, { url, token: 'let-me-in' }).told, 'opened')
    expect(seen).toEqual([undefined, 'Bearer let-me-in'])
  })

  test('nobody there, or no address at all: refused', async () => {
    await waitFor(connect(systemClock, { url: 'ws://127.0.0.1:1' }).told, 'ended refused')
    await waitFor(connect(systemClock, { url: 'not an address' }).told, 'ended refused')
    await waitFor(connect(systemClock, { url: 'ftp://127.0.0.1/' }).told, 'ended refused')
  })
})

test('[P2][F6] a frame above the limit ends the connection before it is told; one at the limit is told', async () => {
  const { told } = connect()
  const relay = await accepted()
  await waitFor(told, 'opened')
  relay.send(Buffer.alloc(MAX_FRAME_BYTES, 'a'))
  await vi.waitFor(() => expect(told).toHaveLength(2), PATIENCE)
  const code = new Promise((resolve) => relay.once('close', resolve))
  relay.send(Buffer.alloc(MAX_FRAME_BYTES + 1, 'b'))
  expect(await code).toBe(1009)
  await vi.waitFor(() => expect(told.slice(2)).toEqual(['ended closed']), PATIENCE)
  expect(relay.extensions).toBe('')
})

test('[P1][F2] a relay that speaks text is none', async () => {
  const { told } = connect()
  const relay = await accepted()
  await waitFor(told, 'opened')
  relay.send('text')
  await waitFor(told, 'opened', 'ended closed')
})

describe('[P6][F7] silence', () => {
  async function pass(clock: ReturnType<typeof createTestClock>, seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) await clock.advance(1000)
    await arrival()
  }

  /** What was written to a socket of this process is read within a few turns. */
  async function arrival(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await systemClock.breathe()
  }

  test('a relay that does not answer for 45 s is given up, not earlier', async () => {
    const clock = createTestClock()
    const { told } = connect(clock)
    const relay = await accepted()
    let pings = 0
    relay.on('ping', () => {
      pings += 1
    })
    await waitFor(told, 'opened')
    await pass(clock, 44)
    expect(told).toEqual(['opened'])
    await vi.waitFor(() => expect(pings).toBe(2), PATIENCE)
    await pass(clock, 1)
    expect(told).toEqual(['opened', 'ended closed'])
  })

  test.each<[string, (relay: WebSocket, sent: () => void) => void]>([
    ['answers pings', (relay, sent) => relay.pong('', false, sent)],
    ['pings itself', (relay, sent) => relay.ping('', false, sent)],
    ['says anything', (relay, sent) => relay.send(Buffer.from('.'), sent)],
  ])('one that %s is kept', async (_, giveSign) => {
    const clock = createTestClock()
    const { told } = connect(clock)
    const relay = await accepted()
    await waitFor(told, 'opened')
    for (let sign = 0; sign < 5; sign++) {
      await pass(clock, 40)
      await new Promise<void>((resolve) => giveSign(relay, resolve))
      await arrival()
    }
    expect(told).not.toContain('ended closed')
    await pass(clock, 45)
    expect(told).toContain('ended closed')
  })

  test('after close nothing waits on the clock', async () => {
    const clock = createTestClock()
    const { connection, told } = connect(clock)
    await waitFor(told, 'opened')
    connection.close()
    await pass(clock, 120)
    expect(told).toEqual(['opened'])
  })
})
