// What is sent to a socket in one turn leaves in one write: answers and pushes come in groups, as commits do.

import type { Duplex } from 'node:stream'

/** Called before each thing that is written. */
export type WriteTogether = (socket: Duplex) => void

export function createWriteTogether(): WriteTogether {
  let corked = new Set<Duplex>()

  function uncorkAll(): void {
    const sockets = corked
    corked = new Set()
    for (const socket of sockets) socket.uncork()
  }

  return (socket) => {
    if (corked.has(socket)) return
    if (corked.size === 0) process.nextTick(uncorkAll)
    corked.add(socket)
    socket.cork()
  }
}
