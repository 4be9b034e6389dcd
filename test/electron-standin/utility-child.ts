// Runs first in a utility process: gives it `process.parentPort`, and ends it when its parent has gone.

import { EventEmitter } from 'node:events'

class ParentPort extends EventEmitter {
  #early: unknown[] = []

  constructor() {
    super()
    process.on('message', ({ message }: { message: unknown }) => this.#receive(message))
    // What arrived before the module listened is kept for its first listener, as Electron's port does.
    this.on('newListener', (name) => {
      if (name === 'message') queueMicrotask(() => this.#catchUp())
    })
  }

  postMessage(message: unknown): void {
    process.send?.(message)
  }

  start(): void {}

  #catchUp(): void {
    for (const message of this.#early.splice(0)) this.#receive(message)
  }

  #receive(message: unknown): void {
    if (this.listenerCount('message') === 0) this.#early.push(message)
    else this.emit('message', { data: message, ports: [] })
  }
}

process.on('disconnect', () => process.exit(1))
Object.assign(process, { type: 'utility', parentPort: new ParentPort() })
