// Real relay processes without Electron: the same file, forked by Node, with the stand-in's parentPort.

import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/host/clock.ts'
import { LocalRelay, type RelayProcess, type RelayReport } from '../../src/main/local-relay.ts'

const relayProcess = join(import.meta.dirname, '../../src/main/relay-process.ts')
const parentPort = pathToFileURL(join(import.meta.dirname, '../electron-standin/utility-child.ts')).href
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** What several profiles on one computer share, and the processes they started. */
export class Computer {
  readonly folder = join(mkdtempSync(join(tmpdir(), 'sotto-relay-')), 'relay')
  readonly #children: ChildProcess[] = []

  constructor() {
    onTestFinished(async () => {
      for (const child of this.#alive()) child.kill('SIGKILL')
      await Promise.all(this.#children.map((child) => child.exitCode ?? child.signalCode ?? gone(child)))
      rmSync(join(this.folder, '..'), { recursive: true, force: true, maxRetries: 5 })
    })
  }

  /** One profile's view of the relay. */
  profile(mayStart?: Promise<void>): LocalRelay {
    return new LocalRelay({
      folder: this.folder,
      start: (folder) => this.#start(folder),
      mayStart,
      clock: systemClock,
      log: silent,
    })
  }

  /** How many relay processes live. */
  get processes(): number {
    return this.#alive().length
  }

  /** Kills every relay process, as a power cut would. */
  async cutPower(): Promise<void> {
    const alive = this.#alive()
    for (const child of alive) child.kill('SIGKILL')
    await Promise.all(alive.map(gone))
  }

  #alive(): ChildProcess[] {
    return this.#children.filter((child) => child.exitCode === null && child.signalCode === null)
  }

  #start(folder: string): RelayProcess {
    const child = fork(relayProcess, [folder], {
      serialization: 'advanced',
      execArgv: ['--import', parentPort],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#children.push(child)
    const ended = gone(child)
    const told = new Promise<RelayReport>((resolve) =>
      child.once('message', (report) => resolve(report as RelayReport)),
    )
    return {
      report: Promise.race([told, ended.then((): RelayReport => 'failed')]),
      ended,
      stop: () => void (child.connected && child.send({ message: 'stop' })),
      kill: () => void child.kill('SIGKILL'),
    }
  }
}

function gone(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()))
}
