// `--smoke-test`: the packaged app shows that all its parts are there and work together, without a window, and ends.
//
// For machines that build: it leaves keys of two profiles in the keychain, whose databases are gone when it ends.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../host/clock.ts'
import type { Keychain } from '../host/keychain.ts'
import { createLog, logToStandardError } from '../host/log.ts'
import type { ProfileHost } from '../host/profile.ts'
import { openProfileFolder } from '../host/profile-folder.ts'
import { type Answer, refuse } from '../shared/answer.ts'
import { ProfileName, Username } from '../shared/ids.ts'
import type { Host, Snapshot } from '../shared/model.ts'
import { LocalRelay } from './local-relay.ts'
import { openProfile } from './profile.ts'
import { startRelayProcess } from './relay-child.ts'

const PATIENCE = 60_000
const WORDS = 'Is anybody there?'

export interface SmokeTestParts {
  keychain: Keychain
  version: string
}

/**
 * Alice writes to Bob over the relay of this computer; Bob's profile is closed, opened with the key that the keychain
 * kept, and still has the message. Rejects with what went wrong, after 60 s at the latest.
 */
export async function smokeTest({ keychain, version }: SmokeTestParts): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'sotto-smoke-'))
  const log = createLog(logToStandardError, systemClock)
  const relay = new LocalRelay({ folder: join(data, 'relay'), start: startRelayProcess, clock: systemClock, log })
  const open = new Set<ProfileHost>()
  const openFor = (name: ProfileName): ProfileHost => {
    const host: Host = { shell: 'electron', version, profile: name, platform: process.platform }
    const folder = openProfileFolder(data, name)
    const openSecondProfile = async () => refuse('not-available-here')
    const profile = openProfile({ folder, keychain, host, relay, log, openSecondProfile })
    open.add(profile)
    return profile
  }
  try {
    await inTime(tellStory(openFor))
  } finally {
    for (const profile of open) await profile.close()
    await relay.close()
    rmSync(data, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function tellStory(openFor: (name: ProfileName) => ProfileHost): Promise<void> {
  const [aliceName, bobName] = [ProfileName.parse('alice'), ProfileName.parse('bob')]
  const [alice, bob] = [openFor(aliceName), openFor(bobName)]
  await createProfile(alice, 'Alice')
  await createProfile(bob, 'Bob')

  const { account } = value(await alice.handlers.findPerson({ username: Username.parse('bob') }))
  const { id } = value(await alice.handlers.openConversation({ account }))
  value(await alice.handlers.sendMessage({ conversation: id, text: WORDS }))
  await until(bob, hasWords)

  await bob.close()
  await until(openFor(bobName), hasWords)
}

async function createProfile({ handlers }: ProfileHost, name: string): Promise<void> {
  const username = Username.parse(name)
  value(await handlers.createProfile({ name, username, relay: { kind: 'this-computer' } }))
}

function hasWords({ stage, conversations }: Snapshot): boolean {
  if (stage.stage === 'closed') throw new Error(`the profile stays closed: ${stage.failure.code}`)
  return conversations.some(({ last }) => last?.content.kind === 'text' && last.content.text === WORDS)
}

/** Looks at the profile now and after every change. */
function until(profile: ProfileHost, isSo: (snapshot: Snapshot) => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = (): void => {
    profile.handlers
      .getSnapshot({})
      .then((answer) => {
        if (isSo(value(answer))) resolve()
      })
      .catch(reject)
  }
  const stop = profile.onChange(look)
  look()
  return promise.finally(stop)
}

function value<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value
  throw new Error(`refused: ${answer.failure.code}`)
}

function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = systemClock.after(PATIENCE, () => reject(new Error('it took longer than a minute')))
  return Promise.race([work, promise]).finally(stop)
}
