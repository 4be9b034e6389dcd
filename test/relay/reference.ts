// The floor that benches compare the relay with: a bare WebSocket server on SQLite (WAL, FULL, group commit). No accounts,
// no limits, no parsing. A frame is [1, to, …content] to submit, [2, position (4 bytes)] to acknowledge; the answer to
// both is [3]; what is pushed is [4, position (4 bytes), …content]. A connection is for the mailbox its path names, 0–255.
//
//   node test/relay/reference.ts FILE        prints `reference ready ws://127.0.0.1:PORT`

import type { AddressInfo } from 'node:net'
import Database from '@signalapp/sqlcipher'
import { type WebSocket, WebSocketServer } from 'ws'

const database = new Database(process.argv[2] ?? ':memory:', { cacheStatements: true })
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
database.exec('CREATE TABLE envelopes (position INTEGER PRIMARY KEY, mailbox INTEGER NOT NULL, content BLOB NOT NULL)')
const insert = database.prepare('INSERT INTO envelopes (mailbox, content) VALUES (?, ?)')
const waiting = database.prepare('SELECT position, content FROM envelopes WHERE mailbox = ? ORDER BY position')
const forget = database.prepare('DELETE FROM envelopes WHERE position = ?')

const devices = new Map<number, WebSocket>()
let batch: { from: WebSocket; message: Buffer<ArrayBuffer> }[] = []

function push(position: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(5, 4)
  head.writeUInt32BE(position, 1)
  return Buffer.concat([head, content])
}

function commit(): void {
  const work = batch
  batch = []
  const pushes: [WebSocket | undefined, Buffer][] = []
  database.exec('BEGIN IMMEDIATE')
  for (const { message } of work) {
    if (message[0] === 2) forget.run([message.readUInt32BE(1)])
    else {
      const content = message.subarray(2)
      const { lastInsertRowid } = insert.run([message[1] ?? 0, content])
      pushes.push([devices.get(message[1] ?? 0), push(lastInsertRowid, content)])
    }
  }
  database.exec('COMMIT')
  for (const { from } of work) from.send(Buffer.of(3))
  for (const [to, push] of pushes) to?.send(push)
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('listening', () => {
  console.log(`reference ready ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
server.on('connection', (socket, request) => {
  const mailbox = Number(request.url?.slice(1))
  devices.set(mailbox, socket)
  for (const { position, content } of waiting.all<{ position: number; content: Uint8Array<ArrayBuffer> }>([mailbox]))
    socket.send(push(position, content))
  socket.on('message', (message: Buffer<ArrayBuffer>) => {
    if (batch.push({ from: socket, message }) === 1) setImmediate(commit)
  })
})
