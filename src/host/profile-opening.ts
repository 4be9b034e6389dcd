// The ways in which a profile opens: with its keychain, its passphrase, its recovery code or a backup; and how it shuts.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Messenger, openMessenger } from '../engine/messenger.ts'
import type { Generation, Ports } from '../engine/ports.ts'
import { type Answer, refuse } from '../shared/answer.ts'
import type { ParsedInput } from '../shared/api.ts'
import type { Host } from '../shared/model.ts'
import type { Sql } from '../shared/sql.ts'
import { whereThrown } from '../shared/thrown.ts'
import type { Lock } from './app-lock.ts'
import type { Backups } from './backup/backups.ts'
import { backupKeysOf } from './backup/keys.ts'
import type { Keychain } from './keychain.ts'
import type { OpenEngine, ProfileFeed } from './profile-feed.ts'
import { folderNumber, hasDatabase, type ProfileMark, readMark, writeMark } from './profile-files.ts'
import type { ProfileFolder } from './profile-folder.ts'
import { keepKey, keychainGeneration, makeKey, readBareKey } from './profile-key.ts'
import type { RecoveryCode } from './recovery.ts'
import { refusalOf } from './refusals.ts'
import type { Secret } from './secret.ts'
import { openSqlite } from './sqlite.ts'
import type { Tries } from './tries.ts'
import { renameWhole } from './write-whole.ts'

export interface OpeningParts {
  folder: ProfileFolder
  keychain: Keychain
  host: Host
  ports: Omit<Ports, 'sql' | 'generation'>
  openMessenger: typeof openMessenger
  feed: ProfileFeed
  recovery: RecoveryCode
  tries: Tries
  lock: Lock
  backups: Backups
  /** Takes the profile for this process, if nobody else has it. */
  hold(): boolean
}

/** Of each: nothing is open before it; if it answers ok, the feed has the engine. */
export class ProfileOpening {
  readonly #parts: OpeningParts

  constructor(parts: OpeningParts) {
    this.#parts = parts
  }

  /** [E3] Each step either goes on or says why not; nothing is written before the key has opened the file. */
  async open(): Promise<Answer<null>> {
    const { folder, keychain } = this.#parts
    const mark = readMark(folder)
    if (mark === undefined) return refuse('database-damaged', 'profile.json is missing or not as it was written')
    const key = await readBareKey(folder, mark, keychain)
    if (!key.ok) return this.#orCopied(key)
    try {
      return await this.#openWith(key.value, mark)
    } finally {
      key.value.forget()
    }
  }

  async #openWith(key: Secret, mark: ProfileMark | undefined): Promise<Answer<null>> {
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
      await this.#parts.backups.closed()
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
      await this.#parts.lock.clear()
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
    this.#parts.backups.opened({ sql, keys: backupKeysOf(key) })
    const joined = await this.#parts.feed.join(messenger, sql)
    if (!joined.ok) await this.#parts.backups.closed()
    return joined
  }

  /** [E2] The key first, and only where there is no database. */
  async makeDatabase(): Promise<Answer<null>> {
    const { folder, keychain, ports } = this.#parts
    if (!hasDatabase(folder)) {
      // A restore that did not come to its end may have left the code of another key.
      this.#parts.recovery.forget()
      const key = await makeKey(folder, keychain, ports.random)
      if (!key.ok) return key
      writeMark(folder, { version: 1, key: key.value, folder: folderNumber(folder) })
    }
    return this.open()
  }

  async openLocked(passphrase: string): Promise<Answer<null>> {
    const key = await this.#parts.lock.open(passphrase)
    if (!key.ok) return this.#orCopied(key)
    try {
      return await this.#openWith(key.value, readMark(this.#parts.folder))
    } finally {
      key.value.forget()
    }
  }

  /** The key goes back into the keychain under a fresh name. Where it takes none, the profile opens all the same, this once. */
  async openWithCode({ code, passphrase }: ParsedInput<'openWithRecoveryCode'>): Promise<Answer<null>> {
    const { folder, ports } = this.#parts
    if (this.#parts.feed.engine !== undefined) return refuse('already-so')
    if (this.#parts.feed.stage.stage !== 'closed' && this.#parts.feed.stage.stage !== 'locked')
      return refuse('no-profile')
    const key = this.#parts.recovery.unlock(code)
    if (!key.ok) return key
    try {
      // [E10] What was protected by a passphrase does not lie bare because somebody forgot it.
      if (this.#parts.lock.state().passphrase && passphrase === undefined) return refuse('passphrase-needed')
      if (!this.#parts.hold()) return refuse('profile-in-use')
      // First the proof that it opens the database: a mark for another key would lock the person out.
      key.value.use((bytes) => openSqlite({ file: folder.database, key: bytes, exclusive: true })).close()
      const mark = await this.#parts.lock.keep(key.value, this.#parts.lock.state().passphrase ? passphrase : undefined)
      if (mark.ok) this.#parts.tries.forget()
      else ports.log.warn('profile.key-not-kept', { code: mark.failure.code })
      return await this.#openWith(key.value, mark.ok ? mark.value : readMark(folder))
    } catch (error) {
      return refusalOf(error, this.#parts.ports.log)
    } finally {
      key.value.forget()
    }
  }

  /** [E17] The database is made beside, and takes its place when everything else is there: then it is a profile. */
  async restore(input: ParsedInput<'restoreBackup'>): Promise<Answer<null>> {
    const { folder, keychain, ports } = this.#parts
    const now = await this.#parts.feed.snapshot()
    if (!now.ok || now.value.stage.stage !== 'welcome') return refuse('profile-exists')
    const made = join(folder.path, 'restored.db')
    const found = await this.#parts.backups.restore(input, made)
    if (!found.ok) return found
    const { databaseKey, head } = found.value
    try {
      // Under a fresh name without a generation: so the profile knows that it was put back, and renews its keys [P83].
      const key = await keepKey(folder, keychain, ports.random, databaseKey)
      if (!key.ok) return key
      // A database without an account, if there is one: of a try to create a profile.
      await this.shut(this.#parts.feed.leave({ stage: 'opening' }))
      const mark: ProfileMark = { version: 1, key: key.value, folder: folderNumber(folder) }
      this.#parts.recovery.take(head.recovery)
      writeMark(folder, mark)
      renameWhole(made, folder.database)
      const opened = await this.#openWith(databaseKey, mark)
      if (!opened.ok) this.#parts.feed.setStage({ stage: 'closed', failure: opened.failure })
      return opened
    } catch (error) {
      const refused = refusalOf(error, ports.log)
      this.#parts.feed.setStage({ stage: 'closed', failure: refused.failure })
      return refused
    } finally {
      databaseKey.forget()
      rmSync(made, { force: true })
    }
  }

  /** Ends what works on the database first. */
  async shut(engine: OpenEngine | undefined): Promise<void> {
    await this.#parts.backups.closed()
    await engine?.messenger.close()
    engine?.sql.close()
  }
}

/** Without a keychain there is nothing to compare with. */
const noGeneration: Generation = { read: async () => undefined, write: async () => {} }
