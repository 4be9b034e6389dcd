// A profile whose key lies in a real keyring: made once, opened again, and closed for the right reason.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missingForSecretService, PersonAtDesk, type SessionState } from './secret-service.ts'

const OPEN = join(import.meta.dirname, 'open-profile.ts')

describe.skipIf(missingForSecretService !== undefined)('a profile on the Secret Service', () => {
  let alice: PersonAtDesk
  let data: string
  const open = (state: SessionState, ...what: string[]) => alice.run<string>(state, OPEN, data, ...what)
  const files = () =>
    ['sotto.db', 'profile.json'].map((name) => readFileSync(join(data, 'profiles', 'main', name)).toString('base64'))

  beforeAll(() => {
    alice = new PersonAtDesk()
    data = mkdtempSync(join(tmpdir(), 'sotto-profile-'))
  })
  afterAll(() => {
    alice.leave()
    rmSync(data, { recursive: true, force: true })
  })

  test('[E2][E3][F40] is not made where no key can be kept, is made once, and every way to stay closed has its name', async () => {
    expect(await open('no-service')).toBe('keychain-absent')
    expect(readdirSync(join(data, 'profiles', 'main')).sort()).toEqual(['lock', 'logs'])
    expect(await open('unlocked')).toBe('made')
    expect(await open('unlocked')).toBe('profile-exists')
    const before = files()
    expect(await open('locked')).toBe('keychain-locked')
    expect(await open('no-service')).toBe('keychain-absent')
    expect(await open('no-bus')).toBe('keychain-absent')
    expect(await open('silent')).toBe('keychain-timeout')
    expect(await open('unlocked')).toBe('profile-exists')
    expect(await open('unlocked', 'lose-key')).toBe('keychain-changed')
    expect(files()).toEqual(before)
  }, 60_000)
})
