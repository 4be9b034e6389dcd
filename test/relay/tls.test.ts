// A relay with a certificate of its own, and the limits of people behind a proxy.

import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { connect as connectRaw } from 'node:net'
import { connect, type PeerCertificate } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/host/clock.ts'
import { createWire } from '../../src/host/wire.ts'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { HELLO_WITHIN } from '../../src/relay/patience.ts'
import { until } from '../until.ts'
import { makeCertificate } from './certificate.ts'
import { createTestClock } from './clock.ts'
import { dial, hello, makePerson, proof, signedList } from './device.ts'
import { openRelay, temporaryFolder } from './open.ts'
import { startRelay } from './process.ts'

const BEYOND = { loopbackOnly: false, invitations: 'open' } as const

/** Whose certificate a relay shows to somebody who connects now. */
function shown(port: number): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate())
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

describe('with a certificate', () => {
  test('[P8] devices that trust it are welcome over TLS, others do not get in, and nobody without TLS', async () => {
    const certificate = makeCertificate(temporaryFolder(), 'first')
    const { port } = await openRelay({ certificate, access: BEYOND })
    const url = `wss://127.0.0.1:${port}`
    const line = await dial({ url, ca: certificate.certificate })
    expect(await hello(line)).toMatchObject({ version: 1 })
    await line.hangUp()
    await expect(dial({ url: `ws://127.0.0.1:${port}` })).rejects.toThrow()
    const ended = new Promise((resolve) => {
      createWire(systemClock).connect({ url }, { opened: () => resolve('in'), frame: () => {}, ended: resolve })
    })
    expect(await ended).toBe('refused')
  })

  test('[P6] a device that said hello in time is not cut off with those that did not', async () => {
    const certificate = makeCertificate(temporaryFolder(), 'first')
    const clock = createTestClock()
    const { port } = await openRelay({ certificate, clock, access: BEYOND })
    const address = { url: `wss://127.0.0.1:${port}`, ca: certificate.certificate }
    const greeted = await dial(address)
    await hello(greeted)
    const silent = await dial(address)
    clock.advance(HELLO_WITHIN + 1)
    expect(await silent.closed).toBe(1006)
    expect(greeted.socket.readyState).toBe(greeted.socket.OPEN)
  })

  test('who connects and never says a word does not hold it up when it ends', {
    timeout: HELLO_WITHIN - 1_000,
  }, async () => {
    const certificate = makeCertificate(temporaryFolder(), 'first')
    const { port, relay } = await openRelay({ certificate, access: BEYOND })
    const silent = connectRaw(port, '127.0.0.1')
    await once(silent, 'connect')
    const greeted = await dial({ url: `wss://127.0.0.1:${port}`, ca: certificate.certificate })
    await hello(greeted)
    const ended = once(silent, 'close')
    // Otherwise Node cuts it off, when the test is over.
    await relay.close()
    await ended
    expect(await greeted.closed).toBe(1001)
  })

  test('at SIGHUP it reads its files again; what does not fit leaves the old one', async () => {
    const folder = temporaryFolder()
    const used = makeCertificate(folder, 'used')
    const other = makeCertificate(folder, 'other')
    const options = ['--tls-certificate', used.certificateFile, '--tls-key', used.keyFile]
    const relay = await startRelay(temporaryFolder(), options)
    const port = Number(new URL(relay.url).port)
    expect(relay.url).toMatch(/^wss:/)
    expect((await shown(port)).subject.CN).toBe('used')

    copyFileSync(other.certificateFile, used.certificateFile)
    relay.signal('SIGHUP')
    await until(() => relay.printed.some((line) => line.includes('certificate not renewed')), 'a refusal')
    expect((await shown(port)).subject.CN).toBe('used')

    copyFileSync(other.keyFile, used.keyFile)
    relay.signal('SIGHUP')
    await until(() => relay.printed.some((line) => line.includes('certificate renewed')), 'a renewal')
    expect((await shown(port)).subject.CN).toBe('other')
    relay.signal('SIGTERM')
    expect(await relay.ended).toBe(0)
  })
})

describe('behind a proxy', () => {
  const limits = { ...DEFAULT_LIMITS, registrations: { burst: 1, perSecond: 0.001 } }

  async function registeringFrom(url: string, username: string, forwarded: string) {
    const line = await dial({ url, headers: { 'x-forwarded-for': forwarded } })
    const person = makePerson(username)
    const value = { ...proof(person, await hello(line)), username, deviceList: signedList(person) }
    const answered = await line.ask({ case: 'register', value })
    await line.hangUp()
    return answered.case === 'refused' ? answered.value.reason : answered.case
  }

  test('[P36] a limit by address is for the one that the proxy saw, whatever else is claimed', async () => {
    const { url } = await openRelay({ limits, access: { ...BEYOND, proxyInFront: true } })
    expect(await registeringFrom(url, 'alice', '192.0.2.1')).toBe('authenticated')
    expect(await registeringFrom(url, 'bob', '192.0.2.2')).toBe('authenticated')
    expect(await registeringFrom(url, 'mallory', '198.51.100.7, 192.0.2.2')).toBe(Reason.TOO_MANY_REQUESTS)
  })

  test('[P36] without a proxy nobody is believed', async () => {
    const { url } = await openRelay({ limits })
    expect(await registeringFrom(url, 'alice', '192.0.2.1')).toBe('authenticated')
    expect(await registeringFrom(url, 'bob', '192.0.2.2')).toBe(Reason.TOO_MANY_REQUESTS)
  })
})
