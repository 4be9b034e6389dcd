// What the relay tells about itself: counts that are true, and nothing of anybody.

import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { listenForMetrics } from '../../src/cli/relay/metrics-listener.ts'
import { POISON_AFTER } from '../../src/relay/poison.ts'
import { comeBack, dial, join, keyUpload, makePerson, submissionTo } from './device.ts'
import { type OpenRelay, openRelay } from './open.ts'
import { raw, UPGRADE } from './raw.ts'

/** The value of one line, as Prometheus would read it. */
function counted({ relay }: OpenRelay, sample: string): number {
  const line = relay
    .metrics()
    .split('\n')
    .find((each) => each.startsWith(`${sample} `))
  return Number(line?.slice(sample.length + 1) ?? 0)
}

test('it counts connections, requests by outcome, and envelopes on their way', async () => {
  const relay = await openRelay()
  const alice = await join(relay, makePerson('alice'))
  const bob = makePerson('bob')
  const ofBob = await join(relay, bob)
  await alice.expect({ case: 'submit', value: submissionTo(bob) }, 'accepted')
  await alice.expect({ case: 'submit', value: submissionTo(makePerson('nobody')) }, 'refused')
  await ofBob.acknowledge(await ofBob.receive(1))

  expect(counted(relay, 'sotto_relay_connections')).toBe(2)
  expect(counted(relay, 'sotto_relay_connections_total')).toBe(2)
  expect(counted(relay, 'sotto_relay_requests_total{request="submit",outcome="accepted"}')).toBe(1)
  expect(counted(relay, 'sotto_relay_requests_total{request="submit",outcome="no-such-account"}')).toBe(1)
  expect(counted(relay, 'sotto_relay_envelopes_pushed_total')).toBe(1)
  expect(counted(relay, 'sotto_relay_envelopes_acknowledged_total')).toBe(1)
  // Hello and register of two, two submissions, one acknowledgement.
  expect(counted(relay, 'sotto_relay_request_seconds_count')).toBe(7)
  expect(counted(relay, 'sotto_relay_request_seconds_bucket{le="+Inf"}')).toBe(7)
  await expect(dial({ ...relay, headers: { origin: 'http://a.example' } })).rejects.toThrow('403')
  expect(counted(relay, 'sotto_relay_turned_away_total{status="403"}')).toBe(1)
})

test('a connection counts as opened once it is one', async () => {
  const relay = await openRelay()
  const { socket, ended } = await raw(relay.port)
  socket.write(`${UPGRADE(relay.port).replace('Version: 13', 'Version: 1')}\r\n\r\n`)
  expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1.1 400/)
  await ended
  expect(counted(relay, 'sotto_relay_connections_total')).toBe(0)
})

test('no label is anything but a word from a closed list, and the text is well formed', async () => {
  const relay = await openRelay()
  const alice = makePerson('alice')
  const line = await join(relay, alice)
  await line.expect({ case: 'uploadKeys', value: keyUpload(alice, 2) }, 'keysUploaded')
  await line.expect({ case: 'lookUp', value: { username: 'alice' } }, 'found')
  line.socket.send('noise')
  await line.closed
  const text = relay.relay.metrics()
  expect(text).not.toMatch(/alice|127\.0\.0\.1/)
  expect(text).not.toContain(alice.account)
  for (const sample of text.split('\n').filter((each) => each !== '' && !each.startsWith('#')))
    expect(sample).toMatch(
      /^sotto_relay_[a-z_]+(\{((request|outcome)="[a-zA-Z-]+"|status="\d{3}"|le="(\d+(\.\d+)?|\+Inf)"|,)+\})? \d+(\.\d+)?(e-\d+)?$/,
    )
})

test('an envelope that a device gets at every connection and never acknowledges is counted once, and logged', async () => {
  const relay = await openRelay()
  const alice = await join(relay, makePerson('alice'))
  const bob = makePerson('bob')
  await (await join(relay, bob)).hangUp()
  await alice.expect({ case: 'submit', value: submissionTo(bob, 'deadly') }, 'accepted')
  const poison = () => relay.logged.filter(({ event }) => event === 'poison')
  for (let time = 1; time <= POISON_AFTER + 2; time++) {
    expect(counted(relay, 'sotto_relay_poison_total')).toBe(time > POISON_AFTER ? 1 : 0)
    const line = await comeBack(relay, bob)
    await line.receive(1)
    await line.hangUp()
  }
  expect(poison()).toEqual([{ event: 'poison', fields: { connection: expect.any(Number), deliveries: POISON_AFTER } }])
})

test('a head that is acknowledged in the end, and others after it, are no poison', async () => {
  const relay = await openRelay()
  const alice = await join(relay, makePerson('alice'))
  const bob = makePerson('bob')
  await (await join(relay, bob)).hangUp()
  for (let time = 0; time < POISON_AFTER + 2; time++) {
    await alice.expect({ case: 'submit', value: submissionTo(bob) }, 'accepted')
    const line = await comeBack(relay, bob)
    await line.acknowledge(await line.receive(1))
    await line.hangUp()
  }
  expect(counted(relay, 'sotto_relay_poison_total')).toBe(0)
})

test('the listener for numbers shows them to those who bring its token, and to no web page', async () => {
  const text = () => 'sotto_relay_connections 0\n'
  const token = 'a-token-of-some-length'
  const open = await listenForMetrics({ host: '127.0.0.1', port: 0, token: undefined }, text)
  const locked = await listenForMetrics({ host: '127.0.0.1', port: 0, token }, text)
  onTestFinished(() => {
    open.close()
    locked.close()
  })
  const ask = async (port: number, path: string, headers = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
    return [response.status, await response.text()]
  }
  expect(await ask(open.port, '/metrics')).toEqual([200, text()])
  expect(await ask(open.port, '/')).toEqual([404, ''])
  expect(await ask(open.port, '/metrics', { origin: 'http://a.example' })).toEqual([403, ''])
  expect(await ask(locked.port, '/metrics')).toEqual([401, ''])
  expect(await ask(locked.port, '/metrics', { authorization: `Bearer ${token}` })).toEqual([200, text()])
  await expect(listenForMetrics({ host: '127.0.0.1', port: open.port, token }, text)).rejects.toThrow('EADDRINUSE')
})
