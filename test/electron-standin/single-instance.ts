// One running app per profile: the first holds a socket, later ones send it their command line and leave.
// The socket is Linux's abstract kind: to bind it is to hold the lock, and it goes with the process.

import { createHash } from 'node:crypto'
import { connect, createServer, type Server } from 'node:net'

const handOverLimitMs = 2_000

export interface SecondInstance {
  readonly argv: string[]
  readonly workingDirectory: string
  readonly additional: unknown
}

export class SingleInstance {
  #server: Server | undefined
  /** Settles when the first instance has heard of us; until then we must not exit. */
  handedOver: Promise<void> = Promise.resolve()

  get isHeld(): boolean {
    return this.#server !== undefined
  }

  /** Answers false if another instance holds the lock; it is then told about us. */
  request(profile: string, additional: unknown, onSecond: (second: SecondInstance) => void): boolean {
    if (this.#server) return true
    const address = `\0electron-standin-${createHash('sha256').update(profile).digest('hex')}`
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      let text = ''
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        text += chunk.toString()
      })
      socket.on('end', () => {
        socket.end('heard')
        onSecond(JSON.parse(text) as SecondInstance)
      })
    })
    server.on('error', () => undefined) // the address is taken: `listening` already says so
    server.listen(address)
    if (server.listening) {
      this.#server = server.unref()
      return true
    }
    const second: SecondInstance = { argv: process.argv, workingDirectory: process.cwd(), additional }
    this.handedOver = handOver(address, second)
    return false
  }

  release(): void {
    this.#server?.close()
    this.#server = undefined
  }
}

function handOver(address: string, second: SecondInstance): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(address, () => socket.end(JSON.stringify(second)))
    socket.setTimeout(handOverLimitMs, () => socket.destroy())
    socket.on('error', (error) => console.error(`stand-in: the first instance did not answer: ${error.message}`))
    socket.on('data', () => undefined)
    socket.on('close', () => resolve())
  })
}
