// utilityProcess: a Node process with `process.parentPort`. MessagePorts cannot be transferred.

import { type ChildProcess, fork, type StdioOptions } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { app } from './app.ts'
import { record } from './record.ts'
import { type Part, strict, strictEmitter } from './strict.ts'

const running = new Set<ChildProcess>()
const childSetup = pathToFileURL(join(import.meta.dirname, 'utility-child.ts')).href

class UtilityProcess extends strictEmitter('UtilityProcess') implements Part<Electron.UtilityProcess> {
  readonly stdout: NodeJS.ReadableStream | null
  readonly stderr: NodeJS.ReadableStream | null
  readonly #child: ChildProcess

  constructor(child: ChildProcess) {
    super()
    this.#child = child
    this.stdout = child.stdout
    this.stderr = child.stderr
    child.on('spawn', () => this.emit('spawn'))
    child.on('message', (message) => this.emit('message', message))
    child.on('exit', (code) => {
      running.delete(child)
      this.emit('exit', code ?? 1)
    })
  }

  get pid(): number | undefined {
    return this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0) throw new Error('stand-in: MessagePort transfer is not supported')
    if (this.#child.connected) this.#child.send({ message })
  }

  kill(): boolean {
    return this.#child.kill()
  }
}

export const utilityProcess = strict('utilityProcess', {
  fork(modulePath: string, args: string[] = [], options: Electron.ForkOptions = {}): UtilityProcess {
    if (!app.isReady()) throw new Error('utilityProcess cannot be created before app is ready.')
    record('utilityProcess.fork', modulePath, options.serviceName)
    const child = fork(modulePath, args, {
      serialization: 'advanced',
      env: { ...(options.env ?? process.env) },
      execArgv: ['--import', childSetup, ...(options.execArgv ?? [])],
      stdio: stdioOf(options.stdio),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    running.add(child)
    return new UtilityProcess(child)
  },
})

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Electron's child has no standard input. */
function stdioOf(stdio: Electron.ForkOptions['stdio'] = 'inherit'): StdioOptions {
  const [, out, error] = Array.isArray(stdio) ? stdio : [stdio, stdio, stdio]
  return ['ignore', out, error, 'ipc'] as StdioOptions
}
