// The floor for relays that share a database: a bare WebSocket server on PostgreSQL, batched both ways. No accounts, no
// limits, nothing twice. It speaks as test/relay/reference.ts does. Batches go in by unnest with one NOTIFY each, come out
// by a lateral join, and acknowledgements are gathered for 8 ms.
//
//   node test/relay/reference-postgres.ts URL        prints `reference ready ws://127.0.0.1:PORT`

import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { type WebSocket, WebSocketServer } from 'ws'

const url = process.argv[2] ?? ''
const pool = new pg.Pool({ connectionString: url, max: 4 })
const listener = new pg.Client(url)
await pool.query(`CREATE TABLE IF NOT EXISTS envelopes (position bigserial, mailbox integer, content bytea,
  PRIMARY KEY (mailbox, position))`)
await listener.connect()
await listener.query('LISTEN mail')

const devices = new Map<number, { socket: WebSocket; after: number }>()

const fail = (error: unknown) => {
  console.error(error)
  process.exit(1)
}

/** What is given in one turn, or while a batch is under way, goes together. */
function batched<T>(run: (batch: T[]) => Promise<void>, gather: (go: () => void) => void): (one: T) => void {
  let batch: T[] = []
  let busy = false
  const go = () => {
    const work = batch
    batch = []
    run(work).then(again, fail)
  }
  const again = () => {
    busy = batch.length > 0
    if (busy) gather(go)
  }
  return (one) => {
    batch.push(one)
    if (!busy) gather(go)
    busy = true
  }
}

const submit = batched<{ from: WebSocket; message: Buffer }>(async (batch) => {
  const mailboxes = batch.map(({ message }) => message[1])
  await pool.query({
    name: 'submit',
    text: `WITH stored AS (INSERT INTO envelopes (mailbox, content) SELECT * FROM unnest($1::integer[], $2::bytea[]))
      SELECT pg_notify('mail', $3)`,
    values: [mailboxes, batch.map(({ message }) => message.subarray(2)), [...new Set(mailboxes)].join()],
  })
  for (const { from } of batch) from.send(Buffer.of(3))
}, setImmediate)

const deliver = batched<number>(async (batch) => {
  const mailboxes = [...new Set(batch)]
  const { rows } = await pool.query<{ mailbox: number; position: string; content: Buffer }>({
    name: 'deliver',
    text: `SELECT e.* FROM unnest($1::integer[], $2::bigint[]) AS asked (mailbox, after)
      CROSS JOIN LATERAL (SELECT mailbox, position, content FROM envelopes
        WHERE mailbox = asked.mailbox AND position > asked.after ORDER BY position LIMIT 1000) e`,
    values: [mailboxes, mailboxes.map((mailbox) => devices.get(mailbox)?.after ?? 0)],
  })
  for (const { mailbox, position, content } of rows) {
    const device = devices.get(mailbox)
    const head = Buffer.alloc(5, 4)
    head.writeUInt32BE(Number(position), 1)
    device?.socket.send(Buffer.concat([head, content]))
    if (device !== undefined) device.after = Number(position)
  }
}, setImmediate)

const forget = batched<{ from: WebSocket; mailbox: number; position: number }>(
  async (batch) => {
    await pool.query({
      name: 'forget',
      text: `DELETE FROM envelopes e USING unnest($1::integer[], $2::bigint[]) AS gone (mailbox, position)
        WHERE e.mailbox = gone.mailbox AND e.position = gone.position`,
      values: [batch.map(({ mailbox }) => mailbox), batch.map(({ position }) => position)],
    })
    for (const { from } of batch) from.send(Buffer.of(3))
  },
  (go) => setTimeout(go, 8),
)

listener.on('notification', ({ payload = '' }) => {
  for (const mailbox of payload.split(',').map(Number)) if (devices.has(mailbox)) deliver(mailbox)
})

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('listening', () => {
  console.log(`reference ready ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
server.on('connection', (socket, request) => {
  const mailbox = Number(request.url?.slice(1))
  devices.set(mailbox, { socket, after: 0 })
  deliver(mailbox)
  socket.on('message', (message: Buffer) => {
    if (message[0] === 1) submit({ from: socket, message })
    else forget({ from: socket, mailbox, position: message.readUInt32BE(1) })
  })
})
