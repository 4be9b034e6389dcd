// The relay on this computer as a profile sees it: found if a profile runs it already, else run by this one. When its
// owner goes, whoever looks for it next takes over.

import { get } from 'node:http'
import type { Clock, Log, RelayAddress } from '../engine/ports.ts'
import type { RelayNote } from './relay-note.ts'

/** What a relay process tells once: it listens, another one does already, or it cannot. */
export type RelayReport = 'listening' | 'elsewhere' | 'failed'

/** A process that runs the relay, or finds that another does. */
export interface RelayProcess {
  /** Settles when it knows; `failed` too if it ends before. */
  readonly report: Promise<RelayReport>
  /** Settles when the process has ended. */
  readonly ended: Promise<void>
  /** Asks it to say goodbye to its devices and end. */
  stop(): void
  kill(): void
}

export interface LocalRelayParts {
  /** Shared by all profiles. */
  folder: string
  start(folder: string): RelayProcess
  /** No process is started before: it would take from the window that is just being drawn. Left out: at once. */
  mayStart?: Promise<void> | undefined
  clock: Pick<Clock, 'after' | 'monotonic'>
  log: Log
}

/** Longer than any start takes, also with two starting at once. */
const PATIENCE = 10_000
const LOOK_AGAIN = 150
const GOODBYE = 3_000
const ANSWER = 1_000

export class LocalRelay {
  readonly #parts: LocalRelayParts
  #own: RelayProcess | undefined
  #search: Promise<RelayAddress> | undefined
  #closed = false

  constructor(parts: LocalRelayParts) {
    this.#parts = parts
  }

  /** Rejects if there is none to be had now. */
  find(): Promise<RelayAddress> {
    this.#search ??= this.#find().finally(() => {
      this.#search = undefined
    })
    return this.#search
  }

  /** Ends the relay if this profile runs it. */
  async close(): Promise<void> {
    this.#closed = true
    const own = this.#own
    if (own === undefined) return
    own.stop()
    const callOff = this.#parts.clock.after(GOODBYE, () => own.kill())
    await own.ended
    callOff()
  }

  async #find(): Promise<RelayAddress> {
    const { folder, clock } = this.#parts
    const { addressOf, readRelayNote } = await import('./relay-note.ts')
    const deadline = clock.monotonic() + PATIENCE
    while (!this.#closed && clock.monotonic() < deadline) {
      const note = readRelayNote(folder)
      if (note !== undefined && (await isThere(note))) return addressOf(note)
      const report = await this.#start()
      if (report === 'failed') throw new Error('the relay on this computer did not start')
      // Elsewhere: another profile's relay has the lock and will say in a moment where it listens.
      if (report === 'elsewhere') await new Promise<void>((resume) => void clock.after(LOOK_AGAIN, resume))
    }
    throw new Error('no relay on this computer answers')
  }

  async #start(): Promise<RelayReport> {
    const { folder, start, mayStart, log } = this.#parts
    await mayStart
    if (this.#closed) return 'failed'
    if (this.#own === undefined) {
      const started = start(folder)
      this.#own = started
      void started.ended.then(() => {
        if (this.#own === started) this.#own = undefined
      })
    }
    const own = this.#own
    const report = await own.report
    // One that does not listen is of no use to anybody.
    if (report !== 'listening') own.kill()
    log.info('local-relay', { report })
    return report
  }
}

/** The process that wrote the note lives and something answers at its port; nobody is shown the token to find out. */
async function isThere({ process, port }: RelayNote): Promise<boolean> {
  if (!isAlive(process)) return false
  const { promise, resolve } = Promise.withResolvers<boolean>()
  // Not fetch: it refuses some ports for no reason of ours.
  const asking = get({ host: '127.0.0.1', port, path: '/health', timeout: ANSWER, agent: false }, (response) => {
    response.resume()
    resolve(true)
  })
  asking.on('timeout', () => asking.destroy())
  asking.on('error', () => resolve(false))
  return promise
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
