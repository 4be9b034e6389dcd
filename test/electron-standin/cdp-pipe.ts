// The Chrome DevTools protocol over a pair of pipes: JSON messages that end with a zero byte, no TCP port.

import { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'

/** Parameters and results are as the protocol documents them; each caller names the fields it reads. */
export type Params = Record<string, unknown>

interface Incoming {
  readonly id?: number
  readonly method?: string
  readonly params?: Params
  readonly result?: unknown
  readonly error?: { readonly message: string }
  readonly sessionId?: string
}

interface Waiting {
  readonly method: string
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

export class CdpPipe {
  readonly #write: Writable
  readonly #waiting = new Map<number, Waiting>()
  readonly #events = new EventEmitter()
  #lastId = 0
  #partial: Buffer[] = []

  constructor(write: Writable, read: Readable) {
    this.#write = write
    write.on('error', () => this.#end())
    read.on('error', () => this.#end())
    read.on('close', () => this.#end())
    read.on('data', (chunk: Buffer) => this.#read(chunk))
  }

  /** Rejects with the protocol's error message, or when Chromium has gone. */
  send<Result = Params>(method: string, params: Params = {}, sessionId?: string): Promise<Result> {
    const id = ++this.#lastId
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, { method, resolve: (result) => resolve(result as Result), reject })
      this.#write.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    })
  }

  /** Events of the browser itself carry no session id. */
  on<Event>(method: string, listener: (event: Event) => void, sessionId = ''): void {
    this.#events.on(`${sessionId}:${method}`, listener)
  }

  #read(chunk: Buffer): void {
    let rest = chunk
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      const message = Buffer.concat([...this.#partial, rest.subarray(0, end)])
      this.#partial = []
      rest = rest.subarray(end + 1)
      this.#receive(JSON.parse(message.toString()) as Incoming)
    }
    if (rest.length > 0) this.#partial.push(rest)
  }

  #receive(message: Incoming): void {
    if (message.id === undefined) {
      this.#events.emit(`${message.sessionId ?? ''}:${message.method}`, message.params)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.error) waiting?.reject(new Error(`${waiting.method}: ${message.error.message}`))
    else waiting?.resolve(message.result)
  }

  #end(): void {
    for (const { method, reject } of this.#waiting.values()) reject(new Error(`${method}: Chromium has gone`))
    this.#waiting.clear()
  }
}
