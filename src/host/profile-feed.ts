// What windows hear of a profile: one stream with revisions that count up by one, whoever speaks, the host or the engine.

import type { Messenger } from '../engine/messenger.ts'
import type { Log } from '../engine/ports.ts'
import { type Answer, answer } from '../shared/answer.ts'
import type { Change, ChangeSet, Host, Snapshot, Stage } from '../shared/model.ts'
import type { Sql } from '../shared/sql.ts'
import { emptySnapshot, type OwnRows, rowsOf } from './profile-rows.ts'

export interface OpenEngine {
  messenger: Messenger
  sql: Sql
}

interface Joined extends OpenEngine {
  /** To be added to the engine's revisions: windows count through what came before the engine was open. */
  offset: number
  /** From then on windows hear nothing of it any more. */
  hush(): void
}

export class ProfileFeed {
  readonly #host: Host
  readonly #log: Log
  readonly #ownRows: () => OwnRows
  readonly #listeners = new Set<(changes: ChangeSet) => void>()
  #revision = 0
  /** What windows see as long as no engine is open. */
  #stage: Stage = { stage: 'opening' }
  #engine: Joined | undefined

  constructor(host: Host, log: Log, ownRows: () => OwnRows) {
    this.#host = host
    this.#log = log
    this.#ownRows = ownRows
  }

  get stage(): Stage {
    return this.#stage
  }

  get engine(): OpenEngine | undefined {
    return this.#engine
  }

  onChange(listener: (changes: ChangeSet) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async snapshot(): Promise<Answer<Snapshot>> {
    const engine = this.#engine
    if (engine === undefined) return answer(emptySnapshot(this.#revision, this.#host, this.#stage, this.#ownRows()))
    const snapshot = await engine.messenger.handlers.getSnapshot({})
    if (!snapshot.ok) return snapshot
    return answer({ ...snapshot.value, ...this.#ownRows(), revision: snapshot.value.revision + engine.offset })
  }

  setStage(stage: Stage): void {
    this.#stage = stage
    this.#log.info('profile.stage', {
      stage: stage.stage,
      ...(stage.stage === 'closed' ? { code: stage.failure.code } : {}),
    })
    this.#tell(this.#revision + 1, [{ kind: 'stage', stage }])
  }

  /** From here on the engine speaks. Windows that were there before get all rows at once, then every change. */
  async join(messenger: Messenger, sql: Sql): Promise<Answer<null>> {
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
    const engine: Joined = { messenger, sql, offset: this.#revision + 1 - snapshot.value.revision, hush }
    this.#engine = engine
    this.#tell(this.#revision + 1, rowsOf({ ...snapshot.value, ...this.#ownRows() }))
    hear = (set) => this.#tell(set.revision + engine.offset, set.changes)
    for (const set of early) if (set.revision > snapshot.value.revision) hear(set)
    return answer(null)
  }

  /** The engine is not heard any more; it is the caller's to close. */
  leave(stage: Stage): OpenEngine | undefined {
    const engine = this.#engine
    engine?.hush()
    this.#engine = undefined
    this.setStage(stage)
    return engine
  }

  /** The same when the host ends, without a word. */
  end(): OpenEngine | undefined {
    const engine = this.#engine
    engine?.hush()
    this.#engine = undefined
    this.#stage = { stage: 'closed', failure: { code: 'no-profile', detail: 'this host was closed' } }
    return engine
  }

  /** What the host has to say while the engine may be open: its revisions go on behind it. */
  tellBeside(changes: Change[]): void {
    if (this.#engine !== undefined) this.#engine.offset += 1
    this.#tell(this.#revision + 1, changes)
  }

  #tell(revision: number, changes: Change[]): void {
    this.#revision = revision
    for (const listener of [...this.#listeners]) listener({ revision, changes })
  }
}
