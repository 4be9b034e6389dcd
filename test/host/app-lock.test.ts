// The lock of the app: what a passphrase protects, what locking closes, and that neither loses anything.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Keychain } from '../../src/host/keychain.ts'
import type { ProfileHost } from '../../src/host/profile.ts'
import { readMark } from '../../src/host/profile-files.ts'
import { Secret } from '../../src/host/secret.ts'
import { refuse } from '../../src/shared/answer.ts'
import type { ChangeSet } from '../../src/shared/model.ts'
import { ALICE, Computer, codeOf, stageOf, WORDS } from './locked-profile.ts'

const OTHER = 'staple in the wind'
const away = async () => refuse('keychain-locked')
const refusing: Keychain = { read: away, write: away, remove: away }

let computer: Computer
beforeEach(() => {
  computer = new Computer()
})
afterEach(() => computer.close())

const unlock = async (host: ProfileHost, passphrase: string) => codeOf(await host.handlers.unlock({ passphrase }))

/** Alice with a passphrase, her app closed. */
async function withPassphrase(): Promise<{ code: string; bare: Buffer; before: string }> {
  const { host, code } = await computer.alice()
  const before = readMark(computer.folder())?.key ?? ''
  const item = await computer.keychain().read(`main/${before}/database-key`)
  if (!item.ok || item.value === undefined) throw new Error('there is no key to compare with')
  const bare = item.value.use((bytes) => Buffer.from(bytes.slice(-32)))
  expect(codeOf(await host.handlers.setPassphrase({ passphrase: WORDS }))).toBe('ok')
  await computer.stop(host)
  return { code, bare, before }
}

async function keptItem(): Promise<Buffer> {
  const item = await computer.keychain().read(`main/${readMark(computer.folder())?.key}/database-key`)
  if (!item.ok || item.value === undefined) throw new Error('there is no item')
  return item.value.use((bytes) => Buffer.from(bytes))
}

describe('a passphrase', () => {
  test('[E9] makes the keychain alone open nothing: what lies there is wrapped, and what lay there is gone', async () => {
    const { bare, before } = await withPassphrase()
    expect((await keptItem()).includes(bare)).toBe(false)
    expect(await computer.keychain().read(`main/${before}/database-key`)).toEqual({ ok: true, value: undefined })
    expect(await computer.keychain().read(`main/${before}/generation`)).toEqual({ ok: true, value: undefined })
    const host = computer.start()
    expect(await stageOf(host)).toBe('locked')
    expect(codeOf(await host.handlers.updateProfile({ name: 'Alba' }))).toBe('locked')
    expect(codeOf(await host.handlers.createProfile(ALICE))).toBe('locked')
    expect(codeOf(await host.handlers.openProfile({}))).toBe('locked')
    expect(await unlock(host, 'wrong horse battery')).toBe('wrong-passphrase')
    expect(await stageOf(host)).toBe('locked')
    expect(await unlock(host, WORDS)).toBe('ok')
    expect(await stageOf(host)).toBe('open')
    expect(await unlock(host, WORDS)).toBe('already-so')
  })

  test('[E9] is the same from every keyboard: it is folded', async () => {
    const { host } = await computer.alice()
    const composed = 'Z\u00fcrich ist sch\u00f6n'
    await host.handlers.setPassphrase({ passphrase: composed })
    await computer.stop(host)
    const { Passphrase } = await import('../../src/shared/model.ts')
    expect(await unlock(computer.start(), Passphrase.parse(composed.normalize('NFD')))).toBe('ok')
  })

  test('[E9] is not to be had without a recovery code that was kept', async () => {
    const host = computer.start()
    await host.handlers.createProfile(ALICE)
    expect(codeOf(await host.handlers.setPassphrase({ passphrase: WORDS }))).toBe('recovery-code-first')
    expect(readMark(computer.folder())?.lock).toBeUndefined()
  })

  test('[E9] put into another profile.json still counts, as does one that somebody took out of it', async () => {
    await withPassphrase()
    const file = join(computer.folder().path, 'profile.json')
    const { lock: _, ...without } = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify(without))
    const host = computer.start()
    expect(await stageOf(host)).toBe('locked')
    expect(await unlock(host, WORDS)).toBe('ok')
  })

  test('[E10] is changed and removed with the old one only, each time under a fresh name', async () => {
    const { bare } = await withPassphrase()
    const host = computer.start()
    await unlock(host, WORDS)
    const [first, item] = [readMark(computer.folder())?.key, await keptItem()]
    expect(codeOf(await host.handlers.changePassphrase({ old: OTHER, passphrase: OTHER }))).toBe('wrong-passphrase')
    expect(codeOf(await host.handlers.removePassphrase({ passphrase: OTHER }))).toBe('wrong-passphrase')
    expect(await keptItem()).toEqual(item)
    expect(codeOf(await host.handlers.setPassphrase({ passphrase: OTHER }))).toBe('already-so')
    expect(codeOf(await host.handlers.changePassphrase({ old: WORDS, passphrase: OTHER }))).toBe('ok')
    expect(readMark(computer.folder())?.key).not.toBe(first)
    expect(await computer.keychain().read(`main/${first}/database-key`)).toEqual({ ok: true, value: undefined })
    expect((await keptItem()).includes(bare)).toBe(false)
    await computer.stop(host)

    const next = computer.start()
    expect(await stageOf(next)).toBe('locked')
    expect(await unlock(next, WORDS)).toBe('wrong-passphrase')
    expect(await unlock(next, OTHER)).toBe('ok')
    expect(codeOf(await next.handlers.removePassphrase({ passphrase: OTHER }))).toBe('ok')
    expect(codeOf(await next.handlers.lock({}))).toBe('no-passphrase')
    await computer.stop(next)
    expect(await stageOf(computer.start())).toBe('open')
  })

  test('[E10] what the keychain refuses on the way leaves the one before in force', async () => {
    const { host } = await computer.alice()
    await computer.stop(host)
    const own = computer.keychain()
    const forgetful: Keychain = {
      read: (account) => own.read(account),
      write: async () => ({ ok: true, value: null }),
      remove: (account) => own.remove(account),
    }
    const first = computer.start(forgetful)
    expect(codeOf(await first.handlers.setPassphrase({ passphrase: WORDS }))).toBe('keychain-changed')
    await computer.stop(first)
    const stubborn: Keychain = {
      read: (account) => own.read(account),
      write: (account, secret) => own.write(account, secret),
      remove: async () => refuse('keychain-locked'),
    }
    const second = computer.start(stubborn)
    expect(await stageOf(second)).toBe('open')
    const before = readMark(computer.folder())?.key
    expect(codeOf(await second.handlers.setPassphrase({ passphrase: WORDS }))).toBe('ok')
    await computer.stop(second)
    // What could not be taken out is taken out the next time.
    expect(readMark(computer.folder())?.obsolete).toEqual([before])
    const third = computer.start()
    expect(await unlock(third, WORDS)).toBe('ok')
    expect(readMark(computer.folder())?.obsolete).toBeUndefined()
    expect(await computer.keychain().read(`main/${before}/database-key`)).toEqual({ ok: true, value: undefined })
  })

  test('[E10] the recovery code opens what is locked, and asks for a new passphrase: nothing lies bare again', async () => {
    const { code, bare } = await withPassphrase()
    const host = computer.start()
    expect(await stageOf(host)).toBe('locked')
    expect(codeOf(await host.handlers.openWithRecoveryCode({ code: '0'.repeat(32), passphrase: OTHER }))).toBe(
      'wrong-code',
    )
    expect(codeOf(await host.handlers.openWithRecoveryCode({ code }))).toBe('passphrase-needed')
    expect(await stageOf(host)).toBe('locked')
    expect(codeOf(await host.handlers.openWithRecoveryCode({ code, passphrase: OTHER }))).toBe('ok')
    expect(await stageOf(host)).toBe('open')
    await computer.stop(host)
    expect((await keptItem()).includes(bare)).toBe(false)
    const next = computer.start()
    expect(await unlock(next, WORDS)).toBe('wrong-passphrase')
    expect(await unlock(next, OTHER)).toBe('ok')
  })

  test('[E8][E10] a recovery code that went missing is shown anew to who knows the passphrase only', async () => {
    await withPassphrase()
    writeFileSync(join(computer.folder().path, 'recovery.json'), '{}')
    const host = computer.start()
    await unlock(host, WORDS)
    expect(codeOf(await host.handlers.revealRecoveryCode({}))).toBe('passphrase-needed')
    expect(codeOf(await host.handlers.revealRecoveryCode({ passphrase: OTHER }))).toBe('wrong-passphrase')
    expect(codeOf(await host.handlers.revealRecoveryCode({ passphrase: WORDS }))).toBe('ok')
  })
})

describe('[E11] wrong passphrases', () => {
  const guess = async (host: ProfileHost) => {
    const answered = await host.handlers.unlock({ passphrase: 'a guess of many' })
    return answered.ok ? 'ok' : [answered.failure.code, answered.failure.retryAfter ?? 0]
  }

  test('make the next wait longer and longer, also after a restart and for changes; the right one starts anew', async () => {
    await withPassphrase()
    const host = computer.start()
    for (let free = 0; free < 3; free++) expect(await guess(host)).toEqual(['wrong-passphrase', 0])
    expect(await guess(host)).toEqual(['wrong-passphrase', 5_000])
    expect(await guess(host)).toEqual(['too-many-tries', 5_000])
    await computer.clock.advance(4_000)
    await computer.stop(host)
    const next = computer.start()
    await stageOf(next)
    const nextTryAt = computer.clock.now() + 1_000
    expect(await next.handlers.getSnapshot({})).toMatchObject({ value: { stage: { stage: 'locked', nextTryAt } } })
    expect(await guess(next)).toEqual(['too-many-tries', 1_000])
    expect(await unlock(next, WORDS)).toBe('too-many-tries')
    await computer.clock.advance(1_000)
    for (const wait of [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]) {
      expect(await guess(next)).toEqual(['wrong-passphrase', wait])
      await computer.clock.advance(wait)
    }
    expect(await unlock(next, WORDS)).toBe('ok')
    // A page gone bad cannot guess on behind an open window.
    const change = () => next.handlers.changePassphrase({ old: OTHER, passphrase: OTHER })
    for (let wrong = 0; wrong < 4; wrong++) expect(codeOf(await change())).toBe('wrong-passphrase')
    expect(codeOf(await change())).toBe('too-many-tries')
    expect(existsSync(computer.folder().database)).toBe(true)
  })

  test('count before it is known that they are wrong: killing the app gains nothing', async () => {
    await withPassphrase()
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    const { promise: allowed, resolve: allow } = Promise.withResolvers<void>()
    const own = computer.keychain()
    const slow: Keychain = {
      ...refusing,
      read: async (account) => {
        ask()
        await allowed
        return own.read(account)
      },
    }
    const host = computer.start(slow)
    expect(await stageOf(host)).toBe('locked')
    const guessing = guess(host)
    await asked
    // What kill -9 would leave at this moment.
    const left = computer.copyTo('left')
    allow()
    await guessing
    const next = computer.start(computer.keychain(), left)
    for (let free = 0; free < 2; free++) expect(await guess(next)).toEqual(['wrong-passphrase', 0])
    expect(await guess(next)).toEqual(['wrong-passphrase', 5_000])
  })

  test('are none where the keychain would not answer', async () => {
    await withPassphrase()
    const host = computer.start(refusing)
    expect(await stageOf(host)).toBe('locked')
    for (let tries = 0; tries < 5; tries++) {
      expect(await unlock(host, WORDS)).toBe('keychain-locked')
      expect(await stageOf(host)).toBe('keychain-locked')
      expect(codeOf(await host.handlers.openProfile({}))).toBe('locked')
    }
    await computer.stop(host)
    expect(await unlock(computer.start(), WORDS)).toBe('ok')
  })

  test('[F42] a clock that was set back makes nobody wait longer than once more', async () => {
    await withPassphrase()
    const host = computer.start()
    for (let wrong = 0; wrong < 4; wrong++) await guess(host)
    computer.clock.jump(-365 * 86_400_000)
    expect(await guess(host)).toEqual(['too-many-tries', 5_000])
    await computer.clock.advance(5_000)
    expect(await unlock(host, WORDS)).toBe('ok')
  })
})

describe('[E13] locking', () => {
  test('closes the engine and its database; windows hear that and nothing after; the last draft is kept', async () => {
    await withPassphrase()
    const host = computer.start()
    await unlock(host, WORDS)
    const heard: ChangeSet[] = []
    host.onChange((set) => heard.push(set))
    const outcome = await computer.lock(host, async () => {
      expect(codeOf(await host.handlers.saveDraft({ conversation: 'person:x' as never, text: 'half a th' }))).toBe('ok')
      expect(codeOf(await host.handlers.getSnapshot({}))).toBe('ok')
    })
    expect(outcome).toBe('ok')
    expect(heard.map(({ changes }) => changes)).toEqual([
      [{ kind: 'stage', stage: { stage: 'locked', nextTryAt: null } }],
    ])
    expect(codeOf(await host.handlers.lock({}))).toBe('locked')
    expect(codeOf(await host.handlers.saveDraft({ conversation: 'person:x' as never, text: '' }))).toBe('locked')
    expect(await host.handlers.getSnapshot({})).toMatchObject({ value: { profile: null, conversations: [] } })
    expect(codeOf(await host.handlers.setPassphrase({ passphrase: OTHER }))).toBe('locked')
    // Another process could not have it meanwhile: it is locked, not left.
    const second = computer.start()
    expect(await stageOf(second)).toBe('profile-in-use')

    expect(await unlock(host, WORDS)).toBe('ok')
    expect(await stageOf(host)).toBe('open')
    expect(heard.map(({ revision }) => revision)).toEqual(heard.map((_, at) => (heard[0]?.revision ?? 0) + at))
    expect(heard.flatMap(({ changes }) => changes).findLast(({ kind }) => kind === 'stage')).toEqual({
      kind: 'stage',
      stage: { stage: 'open' },
    })
  })

  test('is remembered by nobody: after a restart it is locked as ever, and idle minutes stay as they were set', async () => {
    await withPassphrase()
    const host = computer.start()
    await unlock(host, WORDS)
    const lockOf = async (of: ProfileHost) => {
      const snapshot = await of.handlers.getSnapshot({})
      return snapshot.ok && snapshot.value.lock
    }
    expect(await lockOf(host)).toEqual({ passphrase: true, idleMinutes: 5 })
    expect(codeOf(await host.handlers.setIdleLock({ minutes: null }))).toBe('ok')
    expect(await lockOf(host)).toEqual({ passphrase: true, idleMinutes: null })
    expect(codeOf(await host.handlers.setIdleLock({ minutes: 15 }))).toBe('ok')
    expect(codeOf(await host.handlers.changePassphrase({ old: WORDS, passphrase: OTHER }))).toBe('ok')
    await computer.lock(host)
    await computer.stop(host)
    const next = computer.start()
    await stageOf(next)
    expect(await lockOf(next)).toEqual({ passphrase: true, idleMinutes: 15 })
  })
})

describe('[E12][F40] a copy of the folder', () => {
  test('that the keychain knows nothing of is told apart from a keychain that was set up anew', async () => {
    const { host, code } = await computer.alice()
    await computer.stop(host)
    await computer.keychain('new').write('something-else', new Secret(new Uint8Array(1)))
    const inPlace = computer.start(computer.keychain('new'))
    expect(await stageOf(inPlace)).toBe('keychain-changed')
    await computer.stop(inPlace)

    const there = computer.copyTo('usb-stick')
    const copied = computer.start(computer.keychain('new'), there)
    expect(await stageOf(copied)).toBe('profile-copied')
    expect(codeOf(await copied.handlers.openProfile({}))).toBe('profile-copied')
    expect(codeOf(await copied.handlers.openWithRecoveryCode({ code }))).toBe('ok')
    await computer.stop(copied)
    // From then on it is at home there.
    const next = computer.start(computer.keychain('new'), there)
    expect(await stageOf(next)).toBe('open')
    await computer.stop(next)
    await computer.keychain('newer').write('something-else', new Secret(new Uint8Array(1)))
    const lost = computer.start(computer.keychain('newer'), there)
    expect(await stageOf(lost)).toBe('keychain-changed')
  })

  test('with a passphrase is locked first, and then says that it is a copy', async () => {
    await withPassphrase()
    await computer.keychain('new').write('something-else', new Secret(new Uint8Array(1)))
    const there = computer.copyTo('usb-stick')
    const copied = computer.start(computer.keychain('new'), there)
    expect(await stageOf(copied)).toBe('locked')
    expect(await unlock(copied, WORDS)).toBe('profile-copied')
    expect(await stageOf(copied)).toBe('profile-copied')
  })
})
