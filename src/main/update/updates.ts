// The life of updates in a running app: looked for now and then, fetched, offered, and installed when the person says so.

import type { Clock, Log } from '../../engine/ports.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { Update } from '../../shared/model.ts'
import { whereThrown } from '../../shared/thrown.ts'
import type { DownloadedUpdate } from './updater.ts'

/** Milliseconds: not while the app is still opening, and then a few times a day. */
const FIRST_LOOK = 60_000
const PAUSE = 6 * 3_600_000

export interface UpdatesParts {
  /** Undefined if there is nothing newer. */
  download(): Promise<DownloadedUpdate | undefined>
  isStillWhole(update: DownloadedUpdate): Promise<boolean>
  /** Ends the app, installs, and starts the app again. */
  install(): Promise<void>
  clock: Pick<Clock, 'after'>
  log: Log
}

export class Updates {
  readonly #parts: UpdatesParts
  readonly #listeners = new Set<(update: Update) => void>()
  #ready: DownloadedUpdate | undefined
  #stop = (): void => {}

  constructor(parts: UpdatesParts) {
    this.#parts = parts
  }

  state(): Update {
    return this.#ready === undefined ? { state: 'none' } : { state: 'ready', version: this.#ready.version }
  }

  onChange(listener: (update: Update) => void): void {
    this.#listeners.add(listener)
  }

  start(): void {
    this.#lookAfter(FIRST_LOOK)
  }

  close(): void {
    this.#stop()
  }

  async install(): Promise<Answer<null>> {
    const ready = this.#ready
    if (ready === undefined) return refuse('already-so')
    if (!(await this.#parts.isStillWhole(ready))) {
      this.#parts.log.warn('update.changed-on-disk')
      this.#offer(undefined)
      return refuse('update-spoiled')
    }
    await this.#parts.install()
    return answer(null)
  }

  #lookAfter(milliseconds: number): void {
    this.#stop = this.#parts.clock.after(milliseconds, () => {
      void this.#look().finally(() => this.#lookAfter(PAUSE))
    })
  }

  /** That there was none, or no way to it, is nothing that anybody has to know. */
  async #look(): Promise<void> {
    try {
      const found = await this.#parts.download()
      if (found !== undefined && found.version !== this.#ready?.version) this.#offer(found)
    } catch (error) {
      this.#parts.log.warn('update.not-had', whereThrown(error))
    }
  }

  #offer(update: DownloadedUpdate | undefined): void {
    this.#ready = update
    for (const listener of this.#listeners) listener(this.state())
  }
}
