// Arrivals: sockets on which nothing whole was asked for yet. Whoever does not come so far in time is cut off, however
// slowly it goes on [P6].

import type { Socket } from 'node:net'
import { HELLO_WITHIN } from './patience.ts'
import type { Clock } from './ports.ts'

export interface Arrivals {
  /** Its time begins. */
  add(socket: Socket): void
  /** It has asked for something whole: from now on it is somebody else's to be patient with. */
  letIn(socket: Socket): void
}

/** With one timer for all: nothing of it stays with a socket that is let in. */
export function createArrivals(clock: Clock): Arrivals {
  /** By when each has to have asked. All have as much time, so the first of them is the next. */
  const waiting = new Map<Socket, number>()
  let cancel: (() => void) | undefined

  function cutLate(): void {
    cancel = undefined
    const now = clock.monotonic()
    for (const [socket, until] of waiting) {
      if (until > now) {
        cancel = clock.after(until - now, cutLate)
        return
      }
      letIn(socket)
      socket.destroy()
    }
  }

  function letIn(socket: Socket): void {
    if (!waiting.delete(socket)) return
    socket.off('close', closed)
    if (waiting.size > 0) return
    cancel?.()
    cancel = undefined
  }

  /** One function for all, which is told by `this` whom it is about. */
  function closed(this: Socket): void {
    letIn(this)
  }

  return {
    add: (socket) => {
      waiting.set(socket, clock.monotonic() + HELLO_WITHIN)
      socket.on('close', closed)
      cancel ??= clock.after(HELLO_WITHIN, cutLate)
    },
    letIn,
  }
}
