// The wire: a WebSocket client that notices silence and, once it has ended, is never heard again.

import WebSocket from 'ws'
import type { Clock, RelayAddress, Wire, WireConnection, WireEnd, WireListener } from '../engine/ports.ts'
import { MAX_FRAME_BYTES } from '../protocol/limits.ts'

/** [P6] In milliseconds. A ping goes out after so long, and an end is made after so long without a sign of life. */
const PING_EVERY = 20_000
const LONGEST_SILENCE = 45_000
/** Milliseconds that the other side may take to let us in, and to say goodbye. */
const HANDSHAKE_TIMEOUT = 10_000
const GOODBYE_TIMEOUT = 2000

export function createWire(clock: Clock): Wire {
  return { connect: (address, listener) => new Connection(clock, address, listener) }
}

class Connection implements WireConnection {
  readonly #clock: Clock
  readonly #listener: WireListener
  readonly #socket: WebSocket | undefined
  #over = false
  #heardAt = 0
  #stopWatching = (): void => {}

  constructor(clock: Clock, address: RelayAddress, listener: WireListener) {
    this.#clock = clock
    this.#listener = listener
    this.#socket = openSocket(address)
    if (this.#socket === undefined) this.#stopWatching = clock.after(0, () => this.#end('refused'))
    else this.#listen(this.#socket)
  }

  send(frame: Uint8Array): void {
    if (!this.#over && this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(frame)
  }

  close(): void {
    if (this.#over) return
    this.#over = true
    this.#stopWatching()
    const socket = this.#socket
    if (socket === undefined) return
    const giveUp = this.#clock.after(GOODBYE_TIMEOUT, () => socket.terminate())
    socket.once('close', giveUp)
    socket.close(1000)
  }

  #listen(socket: WebSocket): void {
    let opened = false
    socket.on('open', () => {
      if (this.#over) return
      opened = true
      this.#heardAt = this.#clock.monotonic()
      this.#watch(socket)
      this.#listener.opened()
    })
    socket.on('message', (bytes, isBinary) => {
      this.#heard()
      if (this.#over) return
      // [P1] A relay speaks in binary messages. What says anything else is not one.
      if (!isBinary || !(bytes instanceof ArrayBuffer)) return this.#cut(socket, 'closed')
      this.#listener.frame(new Uint8Array(bytes))
    })
    socket.on('ping', () => this.#heard())
    socket.on('pong', () => this.#heard())
    socket.on('unexpected-response', (_, response) => {
      const forbidden = response.statusCode === 401 || response.statusCode === 403
      this.#cut(socket, forbidden ? 'forbidden' : 'refused')
    })
    // An error is always followed by a close; without a listener it would be thrown.
    socket.on('error', () => {})
    socket.on('close', () => this.#end(opened ? 'closed' : 'refused'))
  }

  #heard(): void {
    this.#heardAt = this.#clock.monotonic()
  }

  #watch(socket: WebSocket): void {
    const left = LONGEST_SILENCE - (this.#clock.monotonic() - this.#heardAt)
    this.#stopWatching = this.#clock.after(Math.max(0, Math.min(PING_EVERY, left)), () => {
      if (this.#over) return
      if (this.#clock.monotonic() - this.#heardAt >= LONGEST_SILENCE) return this.#cut(socket, 'closed')
      socket.ping()
      this.#watch(socket)
    })
  }

  /** Without waiting for the other side, which may not be there. */
  #cut(socket: WebSocket, why: WireEnd): void {
    this.#end(why)
    socket.terminate()
  }

  #end(why: WireEnd): void {
    if (this.#over) return
    this.#over = true
    this.#stopWatching()
    this.#listener.ended(why)
  }
}

/** Undefined: the address is none that a socket could be opened to. */
function openSocket({ url, token }: RelayAddress): WebSocket | undefined {
  try {
    const socket = new WebSocket(url, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT,
    })
    socket.binaryType = 'arraybuffer'
    return socket
  } catch {
    return undefined
  }
}
