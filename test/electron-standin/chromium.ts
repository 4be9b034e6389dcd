// The one Chromium behind an app: started without a window, spoken to over a pipe, gone when the pipe closes.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { CdpPipe } from './cdp-pipe.ts'
import { chromiumArguments } from './chromium-arguments.ts'

const closeLimitMs = 3_000
const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export interface WindowPlace {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export class Chromium {
  readonly pipe: CdpPipe
  readonly #process: ChildProcess
  readonly #profile: string

  private constructor(process: ChildProcess, profile: string) {
    this.#process = process
    this.#profile = profile
    this.pipe = new CdpPipe(process.stdio[3] as Writable, process.stdio[4] as Readable)
  }

  /** @param port Playwright's `--remote-debugging-port`, if it asked for one: the only time anything listens */
  static async start(profile: string, port: string | undefined, onExit: () => void): Promise<Chromium> {
    mkdirSync(profile, { recursive: true, mode: 0o700 })
    const portArgument = port === undefined ? [] : [`--remote-debugging-port=${port}`]
    const args = chromiumArguments(profile, ['--remote-debugging-pipe', '--no-startup-window', ...portArgument])
    // In a process group of its own: Ctrl-C is for the app, which may have to save before its window goes.
    const child = spawn(executable(), args, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] })
    child.stderr?.on('data', (data: Buffer) => tell(data.toString()))
    const chromium = new Chromium(child, profile)
    process.on('exit', () => chromium.kill())

    const failed = new Promise<never>((_resolve, reject) => {
      child.on('error', reject)
      child.on('exit', (code) => reject(new Error(`Chromium exited with ${code}`)))
    })
    const { product } = await Promise.race([chromium.pipe.send<{ product: string }>('Browser.getVersion'), failed])
    failed.catch(() => undefined)
    // Electron restores no pages: what Chromium noted to do so, form fields included, goes with it.
    child.on('exit', () =>
      rmSync(join(profile, 'Default', 'Sessions'), { recursive: true, force: true, maxRetries: 3 }),
    )
    child.on('exit', onExit)
    const version = product.split('/')[1]
    Object.defineProperty(process.versions, 'chrome', { value: version, enumerable: true, configurable: true })
    return chromium
  }

  /**
   * Asks for an app window, without tabs or an address bar. The protocol cannot, but a second Chromium on the same
   * profile hands its wish to the first and leaves. It gets a pipe too, so that it also goes when we are killed.
   */
  openWindow(address: string, place: WindowPlace): void {
    const args = chromiumArguments(this.#profile, [
      '--remote-debugging-pipe',
      `--app=${address}`,
      `--window-size=${place.width},${place.height}`,
      `--window-position=${place.x},${place.y}`,
    ])
    const messenger = spawn(executable(), args, {
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    messenger.on('error', (error) => console.error(`stand-in: could not open a window: ${error.message}`))
    for (const stream of [messenger.stdio[3], messenger.stdio[4]]) stream?.on('error', () => undefined)
  }

  /** Resolves once the process has gone; it is killed if it takes too long. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const gone = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()))
    const limit = setTimeout(() => this.kill(), closeLimitMs)
    this.pipe.send('Browser.close').catch(() => this.kill())
    await gone
    clearTimeout(limit)
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }
}

function executable(): string {
  return process.env.SOTTO_STANDIN_CHROMIUM ?? candidates.find((path) => existsSync(path)) ?? 'chromium'
}

/** Playwright waits for the DevTools line on our standard error; the rest is Chromium's chatter. */
function tell(text: string): void {
  const line = /^DevTools listening on .*$/m.exec(text)?.[0]
  if (process.env.SOTTO_STANDIN_DEBUG) process.stderr.write(text)
  else if (line !== undefined) process.stderr.write(`${line}\n`)
}
