// The life of a profile: from nothing, through its key and its database, to an open messenger, and back.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineHandlers, Messenger, openMessenger } from '../engine/messenger.ts'
import type { Generation, Ports } from '../engine/ports.ts'
import { type Answer, answer, refuse } from '../shared/answer.ts'
import { api, type CallName, type Handlers, type ParsedInput } from '../shared/api.ts'
import type { ChangeSet, Host, Snapshot, Update } from '../shared/model.ts'
import type { Sql } from '../shared/sql.ts'
import { createAppLock, type Lock } from './app-lock.ts'
import { type Backups, type ChooseFolder, createBackups } from './backup/backups.ts'
import { backupKeysOf } from './backup/keys.ts'
import { exportHistory } from './export/exports.ts'
import type { Keychain } from './keychain.ts'
import { whereThrown } from './log.ts'
import { type OpenEngine, ProfileFeed } from './profile-feed.ts'
import {
  folderNumber,
  hasDatabase,
  lockProfile,
  type ProfileFolder,
  type ProfileMark,
  readMark,
  writeMark,
} from './profile-folder.ts'
import { keepKey, keychainGeneration, makeKey, readBareKey } from './profile-key.ts'
import type { OwnRows } from './profile-rows.ts'
import { createRecovery, type RecoveryCode } from './recovery.ts'
import { refusalOf } from './refusals.ts'
import type { Secret } from './secret.ts'
import { openSqlite } from './sqlite.ts'
import { createTries, type Tries } from './tries.ts'
import { renameWhole } from './write-whole.ts'

export interface ProfileParts {
  folder: ProfileFolder
  keychain: Keychain
  host: Host
  /** What the engine gets besides its database and its generation. */
  ports: Omit<Ports, 'sql' | 'generation'>
  /** The engine's, handed in so that a test of the host can do without relays. */
  openMessenger: typeof openMessenger
  /** Left out where there are no windows. */
  chooseFolder?: ChooseFolder | undefined
  /** Left out where nothing is updated. */
  updates?: HostUpdates | undefined
  /** scrypt's N for a passphrase; left out: what is right for people. */
  passphraseCost?: number
  /** Left out where there are no windows. */
  openSecondProfile?: Handlers['openSecondProfile']
}

/** Newer versions of the app, as far as a window has to know of them. */
export interface HostUpdates {
  state(): Update
  onChange(listener: (update: Update) => void): void
  install(): Promise<Answer<null>>
}

export interface ProfileHost {
  handlers: Handlers
  /** One stream for the whole life: stages and what the engine says. Returns how to stop listening. */
  onChange(listener: (changes: ChangeSet) => void): () => void
  /** Ends the engine, closes the database, gives the profile free. */
  close(): Promise<void>
}

/** Begins to open the profile; how that went is its stage. Calls that need the engine wait until then. */
export function openProfileHost(parts: ProfileParts): ProfileHost {
  return new Profile(parts)
}

/** Milliseconds between the moment a window shows the lock and the one the engine closes: for the draft being written. */
const LAST_WORDS = 300

class Profile implements ProfileHost {
  readonly handlers: Handlers
  readonly #parts: ProfileParts
  readonly #recovery: RecoveryCode
  readonly #tries: Tries
  readonly #lock: Lock
  readonly #feed: ProfileFeed
  readonly #backups: Backups
  /** Windows see it locked, and it still takes drafts. */
  #locking: OpenEngine | undefined
  #free: (() => void) | undefined
  /** Opening, creating and closing: one after the other. */
  #steps: Promise<unknown>

  constructor(parts: ProfileParts) {
    this.#parts = parts
    this.#feed = new ProfileFeed(parts.host, parts.ports.log, () => this.#ownRows())
    this.#recovery = createRecovery({
      folder: parts.folder,
      random: parts.ports.random,
      readKey: (passphrase) => this.#readKey(passphrase),
      changed: (recovery) => this.#feed.tellBeside([{ kind: 'recovery', recovery }]),
    })
    this.#tries = createTries(parts.folder, parts.ports.clock)
    this.#lock = createAppLock({
      folder: parts.folder,
      keychain: parts.keychain,
      random: parts.ports.random,
      tries: this.#tries,
      recovery: () => this.#recovery.state(),
      changed: (lock) => this.#feed.tellBeside([{ kind: 'lock', lock }]),
      cost: parts.passphraseCost,
    })
    this.#backups = createBackups({
      clock: parts.ports.clock,
      random: parts.ports.random,
      log: parts.ports.log,
      recovery: () => this.#recovery.wrapped(),
      changed: (backup) => this.#feed.tellBeside([{ kind: 'backup', backup }]),
      chooseFolder: parts.chooseFolder,
    })
    parts.updates?.onChange((update) => this.#feed.tellBeside([{ kind: 'update', update }]))
    this.#steps = this.#open()
    this.handlers = {
      ...this.#engineHandlers(),
      getSnapshot: () => this.#feed.snapshot(),
      createProfile: (input) => this.#step(() => this.#create(input)),
      openProfile: () => this.#step(() => this.#openAgain()),
      openWithRecoveryCode: (input) => this.#step(() => this.#openWithCode(input)),
      ...this.#recovery.handlers,
      setPassphrase: (input) => this.#whenOpen(() => this.#lock.handlers.setPassphrase(input)),
      changePassphrase: (input) => this.#whenOpen(() => this.#lock.handlers.changePassphrase(input)),
      removePassphrase: (input) => this.#whenOpen(() => this.#lock.handlers.removePassphrase(input)),
      setIdleLock: (input) => this.#whenOpen(() => this.#lock.handlers.setIdleLock(input)),
      lock: () => this.#whenOpen(() => this.#lockNow()),
      unlock: ({ passphrase }) => this.#step(() => this.#unlock(passphrase)),
      ...this.#backups.handlers,
      createBackup: (input) => this.#asked(() => this.#backups.handlers.createBackup(input)),
      verifyBackup: (input) => this.#asked(() => this.#backups.handlers.verifyBackup(input)),
      exportHistory: (input) =>
        this.#asked((engine) => exportHistory({ ...parts.ports, ...parts }, engine.messenger, input)),
      restoreBackup: (input) => this.#step(() => this.#restore(input)),
      installUpdate: async () => (await parts.updates?.install()) ?? refuse('not-available-here'),
      openSecondProfile: parts.openSecondProfile ?? (async () => refuse('not-available-here')),
    }
  }

  onChange(listener: (changes: ChangeSet) => void): () => void {
    return this.#feed.onChange(listener)
  }

  close(): Promise<void> {
    return this.#step(async () => {
      await this.#shut(this.#feed.end())
      this.#free?.()
      this.#free = undefined
    })
  }

  async #open(): Promise<void> {
    const { folder } = this.#parts
    try {
      this.#free ??= lockProfile(folder)
      if (this.#free === undefined) return this.#feed.setStage({ stage: 'closed', failure: { code: 'profile-in-use' } })
      if (!hasDatabase(folder)) return this.#feed.setStage({ stage: 'welcome' })
      if (this.#lock.state().passphrase) return this.#showLock()
      const opened = await this.#openEngine()
      if (opened.ok) return
      // A profile.json from before the passphrase: what lies in the keychain counts.
      if (opened.failure.code === 'passphrase-needed') this.#showLock()
      else this.#feed.setStage({ stage: 'closed', failure: opened.failure })
    } catch (error) {
      this.#feed.setStage({ stage: 'closed', failure: refusalOf(error, this.#parts.ports.log).failure })
    }
  }

  async #openAgain(): Promise<Answer<null>> {
    if (this.#feed.engine !== undefined) return refuse('already-so')
    this.#feed.setStage({ stage: 'opening' })
    await this.#open()
    return this.#feed.engine === undefined ? this.#refusal() : answer(null)
  }

  /** Windows first, so that nothing is seen any longer; then the engine, with its keys, once drafts had their moment. */
  async #lockNow(): Promise<Answer<null>> {
    if (!this.#lock.state().passphrase) return refuse('no-passphrase')
    const engine = this.#feed.leave({ stage: 'locked', nextTryAt: this.#tries.next() })
    this.#locking = engine
    await new Promise<void>((resolve) => void this.#parts.ports.clock.after(LAST_WORDS, resolve))
    this.#locking = undefined
    await this.#shut(engine)
    return answer(null)
  }

  /** Ends what works on the database first. */
  async #shut(engine: OpenEngine | undefined): Promise<void> {
    await this.#backups.closed()
    await engine?.messenger.close()
    engine?.sql.close()
  }

  /** A wrong passphrase leaves it locked; what keeps even the right one from opening it is shown as what it is. */
  async #unlock(passphrase: string): Promise<Answer<null>> {
    if (this.#feed.engine !== undefined) return refuse('already-so')
    if (this.#feed.stage.stage !== 'locked') return this.#refusal()
    const opened = await this.#openLocked(passphrase).catch((error: unknown) => refusalOf(error, this.#parts.ports.log))
    if (opened.ok || opened.failure.code === 'too-many-tries') return opened
    if (opened.failure.code === 'wrong-passphrase') this.#showLock()
    else this.#feed.setStage({ stage: 'closed', failure: opened.failure })
    return opened
  }

  async #openLocked(passphrase: string): Promise<Answer<null>> {
    const key = await this.#lock.open(passphrase)
    if (!key.ok) return this.#orCopied(key)
    try {
      return await this.#openEngineWith(key.value, readMark(this.#parts.folder))
    } finally {
      key.value.forget()
    }
  }

  #showLock(): void {
    this.#feed.setStage({ stage: 'locked', nextTryAt: this.#tries.next() })
  }

  /** The key goes back into the keychain under a fresh name. Where it takes none, the profile opens all the same, this once. */
  async #openWithCode({ code, passphrase }: ParsedInput<'openWithRecoveryCode'>): Promise<Answer<null>> {
    const { folder, ports } = this.#parts
    if (this.#feed.engine !== undefined) return refuse('already-so')
    if (this.#feed.stage.stage !== 'closed' && this.#feed.stage.stage !== 'locked') return refuse('no-profile')
    const key = this.#recovery.unlock(code)
    if (!key.ok) return key
    try {
      // [E10] What was protected by a passphrase does not lie bare because somebody forgot it.
      if (this.#lock.state().passphrase && passphrase === undefined) return refuse('passphrase-needed')
      this.#free ??= lockProfile(folder)
      if (this.#free === undefined) return refuse('profile-in-use')
      // First the proof that it opens the database: a mark for another key would lock the person out.
      key.value.use((bytes) => openSqlite({ file: folder.database, key: bytes, exclusive: true })).close()
      const mark = await this.#lock.keep(key.value, this.#lock.state().passphrase ? passphrase : undefined)
      if (mark.ok) this.#tries.forget()
      else ports.log.warn('profile.key-not-kept', { code: mark.failure.code })
      return await this.#openEngineWith(key.value, mark.ok ? mark.value : readMark(folder))
    } catch (error) {
      return refusalOf(error, this.#parts.ports.log)
    } finally {
      key.value.forget()
    }
  }

  async #readKey(passphrase: string | undefined): Promise<Answer<Secret>> {
    const { folder, keychain } = this.#parts
    if (this.#feed.engine === undefined) return refuse('no-profile')
    const mark = readMark(folder)
    if (mark === undefined) return refuse('keychain-changed')
    return passphrase === undefined ? readBareKey(folder, mark, keychain) : this.#lock.open(passphrase)
  }

  /** What fails on the way can be tried again: a database without an account is `welcome` too. */
  async #create(input: ParsedInput<'createProfile'>): Promise<Answer<Snapshot['profile'] & object>> {
    if (this.#feed.engine === undefined) {
      if (this.#feed.stage.stage === 'closed' || this.#feed.stage.stage === 'locked') return this.#refusal()
      const made = await this.#makeDatabase().catch((error: unknown) => refusalOf(error, this.#parts.ports.log))
      if (!made.ok) return made
    }
    const engine = this.#feed.engine
    return engine === undefined ? refuse('internal') : engine.messenger.handlers.createProfile(input)
  }

  /** [E17] The database is made beside, and takes its place when everything else is there: then it is a profile. */
  async #restore(input: ParsedInput<'restoreBackup'>): Promise<Answer<null>> {
    const { folder, keychain, ports } = this.#parts
    const now = await this.#feed.snapshot()
    if (!now.ok || now.value.stage.stage !== 'welcome') return refuse('profile-exists')
    const made = join(folder.path, 'restored.db')
    const found = await this.#backups.restore(input, made)
    if (!found.ok) return found
    const { databaseKey, head } = found.value
    try {
      // Under a fresh name without a generation: so the profile knows that it was put back, and renews its keys [P83].
      const key = await keepKey(folder, keychain, ports.random, databaseKey)
      if (!key.ok) return key
      // A database without an account, if there is one: of a try to create a profile.
      await this.#shut(this.#feed.leave({ stage: 'opening' }))
      const mark: ProfileMark = { version: 1, key: key.value, folder: folderNumber(folder) }
      this.#recovery.take(head.recovery)
      writeMark(folder, mark)
      renameWhole(made, folder.database)
      const opened = await this.#openEngineWith(databaseKey, mark)
      if (!opened.ok) this.#feed.setStage({ stage: 'closed', failure: opened.failure })
      return opened
    } catch (error) {
      const refused = refusalOf(error, ports.log)
      this.#feed.setStage({ stage: 'closed', failure: refused.failure })
      return refused
    } finally {
      databaseKey.forget()
      rmSync(made, { force: true })
    }
  }

  /** [E2] The key first, and only where there is no database. */
  async #makeDatabase(): Promise<Answer<null>> {
    const { folder, keychain, ports } = this.#parts
    if (!hasDatabase(folder)) {
      // A restore that did not come to its end may have left the code of another key.
      this.#recovery.forget()
      const key = await makeKey(folder, keychain, ports.random)
      if (!key.ok) return key
      writeMark(folder, { version: 1, key: key.value, folder: folderNumber(folder) })
    }
    return this.#openEngine()
  }

  /** [E3] Each step either goes on or says why not; nothing is written before the key has opened the file. */
  async #openEngine(): Promise<Answer<null>> {
    const { folder, keychain } = this.#parts
    const mark = readMark(folder)
    if (mark === undefined) return refuse('database-damaged', 'profile.json is missing or not as it was written')
    const key = await readBareKey(folder, mark, keychain)
    if (!key.ok) return this.#orCopied(key)
    try {
      return await this.#openEngineWith(key.value, mark)
    } finally {
      key.value.forget()
    }
  }

  async #openEngineWith(key: Secret, mark: ProfileMark | undefined): Promise<Answer<null>> {
    const { folder, keychain, ports, host, openMessenger } = this.#parts
    let sql: Sql | undefined
    try {
      sql = key.use((bytes) => openSqlite({ file: folder.database, key: bytes, exclusive: true }))
      const generation = mark === undefined ? noGeneration : keychainGeneration(folder, mark.key, keychain)
      const messenger = await openMessenger({ ...ports, sql, generation }, host)
      const joined = messenger.ok ? await this.#join(messenger.value, sql, key) : messenger
      if (!joined.ok) sql.close()
      else await this.#settle(mark)
      return joined
    } catch (error) {
      await this.#backups.closed()
      sql?.close()
      return refusalOf(error, this.#parts.ports.log)
    }
  }

  /** What is put right once it is known that the key opens the database. */
  async #settle(mark: ProfileMark | undefined): Promise<void> {
    const { folder, ports } = this.#parts
    try {
      const number = folderNumber(folder)
      if (mark !== undefined && mark.folder !== number) writeMark(folder, { ...mark, folder: number })
      await this.#lock.clear()
    } catch (error) {
      // It can wait for the next start.
      ports.log.warn('profile.unsettled', whereThrown(error))
    }
  }

  /** [E12] A key that is missing from the keychain is no wonder where the folder is a copy. */
  #orCopied(refused: ReturnType<typeof refuse>): ReturnType<typeof refuse> {
    const { folder } = this.#parts
    const made = readMark(folder)?.folder
    const isCopy = made !== undefined && made !== folderNumber(folder)
    return refused.failure.code === 'keychain-changed' && isCopy ? refuse('profile-copied') : refused
  }

  /** From here on the engine speaks, and backups can be made. */
  async #join(messenger: Messenger, sql: Sql, key: Secret): Promise<Answer<null>> {
    this.#backups.opened({ sql, keys: backupKeysOf(key) })
    const joined = await this.#feed.join(messenger, sql)
    if (!joined.ok) await this.#backups.closed()
    return joined
  }

  #ownRows(): OwnRows {
    return {
      recovery: this.#recovery.state(),
      lock: this.#lock.state(),
      backup: this.#backups.state(),
      update: this.#parts.updates?.state() ?? { state: 'none' },
    }
  }

  /** Every call that the engine answers, or its refusal while there is none. */
  #engineHandlers(): EngineHandlers {
    const names = Object.keys(api) as (CallName & keyof EngineHandlers)[]
    const handlers = names.map((name) => [name, (input: never) => this.#ask(name, input)])
    return Object.fromEntries(handlers)
  }

  async #ask<Name extends keyof EngineHandlers>(name: Name, input: ParsedInput<Name>): Promise<Answer<unknown>> {
    if (name === 'saveDraft' && this.#locking !== undefined) return this.#locking.messenger.handlers[name](input)
    if (this.#feed.engine === undefined) await this.#steps.catch(() => {})
    return this.#feed.engine === undefined ? this.#refusal() : this.#feed.engine.messenger.handlers[name](input)
  }

  /** Why there is no engine to ask. */
  #refusal(): ReturnType<typeof refuse> {
    if (this.#feed.stage.stage === 'closed') return { ok: false, failure: this.#feed.stage.failure }
    return refuse(this.#feed.stage.stage === 'locked' ? 'locked' : 'no-profile')
  }

  /** For what takes long: other steps go on beside it. */
  async #asked<T>(work: (engine: OpenEngine) => Promise<Answer<T>>): Promise<Answer<T>> {
    if (this.#feed.engine === undefined) await this.#steps.catch(() => {})
    const { engine } = this.#feed
    return engine === undefined ? this.#refusal() : work(engine)
  }

  #whenOpen<T>(work: () => Promise<Answer<T>>): Promise<Answer<T>> {
    return this.#step(async () => {
      if (this.#feed.engine === undefined) return this.#refusal()
      return work().catch((error: unknown) => refusalOf(error, this.#parts.ports.log))
    })
  }

  #step<T>(work: () => Promise<T>): Promise<T> {
    const step = this.#steps.then(work, work)
    this.#steps = step
    return step
  }
}

/** Without a keychain there is nothing to compare with. */
const noGeneration: Generation = { read: async () => undefined, write: async () => {} }
