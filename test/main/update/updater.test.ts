// An installed AppImage and a server of updates, both on this computer: what gets through, and what does not.

import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { publicHalf, sealChannel } from '../../../scripts/package/sign-channel.ts'
import { type Channel, readPublicKey } from '../../../src/main/update/channel.ts'
import {
  createUpdater,
  downloadUpdate,
  installAndRestart,
  isStillWhole,
  type UpdatedApp,
} from '../../../src/main/update/updater.ts'

const releaser = generateKeyPairSync('ed25519').privateKey
const stranger = generateKeyPairSync('ed25519').privateKey
const key = readPublicKey(publicHalf(releaser))
const name = 'Sotto-1.2.0-linux-x86_64.AppImage'
const fresh = Buffer.from(`#!/bin/sh\nexit 0\n${'# the new one\n'.repeat(5000)}`)

let server: Server
let folder: string
let installed: string
/** What the server has, and how many bytes of each it gives before it hangs up. */
let served: Map<string, { content: Buffer | string; cutAfter?: number }>
let asked: { path: string; headers: IncomingHttpHeaders }[]

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push({ path, headers: request.headers })
    const found = served.get(path)
    if (found === undefined) return void response.writeHead(404).end()
    const content = Buffer.from(found.content)
    response.writeHead(200, { 'content-length': content.length })
    if (found.cutAfter === undefined) response.end(content)
    else response.write(content.subarray(0, found.cutAfter), () => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => void server.close())

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-update-'))
  installed = join(folder, 'Sotto.AppImage')
  writeFileSync(installed, 'the old one', { mode: 0o755 })
  writeFileSync(join(folder, 'app-update.yml'), 'provider: generic\nurl: unused\nupdaterCacheDirName: cache\n')
  vi.stubEnv('APPIMAGE', installed)
  served = new Map()
  asked = []
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

function release(changes: Partial<Channel> = {}, content: Buffer = fresh): Channel {
  const sha512 = createHash('sha512').update(content).digest('base64')
  const file = { platform: 'linux', arch: 'x64', format: 'AppImage', name, size: content.length, sha512 } as const
  return { version: '1.2.0', releasedAt: 1_700_000_000_000, rollout: 100, files: [file], ...changes }
}

function alicesUpdater(version = '1.1.0') {
  const { port } = server.address() as AddressInfo
  const installation = { version, platform: 'linux', arch: 'x64', format: 'AppImage', id: 'alice' } as const
  const app: UpdatedApp = {
    version,
    name: 'Sotto',
    isPackaged: true,
    appUpdateConfigPath: join(folder, 'app-update.yml'),
    userDataPath: folder,
    baseCachePath: folder,
    whenReady: async () => {},
    relaunch: () => {},
    quit: () => {},
    onQuit: () => {},
  }
  return createUpdater({ address: `http://127.0.0.1:${port}/`, key, installation }, app, true)
}

test('a good update comes whole, is installed, and the server learns nothing of who took it', async () => {
  served.set('/channel.json', { content: sealChannel(release(), releaser) }).set(`/${name}`, { content: fresh })
  const updater = alicesUpdater()
  const update = await downloadUpdate(updater)
  expect(update).toMatchObject({ version: '1.2.0' })
  expect(update && (await isStillWhole(update))).toBe(true)
  expect(readFileSync(installed, 'utf8')).toBe('the old one')
  const restarted: string[] = []
  installAndRestart(updater, {
    relaunch: (options) => void restarted.push(options?.execPath ?? ''),
    quit: () => void restarted.push('quit'),
  })
  expect(readFileSync(installed).equals(fresh)).toBe(true)
  expect(restarted).toEqual([installed, 'quit'])
  expect(asked.map(({ path }) => path)).toEqual(['/channel.json', `/${name}`])
  for (const { headers } of asked) expect(Object.keys(headers)).not.toContain('x-user-staging-id')
})

test('a file other than the channel says is not taken', async () => {
  const tampered = Buffer.from(fresh)
  tampered.write('evil', 20)
  served.set('/channel.json', { content: sealChannel(release(), releaser) }).set(`/${name}`, { content: tampered })
  await expect(downloadUpdate(alicesUpdater())).rejects.toThrow(/sha512/)
})

test('a channel that somebody else signed is not read any further', async () => {
  served.set('/channel.json', { content: sealChannel(release(), stranger) }).set(`/${name}`, { content: fresh })
  await expect(downloadUpdate(alicesUpdater())).rejects.toThrow('not signed by us')
  expect(asked.map(({ path }) => path)).toEqual(['/channel.json'])
})

test('nobody is led back to an older version, however well it is signed', async () => {
  served.set('/channel.json', { content: sealChannel(release(), releaser) }).set(`/${name}`, { content: fresh })
  expect(await downloadUpdate(alicesUpdater('1.3.0'))).toBeUndefined()
  expect(asked.map(({ path }) => path)).toEqual(['/channel.json'])
})

test('whose turn it is not yet, waits', async () => {
  served.set('/channel.json', { content: sealChannel(release({ rollout: 0 }), releaser) })
  expect(await downloadUpdate(alicesUpdater())).toBeUndefined()
})

test('a download that breaks off is no update; the next one is', async () => {
  served.set('/channel.json', { content: sealChannel(release(), releaser) })
  served.set(`/${name}`, { content: fresh, cutAfter: 1000 })
  const updater = alicesUpdater()
  await expect(downloadUpdate(updater)).rejects.toThrow()
  expect(readFileSync(installed, 'utf8')).toBe('the old one')
  served.set(`/${name}`, { content: fresh })
  expect(await downloadUpdate(updater)).toMatchObject({ version: '1.2.0' })
})

test('a download that was changed on the disk is noticed before it is started', async () => {
  served.set('/channel.json', { content: sealChannel(release(), releaser) }).set(`/${name}`, { content: fresh })
  const update = await downloadUpdate(alicesUpdater())
  if (update === undefined) throw new Error('there was an update')
  writeFileSync(update.file, 'something else')
  expect(await isStillWhole(update)).toBe(false)
})
