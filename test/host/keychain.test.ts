// The keychain against a real Secret Service in every state it can be found in.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Step, StepOutcome } from './ask-keychain.ts'
import { missingForSecretService, PersonAtDesk, type SessionState } from './secret-service.ts'

const ASK = join(import.meta.dirname, 'ask-keychain.ts')

describe.skipIf(missingForSecretService !== undefined)('the Secret Service', () => {
  let alice: PersonAtDesk
  const ask = (state: SessionState, ...steps: Step[]) => alice.run<StepOutcome[]>(state, ASK, JSON.stringify(steps))

  beforeAll(async () => {
    alice = new PersonAtDesk()
    expect(await ask('unlocked', ['write', 'alice/key', 'a key'])).toEqual(['ok'])
  })
  afterAll(() => alice.leave())

  test('[E3][F40] unlocked: what was written in an earlier session is there, and what was not is missing', async () => {
    const outcomes = await ask('unlocked', ['read', 'alice/key'], ['read', 'bob/key'], ['list'])
    expect(outcomes).toEqual(['a key', 'missing', 'alice/key'])
  })

  test('[E3][F40] locked is told apart from missing, for reading and for writing', async () => {
    const outcomes = await ask('locked', ['read', 'alice/key'], ['read', 'bob/key'], ['write', 'bob/key', 'b'])
    expect(outcomes).toEqual(['keychain-locked', 'keychain-locked', 'keychain-locked'])
    expect(await ask('unlocked', ['list'])).toEqual(['alice/key'])
  })

  test('[E3][F40] an item that somebody removed is missing', async () => {
    const outcomes = await ask('unlocked', ['write', 'carol/key', 'c'], ['remove', 'carol/key'], ['read', 'carol/key'])
    expect(outcomes).toEqual(['ok', 'ok', 'missing'])
  })

  test('[E10] removing what is not there is fine; removing from a locked keyring is told as such, and does nothing', async () => {
    expect(await ask('unlocked', ['remove', 'nobody/key'])).toEqual(['ok'])
    expect(await ask('locked', ['remove', 'alice/key'])).toEqual(['keychain-locked'])
    expect(await ask('unlocked', ['read', 'alice/key'])).toEqual(['a key'])
  })

  test.each<SessionState>(['no-service', 'no-bus'])('[E3][F40] %s: the keychain is absent', async (state) => {
    const outcomes = await ask(state, ['read', 'alice/key'], ['write', 'alice/key', 'other'])
    expect(outcomes).toEqual(['keychain-absent', 'keychain-absent'])
    expect(await ask('unlocked', ['read', 'alice/key'])).toEqual(['a key'])
  })

  test('[E3][F40] one that does not answer is not waited for for ever, and what was in line behind it is not done', async () => {
    const outcomes = await ask('silent', ['write', 'dave/key', 'd'], ['read', 'alice/key'])
    expect(outcomes).toEqual(['keychain-timeout', 'keychain-timeout'])
    expect(await ask('unlocked', ['read', 'alice/key'], ['list'])).toEqual(['a key', 'alice/key'])
  }, 30_000)

  test('an item of another profile is left alone', async () => {
    const outcomes = await ask('unlocked', ['write', 'bob/key', 'b'], ['read', 'alice/key'], ['remove', 'bob/key'])
    expect(outcomes).toEqual(['ok', 'a key', 'ok'])
  })
})
