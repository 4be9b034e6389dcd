// Profiles with a passphrase for stories: a data folder, keychains in files, a clock that only the story moves.

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openMessenger } from '../../src/engine/messenger.ts'
import type { RelayAddress } from '../../src/engine/ports.ts'
import { createBlobTransfer } from '../../src/host/blob-transfer.ts'
import { systemClock } from '../../src/host/clock.ts'
import { createFileKeychain } from '../../src/host/file-keychain.ts'
import type { Keychain } from '../../src/host/keychain.ts'
import { openProfileHost, type ProfileHost } from '../../src/host/profile.ts'
import { openProfileFolder, type ProfileFolder } from '../../src/host/profile-folder.ts'
import { systemRandom } from '../../src/host/random.ts'
import { Secret } from '../../src/host/secret.ts'
import { createWire } from '../../src/host/wire.ts'
import type { Answer } from '../../src/shared/answer.ts'
import { ProfileName, Username } from '../../src/shared/ids.ts'
import { createTestClock, type TestClock } from '../clock.ts'
import { silentLog } from '../silent-log.ts'
import { openTinyMessenger } from './tiny-messenger.ts'

export const NAME = ProfileName.parse('main')
export const ALICE = { name: 'Alice', username: Username.parse('alice'), relay: { kind: 'this-computer' } as const }
export const WORDS = 'correct horse battery'

export const codeOf = (answered: Answer<unknown>) => (answered.ok ? 'ok' : answered.failure.code)

export async function stageOf(host: ProfileHost): Promise<string> {
  await host.handlers.reconnect({})
  const snapshot = await host.handlers.getSnapshot({})
  if (!snapshot.ok) return snapshot.failure.code
  const { stage } = snapshot.value
  return stage.stage === 'closed' ? stage.failure.code : stage.stage
}

export class Computer {
  readonly clock: TestClock
  readonly #data = mkdtempSync(join(tmpdir(), 'sotto-lock-'))
  readonly #open = new Set<ProfileHost>()

  constructor(clock: TestClock = createTestClock()) {
    this.clock = clock
  }

  /** Each name is a keychain of its own. */
  keychain(name = 'own'): Keychain {
    const passphrase = new Secret(new TextEncoder().encode('of the keychain'))
    return createFileKeychain(join(this.#data, `${name}.json`), passphrase, systemClock, 1024)
  }

  folder(): ProfileFolder {
    return openProfileFolder(this.#data, NAME)
  }

  /** Some other folder on this computer. */
  elsewhere(name: string): string {
    return join(this.#data, name)
  }

  /** The profile's folder, copied to another place. */
  copyTo(place: string): ProfileFolder {
    const folder = openProfileFolder(join(this.#data, place), NAME)
    cpSync(this.folder().path, folder.path, { recursive: true, preserveTimestamps: true })
    return folder
  }

  /** With a relay it is the real messenger, without one the tiny one. */
  start(keychain = this.keychain(), folder = this.folder(), relay?: () => RelayAddress): ProfileHost {
    const host = openProfileHost({
      folder,
      keychain,
      host: { shell: 'command-line', version: '0', profile: NAME, platform: 'test' },
      openMessenger: relay === undefined ? openTinyMessenger : openMessenger,
      passphraseCost: 1024,
      ports: {
        wire: createWire(this.clock),
        blobs: createBlobTransfer(this.clock),
        clock: this.clock,
        random: systemRandom,
        log: silentLog,
        findRelay: async () => relay?.() ?? { url: 'ws://127.0.0.1:1' },
      },
    })
    this.#open.add(host)
    return host
  }

  async stop(host: ProfileHost): Promise<void> {
    this.#open.delete(host)
    await host.close()
  }

  /** Locks it; meanwhile, what windows still say. */
  async lock(host: ProfileHost, meanwhile: () => Promise<unknown> = async () => {}): Promise<string> {
    const locked = host.handlers.lock({})
    const { promise: shown, resolve } = Promise.withResolvers<void>()
    const stop = host.onChange(({ changes }) => {
      if (changes.some((change) => change.kind === 'stage' && change.stage.stage === 'locked')) resolve()
    })
    await Promise.race([shown, locked])
    stop()
    await meanwhile()
    await this.clock.advance(1000)
    return codeOf(await locked)
  }

  /** An open profile with a recovery code that was kept. */
  async alice(relay?: () => RelayAddress, username = 'alice'): Promise<{ host: ProfileHost; code: string }> {
    const host = this.start(this.keychain(), this.folder(), relay)
    const made = await host.handlers.createProfile({ ...ALICE, username: Username.parse(username) })
    if (!made.ok) throw new Error(made.failure.code)
    const shown = await host.handlers.revealRecoveryCode({})
    if (!shown.ok) throw new Error(shown.failure.code)
    const [, , third = '', , , , seventh = ''] = shown.value.groups
    await host.handlers.confirmRecoveryCode({ third, seventh })
    return { host, code: shown.value.groups.join(' ') }
  }

  async close(): Promise<void> {
    for (const host of this.#open) await host.close()
    rmSync(this.#data, { recursive: true, force: true })
  }
}
