// The floor of a message to a group: a bare WebSocket server on SQLite (WAL, FULL, group commit) that stores what it is sent
// in one row, pushes it to everybody who is connected, and answers. No log, no members, no limits, no parsing.
//
//   node test/bench/relay/fan-out-reference.ts FILE        prints `reference ready ws://127.0.0.1:PORT`

import type { AddressInfo } from 'node:net'
import Database from '@signalapp/sqlcipher'
import { type WebSocket, WebSocketServer } from 'ws'

const database = new Database(process.argv[2] ?? ':memory:', { cacheStatements: true })
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
database.exec('CREATE TABLE items (position INTEGER PRIMARY KEY, content BLOB NOT NULL)')
const insert = database.prepare('INSERT INTO items (content) VALUES (?)')

let batch: { from: WebSocket; content: Buffer<ArrayBuffer> }[] = []

function commit(): void {
  const work = batch
  batch = []
  database.exec('BEGIN IMMEDIATE')
  for (const { content } of work) insert.run([content])
  database.exec('COMMIT')
  for (const { from, content } of work) {
    from.send(Buffer.of(3))
    for (const socket of server.clients) socket.send(content)
  }
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('listening', () => {
  console.log(`reference ready ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
server.on('connection', (socket) => {
  socket.on('message', (content: Buffer<ArrayBuffer>) => {
    if (batch.push({ from: socket, content }) === 1) setImmediate(commit)
  })
})
