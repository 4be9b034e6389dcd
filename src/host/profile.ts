// The life of a profile: from nothing, through its key and its database, to an open messenger, and back.

import type { EngineHandlers, openMessenger } from '../engine/messenger.ts'
import type { Ports } from '../engine/ports.ts'
import { type Answer, answer, refuse } from '../shared/answer.ts'
import { api, type CallName, type CallOutput, type Handlers, type ParsedInput } from '../shared/api.ts'
import type { ChangeSet, Host, OpenedLink, Update } from '../shared/model.ts'
import { createAppLock, type Lock } from './app-lock.ts'
import { type Backups, type ChooseFolder, createBackups } from './backup/backups.ts'
import { exportHistory } from './export/exports.ts'
import { type Importing, importHistory } from './export/imports.ts'
import type { Keychain } from './keychain.ts'
import { type OpenEngine, ProfileFeed } from './profile-feed.ts'
import { hasDatabase, lockProfile, readMark } from './profile-files.ts'
import type { ProfileFolder } from './profile-folder.ts'
import { readBareKey } from './profile-key.ts'
import { ProfileOpening } from './profile-opening.ts'
import type { OwnRows } from './profile-rows.ts'
import { createRecovery, type RecoveryCode } from './recovery.ts'
import { refusalOf } from './refusals.ts'
import type { Secret } from './secret.ts'
import { createTries, type Tries } from './tries.ts'

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
  readonly #opening: ProfileOpening
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
    this.#opening = new ProfileOpening({
      ...parts,
      feed: this.#feed,
      recovery: this.#recovery,
      tries: this.#tries,
      lock: this.#lock,
      backups: this.#backups,
      hold: () => {
        this.#free ??= lockProfile(parts.folder)
        return this.#free !== undefined
      },
    })
    parts.openedLinks?.onChange((openedLink) => this.#feed.tellBeside([{ kind: 'opened-link', openedLink }]))
    parts.updates?.onChange((update) => this.#feed.tellBeside([{ kind: 'update', update }]))
    this.#steps = this.#open()
    this.handlers = {
      ...this.#engineHandlers(),
      getSnapshot: () => this.#feed.snapshot(),
      createProfile: (input) => this.#step(() => this.#begin('createProfile', input)),
      beginLink: (input) => this.#step(() => this.#begin('beginLink', input)),
      openProfile: () => this.#step(() => this.#openAgain()),
      openWithRecoveryCode: (input) => this.#step(() => this.#opening.openWithCode(input)),
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
      exportHistory: (input) => this.#asked(() => exportHistory({ ...parts.ports, ...parts }, this.handlers, input)),
      importHistory: (input) =>
        this.#asked((engine) => importHistory({ ...parts.ports, ...parts }, this.#whileOpen(engine), input)),
      restoreBackup: (input) => this.#step(() => this.#opening.restore(input)),
      dismissLink: async () => parts.openedLinks?.dismiss() ?? refuse('not-available-here'),
      installUpdate: async () => (await parts.updates?.install()) ?? refuse('not-available-here'),
      openSecondProfile: parts.openSecondProfile ?? (async () => refuse('not-available-here')),
    }
  }

  onChange(listener: (changes: ChangeSet) => void): () => void {
    return this.#feed.onChange(listener)
  }

  close(): Promise<void> {
    return this.#step(async () => {
      await this.#opening.shut(this.#feed.end())
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
      const opened = await this.#opening.open()
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
    await this.#opening.shut(engine)
    return answer(null)
  }

  /** A wrong passphrase leaves it locked; what keeps even the right one from opening it is shown as what it is. */
  async #unlock(passphrase: string): Promise<Answer<null>> {
    if (this.#feed.engine !== undefined) return refuse('already-so')
    if (this.#feed.stage.stage !== 'locked') return this.#refusal()
    const opened = await this.#opening
      .openLocked(passphrase)
      .catch((error: unknown) => refusalOf(error, this.#parts.ports.log))
    if (opened.ok || opened.failure.code === 'too-many-tries') return opened
    if (opened.failure.code === 'wrong-passphrase') this.#showLock()
    else this.#feed.setStage({ stage: 'closed', failure: opened.failure })
    return opened
  }

  #showLock(): void {
    this.#feed.setStage({ stage: 'locked', nextTryAt: this.#tries.next() })
  }

  async #readKey(passphrase: string | undefined): Promise<Answer<Secret>> {
    const { folder, keychain } = this.#parts
    if (this.#feed.engine === undefined) return refuse('no-profile')
    const mark = readMark(folder)
    if (mark === undefined) return refuse('keychain-changed')
    return passphrase === undefined ? readBareKey(folder, mark, keychain) : this.#lock.open(passphrase)
  }

  /** What fails on the way can be tried again: a database without an account is `welcome` too. */
  async #begin<Name extends 'createProfile' | 'beginLink'>(
    name: Name,
    input: ParsedInput<Name>,
  ): Promise<Answer<CallOutput<Name>>> {
    if (this.#feed.engine === undefined) {
      if (this.#feed.stage.stage === 'closed' || this.#feed.stage.stage === 'locked') return this.#refusal()
      const made = await this.#opening.makeDatabase().catch((error: unknown) => refusalOf(error, this.#parts.ports.log))
      if (!made.ok) return made
    }
    const engine = this.#feed.engine
    return engine === undefined ? refuse('internal') : engine.messenger.handlers[name](input)
  }

  #ownRows(): OwnRows {
    return {
      recovery: this.#recovery.state(),
      lock: this.#lock.state(),
      backup: this.#backups.state(),
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

  /** Locked or closed in the middle, the rest is refused for that. */
  #whileOpen(engine: OpenEngine): Importing {
    const { messenger } = engine
    return {
      handlers: this.handlers,
      importChat: async (chat) => (this.#feed.engine === engine ? messenger.importChat(chat) : this.#refusal()),
    }
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
