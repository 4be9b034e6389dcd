// A world where everybody is a process that may be killed: a relay, two messengers, a wiretap between them, and a judge.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { compileCache } from '../../scripts/compile-cache.ts'
import { systemClock } from '../../src/host/clock.ts'
import { createFileKeychain } from '../../src/host/file-keychain.ts'
import { readMark } from '../../src/host/profile-files.ts'
import { openProfileFolder } from '../../src/host/profile-folder.ts'
import { readBareKey } from '../../src/host/profile-key.ts'
import { Secret } from '../../src/host/secret.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { ProfileName } from '../../src/shared/ids.ts'
import type { Sql } from '../../src/shared/sql.ts'
import { CHAT, Chatter } from './chatter.ts'
import { Survivor } from './survivor.ts'
import { openWiretap, type Wiretap } from './wiretap.ts'

const RELAY = join(import.meta.dirname, '../../src/cli/relay.ts')
const PASSPHRASE = 'only for this test'
/** scrypt's cost: what makes guessing dear would make every start dear here. */
const CHEAP = 1024

let compiled: Promise<unknown> | undefined

export class CrashWorld {
  readonly folder: string
  readonly keychainOptions: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  readonly tap: Wiretap
  readonly relay: Survivor
  readonly #people = new Set<Chatter>()

  private constructor(folder: string, tap: Wiretap, relay: { url: string | undefined }) {
    this.folder = folder
    this.tap = tap
    this.keychainOptions = ['--keychain', `file:${join(folder, 'keychain')}`]
    this.environment = {
      SOTTO_KEYCHAIN_PASSPHRASE: PASSPHRASE,
      NODE_COMPILE_CACHE: compileCache,
    }
    this.relay = new Survivor({
      name: 'the relay',
      program: RELAY,
      args: ['--data', join(folder, 'relay'), '--port', '0'],
      env: this.environment,
      born: (child) => {
        relay.url = undefined
        createInterface({ input: child.stdout }).on('line', (line) => {
          relay.url = /^relay ready (.+)$/.exec(line)?.[1]
        })
        child.on('exit', () => {
          relay.url = undefined
        })
      },
    })
  }

  static async create(): Promise<CrashWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-crash-'))
    const keychain = createFileKeychain(join(folder, 'keychain'), passphrase(), systemClock, CHEAP)
    const made = await keychain.write('first', new Secret(Uint8Array.of(1)))
    if (!made.ok) throw new Error(made.failure.code)
    compiled ??= compileAll()
    await compiled
    const relay: { url: string | undefined } = { url: undefined }
    return new CrashWorld(folder, await openWiretap(() => relay.url), relay)
  }

  person(name: string, failpoint?: string): Chatter {
    const chatter = new Chatter(this, name, failpoint)
    this.#people.add(chatter)
    return chatter
  }

  /** Two people who talk. The messenger of the one who begins may have a failpoint. */
  async couple(one: string, other: string, failpoint?: string): Promise<[Chatter, Chatter]> {
    const [alice, bob] = [this.person(one, failpoint), this.person(other)]
    await Promise.all([alice.register(), bob.register()])
    await alice.find(bob)
    await alice.sayUpTo(bob, 1)
    await bob.accept(alice)
    return [alice, bob]
  }

  /** Until what each has said has arrived and is confirmed. Then nothing is lost, nothing is there twice, all is in order. */
  async settles(alice: Chatter, bob: Chatter, texts: number): Promise<void> {
    await isHeard(alice, bob, texts)
    await isHeard(bob, alice, texts)
    expect(this.tap.violations).toEqual([])
  }

  /** Ends in peace; what is left on the disk is whole. */
  async retire(person: Chatter): Promise<void> {
    await person.process.close()
    this.#people.delete(person)
    const sql = await this.openDatabase(person)
    expect(sql.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(sql.all('PRAGMA cipher_integrity_check')).toEqual([])
    expect(sql.all('PRAGMA foreign_key_check')).toEqual([])
    sql.close()
  }

  async endsWell(): Promise<void> {
    for (const person of this.#people) await this.retire(person)
    await this.relay.close()
    const sql = openSqlite({ file: join(this.folder, 'relay', 'relay.sqlite') })
    expect(sql.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(sql.all('PRAGMA foreign_key_check')).toEqual([])
    sql.close()
  }

  /** The database of somebody whose messenger has ended; `file` for a copy of it. */
  async openDatabase(person: Chatter, file?: string): Promise<Sql> {
    const profile = this.profileFolder(person)
    const mark = readMark(profile)
    if (mark === undefined) throw new Error('a profile without mark')
    const keychain = createFileKeychain(join(this.folder, 'keychain'), passphrase(), systemClock)
    const key = await readBareKey(profile, mark, keychain)
    if (!key.ok) throw new Error(key.failure.code)
    return key.value.use((bytes) => openSqlite({ file: file ?? profile.database, key: bytes }))
  }

  profileFolder(person: Chatter) {
    return openProfileFolder(this.folder, ProfileName.parse(person.username))
  }

  async close(): Promise<void> {
    await Promise.all([...[...this.#people].map(({ process }) => process.end()), this.relay.end()])
    await this.tap.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Who is killed keeps nothing of what was compiled: one that ends in peace does it for all that come after. */
function compileAll(): Promise<unknown> {
  const env = { ...process.env, NODE_COMPILE_CACHE: compileCache }
  return Promise.all(
    [RELAY, CHAT].map((program) => promisify(execFile)(process.execPath, [program, '--help'], { env })),
  )
}

/** What one has said, the other reads: the same texts, each once, in the same order; and the one knows it. */
async function isHeard(speaker: Chatter, listener: Chatter, count: number): Promise<void> {
  const expected = Array.from({ length: count }, (_, index) => speaker.text(index))
  await speaker.arrive(listener, count)
  await listener.persist(async () => (await listener.messages(speaker)).length >= count)
  const said = (await speaker.messages(listener)).filter(({ own }) => own)
  const heard = (await listener.messages(speaker)).filter(({ own }) => !own)
  expect(said.map(textOf)).toEqual(expected)
  expect(heard.map(textOf)).toEqual(expected)
  expect(heard.map(({ id }) => id)).toEqual(said.map(({ id }) => id))
}

function textOf({ content }: { content: { kind: string; text?: string } }): string {
  return content.kind === 'text' ? (content.text ?? '') : `[${content.kind}]`
}

function passphrase(): Secret {
  return new Secret(new TextEncoder().encode(PASSPHRASE))
}
