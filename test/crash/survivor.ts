// A process that is killed again and again, and is back each time.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

export type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** How it is started, and what it has to say when it is up. */
export interface Survival {
  name: string
  program: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  /** Called with each new process. */
  born(child: Child): void
}

/** Ended by somebody else than us or a failpoint: what it said last. */
export class Collapsed extends Error {}

export class Survivor {
  readonly #how: Survival
  #child: Child | undefined
  #exited: Promise<void> = Promise.resolve()
  /** Of the lives to come, each of which ends at the first that is left. */
  #failpoints: string[]
  #over = false
  #failure: Collapsed | undefined
  /** How often it was killed, by whomever. */
  deaths = 0

  constructor(how: Survival, failpoint?: string) {
    this.#how = how
    this.#failpoints = failpoint === undefined ? [] : [failpoint]
    this.#start()
  }

  /** Throws if it ended by itself. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** kill -9. It comes back with the first of these failpoints, after that with the next, and in the end with none. */
  async kill(...failpoints: string[]): Promise<void> {
    this.#failpoints = failpoints
    const exited = this.#exited
    this.#child?.kill('SIGKILL')
    await exited
  }

  /** For good, in peace. */
  async close(): Promise<void> {
    this.#over = true
    const exited = this.#exited
    this.#child?.kill('SIGTERM')
    await exited
    this.check()
  }

  /** Ends in peace, and is back when that is done. */
  async rest<Result>(meanwhile: () => Promise<Result>): Promise<Result> {
    await this.close()
    const result = await meanwhile()
    this.#over = false
    this.#start()
    return result
  }

  /** For good, whatever it is doing. */
  async end(): Promise<void> {
    this.#over = true
    await this.kill()
  }

  #start(): void {
    const { name, program, args, env } = this.#how
    const failpoint = this.#failpoints.shift()
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, ...env, ...(failpoint !== undefined && { SOTTO_FAILPOINT: failpoint }) },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child = child
    // Written to after it died: that is what this is about.
    child.stdin.on('error', () => undefined)
    let words = ''
    child.stderr.on('data', (bytes: Buffer) => {
      words = (words + bytes.toString()).slice(-2000)
    })
    this.#exited = once(child, 'exit').then(([code, signal]) => {
      if (signal === 'SIGKILL') this.deaths += 1
      else if (!this.#over || code !== 0)
        this.#failure ??= new Collapsed(`${name} ended with ${code ?? signal}: ${words}`)
      if (!this.#over && this.#failure === undefined) this.#start()
    })
    this.#how.born(child)
  }
}
