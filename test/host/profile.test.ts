// How a profile comes to be, is opened, and stays closed: with a real database and a real keychain file.

import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { openMessenger } from '../../src/engine/messenger.ts'
import type { Log } from '../../src/engine/ports.ts'
import { createBlobTransfer } from '../../src/host/blob-transfer.ts'
import { systemClock } from '../../src/host/clock.ts'
import { createFileKeychain } from '../../src/host/file-keychain.ts'
import type { Keychain } from '../../src/host/keychain.ts'
import { type OpenedLinks, openProfileHost, type ProfileHost } from '../../src/host/profile.ts'
import { readMark } from '../../src/host/profile-files.ts'
import { openProfileFolder } from '../../src/host/profile-folder.ts'
import { systemRandom } from '../../src/host/random.ts'
import { Secret } from '../../src/host/secret.ts'
import { createWire } from '../../src/host/wire.ts'
import { holdOpenedLinks } from '../../src/main/opened-links.ts'
import { type Answer, refuse } from '../../src/shared/answer.ts'
import { ProfileName, Username } from '../../src/shared/ids.ts'
import type { ChangeSet, Host, RelayPlace } from '../../src/shared/model.ts'
import { openTinyMessenger } from './tiny-messenger.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }
const RELAY: RelayPlace = { kind: 'this-computer' }
const ALICE = { name: 'Alice', username: Username.parse('alice'), relay: RELAY }
const NAME = ProfileName.parse('main')
const HOST: Host = { shell: 'command-line', version: '0', profile: NAME, platform: 'test' }

let data: string
let keychainFile: string
const open: ProfileHost[] = []
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'sotto-profile-'))
  keychainFile = join(data, 'keychain.json')
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((host) => host.close()))
  rmSync(data, { recursive: true, force: true })
})

const keychain = (passphrase = 'right') =>
  createFileKeychain(keychainFile, new Secret(new TextEncoder().encode(passphrase)), systemClock, 1024)

function start(
  given: Keychain = keychain(),
  openEngine: typeof openMessenger = openTinyMessenger,
  openedLinks?: OpenedLinks,
): ProfileHost {
  const host = openProfileHost({
    folder: openProfileFolder(data, NAME),
    keychain: given,
    host: HOST,
    openMessenger: openEngine,
    openedLinks,
    ports: {
      wire: createWire(systemClock),
      blobs: createBlobTransfer(systemClock),
      clock: systemClock,
      random: systemRandom,
      log: silent,
      findRelay: async () => ({ url: 'ws://127.0.0.1:1' }),
    },
  })
  open.push(host)
  return host
}

async function stop(host: ProfileHost): Promise<void> {
  open.splice(open.indexOf(host), 1)
  await host.close()
}

/** After the first try to open: its stage, or the code it is closed with. */
async function stageOf(host: ProfileHost): Promise<string> {
  await host.handlers.reconnect({})
  const snapshot = await host.handlers.getSnapshot({})
  if (!snapshot.ok) return snapshot.failure.code
  const { stage } = snapshot.value
  return stage.stage === 'closed' ? stage.failure.code : stage.stage
}

const codeOf = (answered: Answer<unknown>) => (answered.ok ? 'ok' : answered.failure.code)

/** All files of the profile but its log and lock, by their hashes. */
function filesOf(): Record<string, string> {
  const folder = join(data, 'profiles', 'main')
  const names = readdirSync(folder).filter((name) => name !== 'logs' && name !== 'lock')
  return Object.fromEntries(names.map((name) => [name, hashOf(join(folder, name))]))
}

const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

async function withAlice(): Promise<void> {
  const host = start()
  expect(codeOf(await host.handlers.createProfile(ALICE))).toBe('ok')
  await stop(host)
}

describe('creating', () => {
  test('[E2] where there is nothing, one is welcome; afterwards the profile is there, and opens by itself', async () => {
    const first = start()
    expect(await stageOf(first)).toBe('welcome')
    expect(codeOf(await first.handlers.updateProfile({ name: 'Alba' }))).toBe('no-profile')
    expect(filesOf()).toEqual({})
    expect(codeOf(await first.handlers.createProfile(ALICE))).toBe('ok')
    expect(await stageOf(first)).toBe('open')
    expect(codeOf(await first.handlers.createProfile(ALICE))).toBe('profile-exists')
    await stop(first)
    const second = start()
    expect(await second.handlers.updateProfile({ name: 'Alba' })).toMatchObject({ ok: true, value: { name: 'Alba' } })
    expect(await stageOf(second)).toBe('open')
  })

  test('a username that is taken leaves one at welcome, now and after a restart, and the next one is tried', async () => {
    const first = start()
    const taken = { ...ALICE, username: Username.parse('taken') }
    expect(codeOf(await first.handlers.createProfile(taken))).toBe('username-taken')
    expect(await stageOf(first)).toBe('welcome')
    await stop(first)
    const second = start()
    expect(await stageOf(second)).toBe('welcome')
    expect(codeOf(await second.handlers.createProfile(taken))).toBe('username-taken')
    expect(codeOf(await second.handlers.createProfile(ALICE))).toBe('ok')
  })

  test('[E2] a keychain that refuses, or keeps something else, leaves nothing behind', async () => {
    const refusing: Keychain = {
      read: async () => refuse('keychain-locked'),
      write: async () => refuse('keychain-locked'),
      remove: async () => refuse('keychain-locked'),
    }
    const first = start(refusing)
    expect(codeOf(await first.handlers.createProfile(ALICE))).toBe('keychain-locked')
    await stop(first)
    const forgetful: Keychain = {
      ...keychain(),
      write: async () => ({ ok: true, value: null }),
      read: async () => ({ ok: true, value: undefined }),
    }
    const second = start(forgetful)
    expect(codeOf(await second.handlers.createProfile(ALICE))).toBe('keychain-changed')
    expect(await stageOf(second)).toBe('welcome')
    expect(filesOf()).toEqual({})
  })

  test('[E1] neither the key nor the name is in the files', async () => {
    await withAlice()
    const mark = readMark(openProfileFolder(data, NAME))
    const item = await keychain().read(`main/${mark?.key}/database-key`)
    const key = item.ok ? item.value?.use((bytes) => Buffer.from(bytes.slice(-32))) : undefined
    expect(key).toHaveLength(32)
    for (const name of Object.keys(filesOf())) {
      const bytes = readFileSync(join(data, 'profiles', 'main', name))
      for (const secret of ['Alice', 'alice', key?.toString('hex'), key?.toString('base64'), key]) {
        expect(bytes.includes(secret ?? 'no key')).toBe(false)
      }
    }
  })
})

describe('[E3][F40] opening what cannot be opened says why, and writes nothing', () => {
  const causes: Record<string, () => Promise<Keychain> | Keychain> = {
    'keychain-locked': () => keychain('wrong'),
    'keychain-absent': () => {
      rmSync(keychainFile)
      return keychain()
    },
    'keychain-timeout': () => ({
      read: async () => refuse('keychain-timeout'),
      write: async () => refuse('keychain-timeout'),
      remove: async () => refuse('keychain-timeout'),
    }),
    'keychain-changed': async () => {
      rmSync(keychainFile)
      await keychain().write('somebody/else', new Secret(Uint8Array.of(1)))
      return keychain()
    },
    'wrong-key': () => {
      const folder = join(data, 'profiles', 'main')
      writeFileSync(join(folder, 'sotto.db'), systemRandom.bytes(4096 * 4))
      return keychain()
    },
    'database-damaged': () => {
      const file = join(data, 'profiles', 'main', 'sotto.db')
      const bytes = readFileSync(file)
      bytes.writeUInt8(bytes.readUInt8(4096 + 7) ^ 1, 4096 + 7)
      writeFileSync(file, bytes)
      return keychain()
    },
  }
  test.each(Object.entries(causes))('%s', async (code, cause) => {
    await withAlice()
    const given = await cause()
    const before = filesOf()
    const host = start(given)
    expect(await stageOf(host)).toBe(code)
    expect(codeOf(await host.handlers.createProfile(ALICE))).toBe(code)
    expect(codeOf(await host.handlers.openProfile({}))).toBe(code)
    expect(codeOf(await host.handlers.updateProfile({ name: 'Alba' }))).toBe(code)
    expect(filesOf()).toEqual(before)
  })

  test('a key put in the place of ours is keychain-changed, not a key to try', async () => {
    await withAlice()
    const mark = readMark(openProfileFolder(data, NAME))
    await keychain().write(`main/${mark?.key}/database-key`, new Secret(systemRandom.bytes(49)))
    expect(await stageOf(start())).toBe('keychain-changed')
  })

  test('when the cause is gone, trying again opens it', async () => {
    await withAlice()
    cpSync(keychainFile, `${keychainFile}.away`)
    rmSync(keychainFile)
    const host = start()
    expect(await stageOf(host)).toBe('keychain-absent')
    cpSync(`${keychainFile}.away`, keychainFile)
    expect(codeOf(await host.handlers.openProfile({}))).toBe('ok')
    expect(await stageOf(host)).toBe('open')
    expect(codeOf(await host.handlers.openProfile({}))).toBe('already-so')
  })

  test('[F39] a later version of the database is left alone', async () => {
    await withAlice()
    const before = filesOf()
    const host = start(keychain(), async () => refuse('database-newer'))
    expect(await stageOf(host)).toBe('database-newer')
    await stop(host)
    expect(filesOf()).toEqual(before)
  })
})

test('[E4][F41] a profile is open once; the second waits closed until the first lets go', async () => {
  await withAlice()
  const first = start()
  expect(await stageOf(first)).toBe('open')
  const second = start()
  expect(await stageOf(second)).toBe('profile-in-use')
  expect(codeOf(await second.handlers.createProfile(ALICE))).toBe('profile-in-use')
  await stop(first)
  expect(codeOf(await second.handlers.openProfile({}))).toBe('ok')
})

test('revisions count up by one through every stage, and a snapshot never misses a change', async () => {
  const host = start()
  await host.handlers.reconnect({})
  const heard: ChangeSet[] = []
  const before = await host.handlers.getSnapshot({})
  host.onChange((set) => heard.push(set))
  await host.handlers.createProfile(ALICE)
  const during = await host.handlers.getSnapshot({})
  await host.handlers.getSnapshot({})
  const from = before.ok ? before.value.revision : Number.NaN
  expect(heard.map((set) => set.revision)).toEqual(heard.map((_, index) => from + index + 1))
  const kinds = heard.flatMap((set) => set.changes.map((change) => change.kind))
  expect(kinds.slice(0, 6)).toEqual(['recovery', 'lock', 'backup', 'restored', 'update', 'opened-link'])
  // The change that happened while the snapshot travelled comes after it.
  const revision = during.ok ? during.value.revision : Number.NaN
  expect(heard.some((set) => set.revision === revision + 1)).toBe(true)
})

test('[P176] a link that waits is there at every stage, and gone when it was seen', async () => {
  const links = holdOpenedLinks(silent)
  const host = start(keychain(), openTinyMessenger, links)
  const waiting = async () => {
    const snapshot = await host.handlers.getSnapshot({})
    return snapshot.ok ? snapshot.value.openedLink : undefined
  }
  const heard: ChangeSet[] = []
  host.onChange((set) => heard.push(set))
  links.open('sotto:nonsense')
  expect(await waiting()).toEqual({ state: 'unreadable' })
  await host.handlers.createProfile(ALICE)
  expect(await waiting()).toEqual({ state: 'unreadable' })
  expect(codeOf(await host.handlers.dismissLink({}))).toBe('ok')
  expect(await waiting()).toEqual({ state: 'none' })
  const gone = { kind: 'opened-link', openedLink: { state: 'none' } }
  expect(heard.flatMap(({ changes }) => changes)).toContainEqual(gone)
  expect(heard.map((set) => set.revision)).toEqual(heard.map((_, index) => (heard[0]?.revision ?? 0) + index))
  // Where the system opens no links with us there is none to see.
  await stop(host)
  expect(codeOf(await start().handlers.dismissLink({}))).toBe('not-available-here')
})

test('[E3] without its profile.json a database is not opened and not made anew', async () => {
  await withAlice()
  truncateSync(join(data, 'profiles', 'main', 'profile.json'))
  const before = filesOf()
  expect(await stageOf(start())).toBe('database-damaged')
  expect(filesOf()).toEqual(before)
  expect(existsSync(join(data, 'profiles', 'main', 'sotto.db'))).toBe(true)
})
