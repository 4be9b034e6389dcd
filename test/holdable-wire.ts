// A wire that can be held: what passes is kept back, and let go, dropped or cut by the test.

import type { RelayAddress, Wire, WireConnection, WireListener } from '../src/engine/ports.ts'

export interface Repeated {
  outgoing(frame: Uint8Array): boolean
  incoming(frame: Uint8Array): boolean
}

/** A frame that passes when it is called. */
export type Held = (() => void) & { readonly frame: Uint8Array }

export interface HoldableWire extends Wire {
  /** Nothing connects any more, and what is connected ends. */
  cut(): void
  mend(): void
  /** Keeps frames towards the relay until release. */
  holdOutgoing(): void
  holdIncoming(): void
  release(): void
  /** What is held back of what came, to be passed on by the test: each by a call. */
  takeIncoming(): Held[]
  /** From here on frames of which this says so pass twice, as where an answer got lost; undefined: none. */
  repeat(which: Repeated | undefined): void
  /** How much of what came is held back. */
  heldIncoming(): number
  /** How many connections were asked for so far. */
  attempts(): number
}

export function createHoldableWire(real: Wire): HoldableWire {
  const live = new Set<{ listener: WireListener; connection: WireConnection }>()
  let isCut = false
  let attempts = 0
  let outgoing: (() => void)[] | undefined
  let incoming: Held[] | undefined
  let repeated: Repeated | undefined

  function passIn(listener: WireListener, bytes: Uint8Array<ArrayBuffer>): void {
    listener.frame(bytes)
    if (repeated?.incoming(bytes)) listener.frame(bytes.slice())
  }

  function passOut(connection: WireConnection, frame: Uint8Array): void {
    connection.send(frame)
    if (repeated?.outgoing(frame)) connection.send(frame)
  }

  function connect(address: RelayAddress, listener: WireListener): WireConnection {
    attempts += 1
    if (isCut) {
      let closed = false
      setImmediate(() => {
        if (!closed) listener.ended('refused')
      })
      return { send: () => undefined, close: () => (closed = true) }
    }
    const connection = real.connect(address, {
      opened: () => listener.opened(),
      frame: (bytes) =>
        incoming === undefined
          ? passIn(listener, bytes)
          : incoming.push(Object.assign(() => passIn(listener, bytes), { frame: bytes })),
      ended: (why) => {
        live.delete(entry)
        listener.ended(why)
      },
    })
    const entry = { listener, connection }
    live.add(entry)
    return {
      send: (frame) =>
        outgoing === undefined ? passOut(connection, frame) : outgoing.push(() => passOut(connection, frame)),
      close: () => {
        live.delete(entry)
        connection.close()
      },
    }
  }

  return {
    connect,
    cut() {
      isCut = true
      for (const { listener, connection } of [...live]) {
        connection.close()
        listener.ended('closed')
      }
      live.clear()
      outgoing = undefined
      incoming = undefined
    },
    mend() {
      isCut = false
    },
    holdOutgoing() {
      outgoing ??= []
    },
    holdIncoming() {
      incoming ??= []
    },
    release() {
      const frames = [...(outgoing ?? []), ...(incoming ?? [])]
      outgoing = undefined
      incoming = undefined
      for (const pass of frames) pass()
    },
    repeat(which) {
      repeated = which
    },
    takeIncoming: () => incoming?.splice(0) ?? [],
    heldIncoming: () => incoming?.length ?? 0,
    attempts: () => attempts,
  }
}
