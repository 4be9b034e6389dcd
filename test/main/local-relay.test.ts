// The relay on this computer: one for all profiles, whoever starts, whoever goes.

import { once } from 'node:events'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { RelayAddress } from '../../src/engine/ports.ts'
import { readRelayNote, writeRelayNote } from '../../src/main/relay-note.ts'
import { Computer } from './relay-processes.ts'

/** Asks for a WebSocket; answers the HTTP status. */
async function knock({ url }: RelayAddress, headers: Record<string, string>): Promise<number | undefined> {
  const { hostname, port } = new URL(url)
  const asking = request({
    hostname,
    port,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      ...headers,
    },
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asking.on('response', resolve).on('error', reject)
    asking.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response)
    })
  })
  asking.end()
  const response = await answered
  response.resume()
  return response.statusCode
}

const bearer = ({ token }: RelayAddress) => ({ authorization: `Bearer ${token}` })

/** A program that has nothing to do with us, at a port. */
async function foreignServer(port = 0): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = []
  const server = createServer((asked, response) => {
    heard.push(JSON.stringify(asked.headers))
    response.end('{"ok":true}')
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, heard }
}

describe('the relay on this computer', () => {
  test('is run by the first profile that looks, and found by the next', async () => {
    const computer = new Computer()
    const alice = computer.profile()
    const address = await alice.find()
    expect(await computer.profile().find()).toEqual(address)
    expect(await alice.find()).toEqual(address)
    expect(computer.processes).toBe(1)
    expect(await knock(address, bearer(address))).toBe(101)
  })

  test('is not started before it may be, and found at once where another profile runs it', async () => {
    const computer = new Computer()
    const drawn = Promise.withResolvers<void>()
    const alice = computer.profile(drawn.promise)
    const found = alice.find()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(computer.processes).toBe(0)
    drawn.resolve()
    const address = await found
    expect(await computer.profile(new Promise(() => {})).find()).toEqual(address)
    expect(computer.processes).toBe(1)
  })

  test('is not started for an app that has ended meanwhile', async () => {
    const computer = new Computer()
    const drawn = Promise.withResolvers<void>()
    const alice = computer.profile(drawn.promise)
    const found = alice.find()
    await alice.close()
    drawn.resolve()
    await expect(found).rejects.toThrow()
    expect(computer.processes).toBe(0)
  })

  test('is one, with five profiles looking at the same moment', async () => {
    const computer = new Computer()
    const addresses = await Promise.all(Array.from({ length: 5 }, () => computer.profile().find()))
    expect(new Set(addresses.map(({ url }) => url)).size).toBe(1)
    expect(await knock(addresses[0] as RelayAddress, bearer(addresses[0] as RelayAddress))).toBe(101)
    await expect.poll(() => computer.processes).toBe(1)
  })

  test('is taken over at the same address when its profile closes', async () => {
    const computer = new Computer()
    const [alice, bob] = [computer.profile(), computer.profile()]
    const address = await alice.find()
    expect(await bob.find()).toEqual(address)
    await alice.close()
    expect(computer.processes).toBe(0)
    await expect(alice.find()).rejects.toThrow()
    expect(await bob.find()).toEqual(address)
    expect(await knock(address, bearer(address))).toBe(101)
    expect(computer.processes).toBe(1)
  })

  test('is taken over at the same address after kill -9, again and again', async () => {
    const computer = new Computer()
    const [alice, bob] = [computer.profile(), computer.profile()]
    const address = await alice.find()
    for (const next of [bob, alice, bob]) {
      await computer.cutPower()
      expect(await next.find()).toEqual(address)
    }
    expect(computer.processes).toBe(1)
  })

  test('moves when a stranger sits on its port, and shows the stranger no token', async () => {
    const computer = new Computer()
    const alice = computer.profile()
    const before = await alice.find()
    await computer.cutPower()
    const stranger = await foreignServer(Number(new URL(before.url).port))
    const after = await alice.find()
    expect(after.url).not.toBe(before.url)
    expect(await knock(after, bearer(after))).toBe(101)
    expect(await computer.profile().find()).toEqual(after)
    expect(stranger.heard.join()).not.toContain(before.token)
  })

  test.each([
    ['empty', ''],
    ['half', '{"port":'],
    ['of another shape', '{"port":"80","token":1}'],
    ['with a path for a token', '{"port":1234,"token":"../../../../etc/passwd","process":1}'],
  ])('starts beside a note that is %s', async (_how, note) => {
    const computer = new Computer()
    mkdirSync(computer.folder)
    writeFileSync(join(computer.folder, 'relay.json'), note)
    const address = await computer.profile().find()
    expect(await knock(address, bearer(address))).toBe(101)
  })

  test('starts beside a note of a process that lives but is no relay', async () => {
    const computer = new Computer()
    writeRelayNote(computer.folder, { port: 9, token: 'A'.repeat(43), process: process.pid })
    const address = await computer.profile().find()
    expect(await knock(address, bearer(address))).toBe(101)
    expect(readRelayNote(computer.folder)?.process).not.toBe(process.pid)
  })
})

describe('[W21][P8] the relay on this computer lets in', () => {
  test('who has the token, and no web page', async () => {
    const address = await new Computer().profile().find()
    const wrong = { authorization: `Bearer ${'A'.repeat(43)}` }
    expect(await knock(address, bearer(address))).toBe(101)
    expect([401, 403]).toContain(await knock(address, {}))
    expect([401, 403]).toContain(await knock(address, wrong))
    expect(await knock(address, { ...bearer(address), origin: 'https://example.org' })).toBe(403)
    expect(await knock(address, { ...bearer(address), origin: 'null' })).toBe(403)
    expect(await knock(address, { ...bearer(address), host: 'evil.example' })).toBe(403)
  })

  test.runIf(process.platform === 'linux')('nobody by another address of this computer', async () => {
    const { port } = new URL((await new Computer().profile().find()).url)
    const socket = connect(Number(port), '127.0.0.2')
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('only its person: what lies on the disk is for no other user', async () => {
    const computer = new Computer()
    await computer.profile().find()
    expect(statSync(computer.folder).mode & 0o777).toBe(0o700)
    for (const file of ['relay.json', 'relay.db', 'relay.log']) {
      expect([file, statSync(join(computer.folder, file)).mode & 0o777]).toEqual([file, 0o600])
    }
    expect(readFileSync(join(computer.folder, 'relay.log'), 'utf8')).not.toContain(
      readRelayNote(computer.folder)?.token,
    )
  })
})
