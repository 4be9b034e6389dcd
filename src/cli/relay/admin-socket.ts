// The socket that administers a relay: in its data folder, so that whoever may read the database may use it, and nobody else.

import { rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { AdminAnswer, AdminCommand } from './commands.ts'
import { socketIn } from './data-folder.ts'

export interface AdminSocket {
  close(): void
}

/** A command is one small request. */
const LARGEST_COMMAND = 16 * 1024

/** A socket that a killed relay left is removed. Rejects if another relay answers there, or it cannot listen. */
export async function serveAdmin(
  data: string,
  run: (asked: AdminCommand) => Promise<AdminAnswer>,
): Promise<AdminSocket> {
  const path = socketIn(data)
  // Relays with a database elsewhere are not kept apart by its lock.
  if (await isAnswered(path)) throw new Error(`another relay is using ${data}`)
  if (process.platform !== 'win32') rmSync(path, { force: true })
  const server = createServer((incoming, response) => {
    const answered = (answer: AdminAnswer) => response.end(JSON.stringify(answer))
    readCommand(incoming)
      .then((asked) =>
        asked === undefined ? { ok: false as const, why: 'this relay does not know that command' } : run(asked),
      )
      .then(answered)
      .catch((error: unknown) => answered({ ok: false, why: error instanceof Error ? error.name : 'unknown error' }))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // The socket is made in this very call, and never for others, whatever they may do in the folder.
    const before = process.umask(0o177)
    server.listen(path, resolve)
    process.umask(before)
  })
  return {
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Rejects if no relay runs there. */
export async function askAdmin(data: string, asked: AdminCommand): Promise<AdminAnswer> {
  const answered = await new Promise<string>((resolve, reject) => {
    const outgoing = request({ socketPath: socketIn(data), method: 'POST' }, (response) => {
      text(response).then(resolve, reject)
    })
    outgoing.once('error', () => reject(new Error(`no relay runs on ${data}, or it is somebody else’s`)))
    outgoing.end(JSON.stringify(asked))
  })
  return AdminAnswer.parse(JSON.parse(answered))
}

/** Undefined: none that this version knows. */
async function readCommand(incoming: AsyncIterable<Buffer>): Promise<AdminCommand | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    size += chunk.length
    if (size > LARGEST_COMMAND) return undefined
    chunks.push(chunk)
  }
  try {
    return AdminCommand.safeParse(JSON.parse(Buffer.concat(chunks).toString())).data
  } catch {
    return undefined
  }
}
