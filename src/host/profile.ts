// The life of a profile: from nothing, through its key and its database, to an open messenger, and back.

import type { EngineHandlers, Messenger, openMessenger } from '../engine/messenger.ts'
import type { Generation, Ports } from '../engine/ports.ts'
import { type Answer, answer, type FailureCode, refuse } from '../shared/answer.ts'
import { api, type CallName, type Handlers, type ParsedInput } from '../shared/api.ts'
import type { Change, ChangeSet, Host, OpenedLink, Snapshot, Stage, Update } from '../shared/model.ts'
import { type Sql, SqlFailure, type SqlFailureKind } from '../shared/sql.ts'
import type { Keychain } from './keychain.ts'
import { whereThrown } from './log.ts'
import {
  hasDatabase,
  lockProfile,
  type ProfileFolder,
  type ProfileMark,
  readMark,
  writeMark,
} from './profile-folder.ts'
import { KeychainRefused, keepKey, keychainGeneration, makeKey, readKey } from './profile-key.ts'
import { createRecovery, type RecoveryCode } from './recovery.ts'
import type { Secret } from './secret.ts'
import { openSqlite } from './sqlite.ts'

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
  /** Left out where the system opens no links with us. */
  openedLinks?: OpenedLinks | undefined
  /** Left out where there are no windows. */
  openSecondProfile?: Handlers['openSecondProfile']
}

/** Newer versions of the app, as far as a window has to know of them. */
export interface HostUpdates {
  state(): Update
  onChange(listener: (update: Update) => void): void
  install(): Promise<Answer<null>>
}

/** The sotto: link that waits for the person to look at it. */
export interface OpenedLinks {
  state(): OpenedLink
  onChange(listener: (link: OpenedLink) => void): void
  dismiss(): Answer<null>
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
}

class Profile implements ProfileHost {
  readonly handlers: Handlers
  readonly #parts: ProfileParts
  readonly #recovery: RecoveryCode
  readonly #listeners = new Set<(changes: ChangeSet) => void>()
  #revision = 0
  /** What windows see as long as no engine is open. */
  #stage: Stage = { stage: 'opening' }
  #engine: OpenEngine | undefined
  #unlock: (() => void) | undefined
  /** Opening, creating and closing: one after the other. */
  #steps: Promise<unknown>

  constructor(parts: ProfileParts) {
    this.#parts = parts
    this.#recovery = createRecovery({
      folder: parts.folder,
      random: parts.ports.random,
      readKey: () => this.#readKey(),
      changed: (recovery) => this.#tellBeside([{ kind: 'recovery', recovery }]),
    })
    parts.openedLinks?.onChange((openedLink) => this.#tellBeside([{ kind: 'opened-link', openedLink }]))
    parts.updates?.onChange((update) => this.#tellBeside([{ kind: 'update', update }]))
    this.#steps = this.#open()
    this.handlers = {
      ...this.#engineHandlers(),
      getSnapshot: () => this.#getSnapshot(),
      createProfile: (input) => this.#step(() => this.#create(input)),
      openProfile: () => this.#step(() => this.#openAgain()),
      openWithRecoveryCode: ({ code }) => this.#step(() => this.#openWithCode(code)),
      ...this.#recovery.handlers,
      dismissLink: async () => parts.openedLinks?.dismiss() ?? refuse('not-available-here'),
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
      this.#unlock?.()
      this.#unlock = undefined
    })
  }

  async #open(): Promise<void> {
    const { folder } = this.#parts
    try {
      this.#unlock ??= lockProfile(folder)
      if (this.#unlock === undefined) return this.#setStage({ stage: 'closed', failure: { code: 'profile-in-use' } })
      if (!hasDatabase(folder)) return this.#setStage({ stage: 'welcome' })
      const opened = await this.#openEngine()
      if (!opened.ok) this.#setStage({ stage: 'closed', failure: opened.failure })
    } catch (error) {
      this.#setStage({ stage: 'closed', failure: this.#failureOf(error).failure })
    }
  }

  async #openAgain(): Promise<Answer<null>> {
    if (this.#engine !== undefined) return refuse('already-so')
    this.#setStage({ stage: 'opening' })
    await this.#open()
    if (this.#stage.stage === 'closed') return { ok: false, failure: this.#stage.failure }
    return this.#engine === undefined ? refuse('no-profile') : answer(null)
  }

  /** The key goes back into the keychain under a fresh name. Where it takes none, the profile opens all the same, this once. */
  async #openWithCode(code: string): Promise<Answer<null>> {
    const { folder, keychain, ports } = this.#parts
    if (this.#engine !== undefined) return refuse('already-so')
    if (this.#stage.stage !== 'closed') return refuse('no-profile')
    const key = this.#recovery.unlock(code)
    if (!key.ok) return key
    try {
      this.#unlock ??= lockProfile(folder)
      if (this.#unlock === undefined) return refuse('profile-in-use')
      // First the proof that it opens the database: a mark for another key would lock the person out.
      key.value.use((bytes) => openSqlite({ file: folder.database, key: bytes, exclusive: true })).close()
      const mark = await keepKey(folder, keychain, ports.random, key.value)
      if (mark.ok) writeMark(folder, mark.value)
      else ports.log.warn('profile.key-not-kept', { code: mark.failure.code })
      return await this.#openEngineWith(key.value, mark.ok ? mark.value : readMark(folder))
    } catch (error) {
      return this.#failureOf(error)
    } finally {
      key.value.forget()
    }
  }

  async #readKey(): Promise<Answer<Secret>> {
    const { folder, keychain } = this.#parts
    if (this.#engine === undefined) return refuse('no-profile')
    const mark = readMark(folder)
    return mark === undefined ? refuse('keychain-changed') : readKey(folder, mark, keychain)
  }

  /** What fails on the way can be tried again: a database without an account is `welcome` too. */
  async #create(input: ParsedInput<'createProfile'>): Promise<Answer<Snapshot['profile'] & object>> {
    if (this.#engine === undefined) {
      if (this.#stage.stage === 'closed') return { ok: false, failure: this.#stage.failure }
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
      const mark = await makeKey(folder, keychain, ports.random)
      if (!mark.ok) return mark
      writeMark(folder, mark.value)
    }
    return this.#openEngine()
  }

  /** [E3] Each step either goes on or says why not; nothing is written before the key has opened the file. */
  async #openEngine(): Promise<Answer<null>> {
    const { folder, keychain } = this.#parts
    const mark = readMark(folder)
    if (mark === undefined) return refuse('database-damaged', 'profile.json is missing or not as it was written')
    const key = await readKey(folder, mark, keychain)
    if (!key.ok) return key
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
      const generation = mark === undefined ? noGeneration : keychainGeneration(folder, mark, keychain)
      const messenger = await openMessenger({ ...ports, sql, generation }, host)
      const joined = messenger.ok ? await this.#join(messenger.value, sql) : messenger
      if (!joined.ok) sql.close()
      return joined
    } catch (error) {
      sql?.close()
      return this.#failureOf(error)
    }
  }

  /** From here on the engine speaks. Windows that were there before get all rows at once, then every change. */
  async #join(messenger: Messenger, sql: Sql): Promise<Answer<null>> {
    const early: ChangeSet[] = []
    let hear = (set: ChangeSet): void => {
      early.push(set)
    }
    messenger.onChange((set) => hear(set))
    const snapshot = await messenger.handlers.getSnapshot({})
    if (!snapshot.ok) {
      await messenger.close()
      return snapshot
    }
    const engine: OpenEngine = { messenger, sql, offset: this.#revision + 1 - snapshot.value.revision }
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

  /** What the host knows better than the engine. */
  #ownRows(): OwnRows {
    return {
      recovery: this.#recovery.state(),
      update: this.#parts.updates?.state() ?? { state: 'none' },
      openedLink: this.#parts.openedLinks?.state() ?? { state: 'none' },
    }
  }

  /** Every call that the engine answers, or its refusal while there is none. */
  #engineHandlers(): EngineHandlers {
    const names = Object.keys(api) as (CallName & keyof EngineHandlers)[]
    const handlers = names.map((name) => [name, (input: never) => this.#ask(name, input)])
    return Object.fromEntries(handlers)
  }

  async #ask<Name extends keyof EngineHandlers>(name: Name, input: ParsedInput<Name>): Promise<Answer<unknown>> {
    if (this.#engine === undefined) await this.#steps.catch(() => {})
    if (this.#engine !== undefined) return this.#engine.messenger.handlers[name](input)
    return this.#stage.stage === 'closed' ? { ok: false, failure: this.#stage.failure } : refuse('no-profile')
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

type OwnRows = Pick<Snapshot, 'recovery' | 'update' | 'openedLink'>

function emptySnapshot(revision: number, host: Host, stage: Stage, own: OwnRows): Snapshot {
  return {
    revision,
    host,
    stage,
    ...own,
    profile: null,
    connection: { state: 'idle' },
    settings: { theme: 'system', readReceipts: true, typingIndicators: true },
    contradiction: null,
    conversations: [],
  }
}

function rowsOf(snapshot: Snapshot): Change[] {
  const { stage, recovery, update, openedLink, profile, connection, settings, contradiction, conversations } = snapshot
  return [
    { kind: 'recovery', recovery },
    { kind: 'update', update },
    { kind: 'opened-link', openedLink },
    ...(profile === null ? [] : [{ kind: 'profile', profile } as const]),
    { kind: 'settings', settings },
    { kind: 'connection', connection },
    { kind: 'contradiction', contradiction },
    ...conversations.map((conversation) => ({ kind: 'conversation', conversation }) as const),
    { kind: 'stage', stage },
  ]
}
