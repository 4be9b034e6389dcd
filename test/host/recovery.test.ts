// The way back in: a profile whose keychain was lost, changed or replaced, opened with its recovery code.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createBlobTransfer } from '../../src/host/blob-transfer.ts'
import { systemClock } from '../../src/host/clock.ts'
import { createFileKeychain } from '../../src/host/file-keychain.ts'
import type { Keychain } from '../../src/host/keychain.ts'
import { openProfileHost, type ProfileHost } from '../../src/host/profile.ts'
import { openProfileFolder } from '../../src/host/profile-folder.ts'
import { systemRandom } from '../../src/host/random.ts'
import { Secret } from '../../src/host/secret.ts'
import { createWire } from '../../src/host/wire.ts'
import { type Answer, refuse } from '../../src/shared/answer.ts'
import { ProfileName, Username } from '../../src/shared/ids.ts'
import type { ChangeSet } from '../../src/shared/model.ts'
import { silentLog } from '../silent-log.ts'
import { openTinyMessenger } from './tiny-messenger.ts'

const NAME = ProfileName.parse('main')
const ALICE = { name: 'Alice', username: Username.parse('alice'), relay: { kind: 'this-computer' } as const }

let data: string
const open: ProfileHost[] = []
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'sotto-recovery-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((host) => host.close()))
  rmSync(data, { recursive: true, force: true })
})

/** Each name is a keychain of its own: another name is a computer set up anew. */
function keychain(name: string): Keychain {
  const passphrase = new Secret(new TextEncoder().encode('right'))
  return createFileKeychain(join(data, `${name}.json`), passphrase, systemClock, 1024)
}

function start(given: Keychain): ProfileHost {
  const host = openProfileHost({
    folder: openProfileFolder(data, NAME),
    keychain: given,
    host: { shell: 'command-line', version: '0', profile: NAME, platform: 'test' },
    openMessenger: openTinyMessenger,
    ports: {
      wire: createWire(systemClock),
      blobs: createBlobTransfer(systemClock),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
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

const codeOf = (answered: Answer<unknown>) => (answered.ok ? 'ok' : answered.failure.code)

async function stateOf(host: ProfileHost) {
  await host.handlers.reconnect({})
  const snapshot = await host.handlers.getSnapshot({})
  if (!snapshot.ok) throw new Error(snapshot.failure.code)
  const { stage, recovery, profile } = snapshot.value
  return { stage: stage.stage === 'closed' ? stage.failure.code : stage.stage, recovery, name: profile?.name }
}

/** Alice with a code on paper. */
async function withCode(): Promise<string[]> {
  const host = start(keychain('first'))
  expect(codeOf(await host.handlers.createProfile(ALICE))).toBe('ok')
  const shown = await host.handlers.revealRecoveryCode({})
  if (!shown.ok) throw new Error(shown.failure.code)
  const [, , third = '', , , , seventh = ''] = shown.value.groups
  expect(codeOf(await host.handlers.confirmRecoveryCode({ third, seventh }))).toBe('ok')
  await stop(host)
  return shown.value.groups
}

test('[E8] shown until it is confirmed with two of its groups, and never again', async () => {
  const host = start(keychain('first'))
  const told: ChangeSet[] = []
  host.onChange((set) => told.push(set))
  expect(codeOf(await host.handlers.revealRecoveryCode({}))).toBe('no-profile')
  await host.handlers.createProfile(ALICE)
  expect(await stateOf(host)).toMatchObject({ stage: 'open', recovery: 'unconfirmed' })
  const [shown, asked] = await Promise.all([host.handlers.revealRecoveryCode({}), host.handlers.revealRecoveryCode({})])
  expect(asked).toEqual(shown)
  expect(await host.handlers.revealRecoveryCode({})).toEqual(shown)
  if (!shown.ok) throw new Error(shown.failure.code)
  const [, , third = '', , , , seventh = ''] = shown.value.groups
  expect(codeOf(await host.handlers.confirmRecoveryCode({ third, seventh: '0000' }))).toBe('wrong-code')
  expect(codeOf(await host.handlers.confirmRecoveryCode({ third: ` ${third.toLowerCase()} `, seventh }))).toBe('ok')
  expect(await stateOf(host)).toMatchObject({ recovery: 'confirmed' })
  expect(codeOf(await host.handlers.confirmRecoveryCode({ third, seventh }))).toBe('already-so')
  expect(codeOf(await host.handlers.revealRecoveryCode({}))).toBe('already-so')
  expect(codeOf(await host.handlers.checkRecoveryCode({ code: shown.value.groups.join(' ') }))).toBe('ok')
  // Windows miss no revision, whoever speaks: the host or the engine.
  await host.handlers.updateProfile({ name: 'Alba' })
  expect(told.map((set) => set.revision)).toEqual(told.map((_, index) => (told[0]?.revision ?? 0) + index))
})

test('[E8] a code that was never confirmed is replaced by another one at the next start', async () => {
  const first = start(keychain('first'))
  await first.handlers.createProfile(ALICE)
  const shown = await first.handlers.revealRecoveryCode({})
  await stop(first)
  const second = start(keychain('first'))
  expect(await stateOf(second)).toMatchObject({ stage: 'open', recovery: 'unconfirmed' })
  expect(await second.handlers.revealRecoveryCode({})).not.toEqual(shown)
})

test('[E3][E8][F40] the keychain was set up anew: the code opens the profile, and the key is back in the keychain', async () => {
  const groups = await withCode()
  await keychain('second').write('something-else', new Secret(new Uint8Array(1)))
  const lost = start(keychain('second'))
  expect(await stateOf(lost)).toMatchObject({ stage: 'keychain-changed', recovery: 'confirmed' })
  const before = readFileSync(join(data, 'profiles/main/profile.json'), 'utf8')
  expect(codeOf(await lost.handlers.openWithRecoveryCode({ code: 'K7QF' }))).toBe('wrong-code')
  expect(codeOf(await lost.handlers.openWithRecoveryCode({ code: '0'.repeat(32) }))).toBe('wrong-code')
  expect(readFileSync(join(data, 'profiles/main/profile.json'), 'utf8')).toBe(before)
  expect(codeOf(await lost.handlers.openWithRecoveryCode({ code: groups.join(' ') }))).toBe('ok')
  expect(await stateOf(lost)).toMatchObject({ stage: 'open', name: 'Alice' })
  await stop(lost)
  const next = start(keychain('second'))
  expect(await stateOf(next)).toMatchObject({ stage: 'open', name: 'Alice' })
  expect(codeOf(await next.handlers.openWithRecoveryCode({ code: groups.join(' ') }))).toBe('already-so')
})

test('[E3][E8] without any keychain it opens all the same, this once', async () => {
  const groups = await withCode()
  const away = async () => refuse('keychain-absent')
  const none: Keychain = { read: away, write: away, remove: away }
  const host = start(none)
  expect(await stateOf(host)).toMatchObject({ stage: 'keychain-absent' })
  expect(codeOf(await host.handlers.openWithRecoveryCode({ code: groups.join('') }))).toBe('ok')
  expect(await stateOf(host)).toMatchObject({ stage: 'open', name: 'Alice' })
  await stop(host)
  expect(await stateOf(start(none))).toMatchObject({ stage: 'keychain-absent' })
  await Promise.all(open.splice(0).map((one) => one.close()))
  // The first keychain still has its key: nothing was taken from it.
  expect(await stateOf(start(keychain('first')))).toMatchObject({ stage: 'open' })
})

test('[E8] a code can be checked without opening anything, and where there is no profile there is none', async () => {
  const groups = await withCode()
  const host = start(keychain('first'))
  await stateOf(host)
  expect(codeOf(await host.handlers.checkRecoveryCode({ code: groups.join('-') }))).toBe('ok')
  expect(codeOf(await host.handlers.checkRecoveryCode({ code: '0'.repeat(32) }))).toBe('wrong-code')
})
