// The life of a profile: from nothing, through its key and its database, to an open messenger, and back.

import type { EngineHandlers, Messenger, openMessenger } from '../engine/messenger.ts'
import type { Generation, Ports } from '../engine/ports.ts'
import { type Answer, answer, type FailureCode, refuse } from '../shared/answer.ts'
import { api, type CallName, type Handlers, type ParsedInput } from '../shared/api.ts'
import type { Change, ChangeSet, Host, Snapshot, Stage, Update } from '../shared/model.ts'
import { type Sql, SqlFailure, type SqlFailureKind } from '../shared/sql.ts'
import { createAppLock, type Lock } from './app-lock.ts'
import type { Keychain } from './keychain.ts'
import { whereThrown } from './log.ts'
import {
  folderNumber,
  hasDatabase,
  lockProfile,
  type ProfileFolder,
  type ProfileMark,
  readMark,
  writeMark,
} from './profile-folder.ts'
import { KeychainRefused, keychainGeneration, makeKey, readBareKey } from './profile-key.ts'
import { emptySnapshot, type OwnRows, rowsOf } from './profile-rows.ts'
import { createRecovery, type RecoveryCode } from './recovery.ts'
import type { Secret } from './secret.ts'
import { openSqlite } from './sqlite.ts'
import { createTries, type Tries } from './tries.ts'

export interface ProfileParts {
  folder: ProfileFolder
  keychain: Keychain
  host: Host
  /** What the engine gets besides its database and its generation. */
  ports: Omit<Ports, 'sql' | 'generation'>
  /** The engine's, handed in so that a test of the host can do without relays. */
  openMessenger: typeof openMessenger
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

interface OpenEngine {
  messenger: Messenger
  sql: Sql
  /** To be added to the engine's revisions: windows count through what came before the engine was open. */
  offset: number
  /** From then on windows hear nothing of it any more. */
  hush(): void
}

/** Milliseconds between the moment a window shows the lock and the one the engine closes: for the draft being written. */
const LAST_WORDS = 300

class Profile implements ProfileHost {
  readonly handlers: Handlers
  readonly #parts: ProfileParts
  readonly #recovery: RecoveryCode
  readonly #tries: Tries
  readonly #lock: Lock
  readonly #listeners = new Set<(changes: ChangeSet) => void>()
  #revision = 0
  /** What windows see as long as no engine is open. */
  #stage: Stage = { stage: 'opening' }
  #engine: OpenEngine | undefined
  /** Windows see it locked, and it still takes drafts. */
  #locking: OpenEngine | undefined
  #free: (() => void) | undefined
  /** Opening, creating and closing: one after the other. */
  #steps: Promise<unknown>

  constructor(parts: ProfileParts) {
    this.#parts = parts
    this.#recovery = createRecovery({
      folder: parts.folder,
      random: parts.ports.random,
      readKey: (passphrase) => this.#readKey(passphrase),
      changed: (recovery) => this.#tellBeside([{ kind: 'recovery', recovery }]),
    })
    this.#tries = createTries(parts.folder, parts.ports.clock)
    this.#lock = createAppLock({
      folder: parts.folder,
      keychain: parts.keychain,
      random: parts.ports.random,
      tries: this.#tries,
      recovery: () => this.#recovery.state(),
      changed: (lock) => this.#tellBeside([{ kind: 'lock', lock }]),
      cost: parts.passphraseCost,
    })
    parts.updates?.onChange((update) => this.#tellBeside([{ kind: 'update', update }]))
    this.#steps = this.#open()
    this.handlers = {
      ...this.#engineHandlers(),
      getSnapshot: () => this.#getSnapshot(),
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
      installUpdate: async () => (await parts.updates?.install()) ?? refuse('not-available-here'),
      openSecondProfile: parts.openSecondProfile ?? (async () => refuse('not-available-here')),
    }
  }

  onChange(listener: (changes: ChangeSet) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): Promise<void> {
    return this.#step(async () => {
      const engine = this.#engine
      this.#engine = undefined
      this.#stage = { stage: 'closed', failure: { code: 'no-profile', detail: 'this host was closed' } }
      await engine?.messenger.close()
      engine?.sql.close()
      this.#free?.()
      this.#free = undefined
    })
  }

  async #open(): Promise<void> {
    const { folder } = this.#parts
    try {
      this.#free ??= lockProfile(folder)
      if (this.#free === undefined) return this.#setStage({ stage: 'closed', failure: { code: 'profile-in-use' } })
      if (!hasDatabase(folder)) return this.#setStage({ stage: 'welcome' })
      if (this.#lock.state().passphrase) return this.#showLock()
      const opened = await this.#openEngine()
      if (opened.ok) return
      // A profile.json from before the passphrase: what lies in the keychain counts.
      if (opened.failure.code === 'passphrase-needed') this.#showLock()
      else this.#setStage({ stage: 'closed', failure: opened.failure })
    } catch (error) {
      this.#setStage({ stage: 'closed', failure: this.#failureOf(error).failure })
    }
  }

  async #openAgain(): Promise<Answer<null>> {
    if (this.#engine !== undefined) return refuse('already-so')
    this.#setStage({ stage: 'opening' })
    await this.#open()
    return this.#engine === undefined ? this.#refusal() : answer(null)
  }

  /** Windows first, so that nothing is seen any longer; then the engine, with its keys, once drafts had their moment. */
  async #lockNow(): Promise<Answer<null>> {
    const engine = this.#engine
    if (engine === undefined) return this.#refusal()
    if (!this.#lock.state().passphrase) return refuse('no-passphrase')
    engine.hush()
    this.#engine = undefined
    this.#locking = engine
    this.#showLock()
    await new Promise<void>((resolve) => void this.#parts.ports.clock.after(LAST_WORDS, resolve))
    this.#locking = undefined
    await engine.messenger.close()
    engine.sql.close()
    return answer(null)
  }

  /** A wrong passphrase leaves it locked; what keeps even the right one from opening it is shown as what it is. */
  async #unlock(passphrase: string): Promise<Answer<null>> {
    if (this.#engine !== undefined) return refuse('already-so')
    if (this.#stage.stage !== 'locked') return this.#refusal()
    const opened = await this.#openLocked(passphrase).catch((error: unknown) => this.#failureOf(error))
    if (opened.ok || opened.failure.code === 'too-many-tries') return opened
    if (opened.failure.code === 'wrong-passphrase') this.#showLock()
    else this.#setStage({ stage: 'closed', failure: opened.failure })
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
    this.#setStage({ stage: 'locked', nextTryAt: this.#tries.next() })
  }

  /** The key goes back into the keychain under a fresh name. Where it takes none, the profile opens all the same, this once. */
  async #openWithCode({ code, passphrase }: ParsedInput<'openWithRecoveryCode'>): Promise<Answer<null>> {
    const { folder, ports } = this.#parts
    if (this.#engine !== undefined) return refuse('already-so')
    if (this.#stage.stage !== 'closed' && this.#stage.stage !== 'locked') return refuse('no-profile')
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
      return this.#failureOf(error)
    } finally {
      key.value.forget()
    }
  }

  async #readKey(passphrase: string | undefined): Promise<Answer<Secret>> {
    const { folder, keychain } = this.#parts
    if (this.#engine === undefined) return refuse('no-profile')
    const mark = readMark(folder)
    if (mark === undefined) return refuse('keychain-changed')
    return passphrase === undefined ? readBareKey(folder, mark, keychain) : this.#lock.open(passphrase)
  }

  /** What fails on the way can be tried again: a database without an account is `welcome` too. */
  async #create(input: ParsedInput<'createProfile'>): Promise<Answer<Snapshot['profile'] & object>> {
    if (this.#engine === undefined) {
      if (this.#stage.stage === 'closed' || this.#stage.stage === 'locked') return this.#refusal()
      const made = await this.#makeDatabase().catch((error: unknown) => this.#failureOf(error))
      if (!made.ok) return made
    }
    const engine = this.#engine
    return engine === undefined ? refuse('internal') : engine.messenger.handlers.createProfile(input)
  }

  /** [E2] The key first, and only where there is no database. */
  async #makeDatabase(): Promise<Answer<null>> {
    const { folder, keychain, ports } = this.#parts
    if (!hasDatabase(folder)) {
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
      const joined = messenger.ok ? await this.#join(messenger.value, sql) : messenger
      if (!joined.ok) sql.close()
      else await this.#settle(mark)
      return joined
    } catch (error) {
      sql?.close()
      return this.#failureOf(error)
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

  /** From here on the engine speaks. Windows that were there before get all rows at once, then every change. */
  async #join(messenger: Messenger, sql: Sql): Promise<Answer<null>> {
    const early: ChangeSet[] = []
    let hear = (set: ChangeSet): void => {
      early.push(set)
    }
    const hush = messenger.onChange((set) => hear(set))
    const snapshot = await messenger.handlers.getSnapshot({})
    if (!snapshot.ok) {
      await messenger.close()
      return snapshot
    }
    const engine: OpenEngine = { messenger, sql, offset: this.#revision + 1 - snapshot.value.revision, hush }
    this.#engine = engine
    this.#tell(this.#revision + 1, rowsOf({ ...snapshot.value, ...this.#ownRows() }))
    hear = (set) => this.#tell(set.revision + engine.offset, set.changes)
    for (const set of early) if (set.revision > snapshot.value.revision) hear(set)
    return answer(null)
  }

  async #getSnapshot(): Promise<Answer<Snapshot>> {
    const engine = this.#engine
    if (engine === undefined)
      return answer(emptySnapshot(this.#revision, this.#parts.host, this.#stage, this.#ownRows()))
    const snapshot = await engine.messenger.handlers.getSnapshot({})
    if (!snapshot.ok) return snapshot
    return answer({ ...snapshot.value, ...this.#ownRows(), revision: snapshot.value.revision + engine.offset })
  }

  #ownRows(): OwnRows {
    return {
      recovery: this.#recovery.state(),
      lock: this.#lock.state(),
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
    if (this.#engine === undefined) await this.#steps.catch(() => {})
    return this.#engine === undefined ? this.#refusal() : this.#engine.messenger.handlers[name](input)
  }

  /** Why there is no engine to ask. */
  #refusal(): ReturnType<typeof refuse> {
    if (this.#stage.stage === 'closed') return { ok: false, failure: this.#stage.failure }
    return refuse(this.#stage.stage === 'locked' ? 'locked' : 'no-profile')
  }

  #whenOpen<T>(work: () => Promise<Answer<T>>): Promise<Answer<T>> {
    return this.#step(async () => {
      if (this.#engine === undefined) return this.#refusal()
      return work().catch((error: unknown) => this.#failureOf(error))
    })
  }

  #step<T>(work: () => Promise<T>): Promise<T> {
    const step = this.#steps.then(work, work)
    this.#steps = step
    return step
  }

  #setStage(stage: Stage): void {
    this.#stage = stage
    this.#parts.ports.log.info('profile.stage', {
      stage: stage.stage,
      ...(stage.stage === 'closed' ? { code: stage.failure.code } : {}),
    })
    this.#tell(this.#revision + 1, [{ kind: 'stage', stage }])
  }

  /** What the host has to say while the engine may be open: its revisions go on behind it. */
  #tellBeside(changes: Change[]): void {
    if (this.#engine !== undefined) this.#engine.offset += 1
    this.#tell(this.#revision + 1, changes)
  }

  #tell(revision: number, changes: Change[]): void {
    this.#revision = revision
    for (const listener of [...this.#listeners]) listener({ revision, changes })
  }

  #failureOf(error: unknown) {
    if (error instanceof KeychainRefused) return error.refusal
    const code = codeOf(error)
    if (code === 'internal') this.#parts.ports.log.error('profile.broken', whereThrown(error))
    return refuse(code)
  }
}

/** Without a keychain there is nothing to compare with. */
const noGeneration: Generation = { read: async () => undefined, write: async () => {} }

const SQL_FAILURES: Record<SqlFailureKind, FailureCode> = {
  full: 'disk-full',
  busy: 'profile-in-use',
  damaged: 'database-damaged',
  'wrong-key': 'wrong-key',
  constraint: 'internal',
  other: 'internal',
}

function codeOf(error: unknown): FailureCode {
  if (error instanceof SqlFailure) return SQL_FAILURES[error.kind]
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC' ? 'disk-full' : 'internal'
}
