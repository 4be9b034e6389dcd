// A person without a window: `chat.ts` as a process of its own, spoken to as any other program would.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { compileCache } from '../../scripts/compile-cache.ts'
import type { CallInput, CallName, CallOutput } from '../../src/shared/api.ts'
import type { Change, Stage } from '../../src/shared/model.ts'
import { until } from '../until.ts'

export const CHAT = join(import.meta.dirname, '../../src/cli/chat.ts')

interface Response {
  id?: number
  result?: unknown
  error?: { code: number; data?: { code: string } }
  params?: { revision: number; changes: Change[] }
}

export class Bot {
  readonly changes: Change[] = []
  readonly revisions: number[] = []
  /** Everything it wrote on standard error. */
  complaints = ''
  readonly #process: ChildProcessWithoutNullStreams
  readonly #ended: Promise<unknown[]>
  readonly #waiting = new Map<number, (response: Response) => void>()
  #lastId = 0

  constructor(data: string, profile: string, relay: string, env: Record<string, string> = {}) {
    const keychain = `file:${join(data, 'keychain.json')}`
    const args = [CHAT, '--data', data, '--profile', profile, '--relay', relay, '--keychain', keychain]
    const own = { SOTTO_KEYCHAIN_PASSPHRASE: 'correct horse', NODE_COMPILE_CACHE: compileCache }
    this.#process = spawn(process.execPath, args, { env: { ...own, ...env } })
    this.#ended = once(this.#process, 'exit')
    this.#process.stderr.on('data', (bytes) => {
      this.complaints += String(bytes)
    })
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#hear(JSON.parse(line)))
  }

  /** The result. Throws with the failure's code if it is refused. */
  async ask<Name extends CallName>(name: Name, params: CallInput<Name>): Promise<CallOutput<Name>> {
    const id = ++this.#lastId
    const answered = new Promise<Response>((resolve) => this.#waiting.set(id, resolve))
    this.#process.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: name, params })}\n`)
    const gone = this.#ended.then((): Response => ({ error: { code: 0, data: { code: 'gone' } } }))
    const { result, error } = await Promise.race([answered, gone])
    if (error !== undefined) throw new Error(error.data?.code ?? String(error.code))
    return result as CallOutput<Name>
  }

  async stage(): Promise<Stage> {
    await this.ask('reconnect', {}).catch(() => {})
    return (await this.ask('getSnapshot', {})).stage
  }

  async online(): Promise<void> {
    await until(async () => (await this.ask('getSnapshot', {})).connection.state === 'online', 'online')
  }

  /** What its standard input ends with ends it: its exit code. */
  async finish(): Promise<number | null> {
    this.#process.stdin.end()
    const [code] = await this.#ended
    return Number(code)
  }

  async signal(signal: NodeJS.Signals): Promise<{ code: unknown; by: unknown }> {
    this.#process.kill(signal)
    return this.ended()
  }

  async ended(): Promise<{ code: unknown; by: unknown }> {
    const [code, by] = await this.#ended
    return { code, by }
  }

  #hear(message: Response): void {
    if (message.params !== undefined) {
      this.revisions.push(message.params.revision)
      this.changes.push(...message.params.changes)
    } else if (message.id !== undefined) {
      this.#waiting.get(message.id)?.(message)
    }
  }
}
