// The relay: keeps sealed envelopes until their devices have them, and public keys until somebody asks. It could not read
// an envelope if it tried. docs/protocol.md has the rules.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { GoodbyeReason } from '../protocol/generated/relay_pb.ts'
import { BLOB_RETENTION, MAX_FRAME_BYTES, UPLOAD_WITHIN } from '../protocol/limits.ts'
import { whereThrown } from '../shared/thrown.ts'
import { createArrivals } from './arrivals.ts'
import { createAuthentication, invitationDigest } from './authentication.ts'
import type { Bell } from './bell.ts'
import type { BlobStore } from './blobs/contract.ts'
import { createBlobDoor } from './blobs/serve.ts'
import { Connection, type ConnectionParts } from './connection.ts'
import { DeviceSocket } from './device-socket.ts'
import { type Access, addressOf, isForeign, isLoopback, statusAtDoor } from './door.ts'
import { createHealth } from './health.ts'
import { type Allowance, createLimit, type RelayLimits, type WhenFull } from './limits.ts'
import { createMetrics } from './metrics.ts'
import { createPatience } from './patience.ts'
import { createHeadWatch } from './poison.ts'
import type { Clock, Crash, Log, Random, Verify } from './ports.ts'
import type { RendezvousParts } from './rendezvous.ts'
import { createRequests } from './requests.ts'
import { createReleases } from './scheduled/release.ts'
import { type Certificate, createWebServer } from './server.ts'
import type { RelayStore } from './store.ts'
import { createHub } from './streams/hub.ts'
import { createGroupStates } from './streams/states.ts'
import { sweep } from './sweep.ts'
import { createWriteTogether } from './write-together.ts'

export interface RelayParts {
  /** Closed by whoever opened it, after the relay. */
  store: RelayStore
  /** Without it the relay keeps no blobs. */
  blobs?: BlobStore | undefined
  bell: Bell
  clock: Clock
  random: Random
  log: Log
  limits: RelayLimits
  verify: Verify
  access: Access
  /** With it the relay speaks TLS by itself. */
  certificate?: Certificate
  /** [P163] Addresses of relays that share the store: told to devices when this one goes. */
  alternatives?: readonly string[]
  crash?: Crash
}

export interface Relay {
  /** Port 0: any that is free. Rejects if it cannot listen there. */
  listen(place: { host: string; port: number }): Promise<{ port: number }>
  /** A code that lets one person register [P17]. */
  invite(): Promise<string>
  /** For connections from now on. Throws a RangeError if it was made without one. */
  renewCertificate(certificate: Certificate): void
  /** Whether it can do its work now: its store answers, and it hears the relays that share it. */
  isWell(): Promise<boolean>
  /** Numbers about it in Prometheus's text format, which tell nothing of anybody. */
  metrics(): string
  /** Says goodbye to every device, and resolves when all that was under way is committed and answered. */
  close(): Promise<void>
}

const SWEEP_EVERY = 3_600_000
/** What nobody has written to for so long belongs to nothing any more, whatever the clock of the disk says. */
const ABANDONED_AFTER = BLOB_RETENTION + 2 * UPLOAD_WITHIN
const INVITATION_BYTES = 16

export function createRelay(parts: RelayParts): Relay {
  const {
    store,
    blobs,
    bell,
    clock,
    random,
    log,
    limits,
    verify,
    access,
    certificate,
    alternatives = [],
    crash = () => {},
  } = parts
  const limit = (allowance: Allowance, whenFull: WhenFull = 'forget') =>
    createLimit(clock, allowance, limits.mostRemembered, whenFull)
  const authentication = createAuthentication({
    store,
    bell,
    clock,
    verify,
    invitationNeeded: access.invitations === 'invited',
    largestBlob: blobs === undefined ? 0 : limits.largestBlob,
    registrations: limit(limits.registrations),
  })
  const states = createGroupStates(store)
  const streamReads = limit(limits.streamReads)
  const releases = createReleases({ store, bell, clock, log })
  const requests = createRequests({
    store,
    states,
    blobs,
    bell,
    clock,
    random,
    verify,
    entries: limit(limits.entries),
    newGroups: limit(limits.newGroups),
    publications: limit(limits.publications),
    streamReads,
    limits,
    uploads: limit(limits.uploads),
    lookUps: limit(limits.lookUps, 'refuse'),
    deviceLists: limit(limits.deviceLists),
    fetches: limit(limits.keyFetches, 'refuse'),
    fetchesInGroups: limit(limits.keyFetchesInGroups, 'refuse'),
    fetchesOfOne: limit(limits.keyFetchesOfOne, 'refuse'),
    fetchesOfOwn: limit(limits.keyFetchesOfOwn, 'refuse'),
    submissions: limit(limits.submissions),
    releases,
  })
  const rendezvous: RendezvousParts = {
    store,
    bell,
    clock,
    random,
    log,
    openings: limit(limits.rendezvous, 'refuse'),
    joinings: limit(limits.joinings, 'refuse'),
  }
  const connections = new Set<Connection>()
  const metrics = createMetrics(() => connections.size)
  const heads = createHeadWatch(limits.mostRemembered)
  const hub = createHub({ store, states, bell, log, pushed: metrics.pushedItems })
  const own = { authentication, requests, rendezvous, metrics, heads, watching: { hub, states, streamReads } }
  const { blobReceived: received, blobSent: sent, blobAnswered: answered } = metrics
  const shared = { store, clock, log, transfers: limit(limits.transfers), mostTransfers: limits.mostTransfers }
  const blobDoor = blobs && createBlobDoor({ ...shared, blobs, received, sent, answered })
  const connectionParts: ConnectionParts = {
    ...{ store, bell, clock, random, log, crash, alternatives, ...own },
    patience: createPatience(clock),
    writeTogether: createWriteTogether(),
    ended: (connection) => {
      connections.delete(connection)
      if (connections.size === 0) tellEmpty()
    },
  }
  const connectionLimit = limit(limits.connections)
  const isWell = createHealth({ store, bell, clock })
  const arrivals = createArrivals(clock)
  let connectionsServed = 0
  let closing: Promise<void> | undefined
  let tellEmpty = () => {}
  let cancelSweep = () => {}
  let sweeping: Promise<void> = Promise.resolve()

  const { http, arrival, cutAll, renewCertificate } = createWebServer(certificate, (request, response) => {
    if (blobDoor !== undefined && request.url?.startsWith('/blobs/')) {
      const status = statusAtDoor(access, request)
      if (status !== undefined) return void response.writeHead(status, { connection: 'close' }).end()
      arrivals.letIn(request.socket)
      return blobDoor.serve(request, response, addressOf(access, request))
    }
    const answer = (status: number) => {
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
      response.end(JSON.stringify({ ok: status === 200 }))
    }
    const isHealth = request.url === '/health' && (request.method === 'GET' || request.method === 'HEAD')
    if (isForeign(access, request)) return answer(403)
    if (!isHealth) return answer(404)
    isWell().then(
      (well) => answer(well ? 200 : 503),
      () => answer(503),
    )
  })
  const sockets = new WebSocketServer({
    noServer: true,
    WebSocket: DeviceSocket,
    clientTracking: false,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  })

  http.on(arrival, (socket: Socket) => arrivals.add(socket))

  http.on('upgrade', (request, socket, head) => {
    const address = addressOf(access, request)
    const status = statusAtDoor(access, request) ?? statusInRush(address)
    if (status !== undefined) {
      metrics.turnedAway(status)
      return turnAway(socket, status)
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      metrics.connected()
      arrivals.letIn(request.socket)
      const incoming = { socket: webSocket, stream: socket, id: ++connectionsServed, address }
      connections.add(new Connection(incoming, connectionParts))
    })
  })

  function statusInRush(address: string): 429 | 503 | undefined {
    if (closing !== undefined || connections.size >= limits.mostConnections) return 503
    return connectionLimit.take(address) > 0 ? 429 : undefined
  }

  function sweepAndAgain(): void {
    const abandoned = blobs?.removeAbandoned?.(ABANDONED_AFTER) ?? Promise.resolve(0)
    sweeping = Promise.all([sweep(store, blobs, clock.now(), () => closing !== undefined), abandoned]).then(
      ([swept, forgotten]) => {
        metrics.expired(swept.envelopes)
        metrics.blobsExpired(swept.blobs)
        log.info('swept', { expired: swept.envelopes, blobs: swept.blobs, items: swept.items, abandoned: forgotten })
      },
      (error: unknown) => log.error('sweep failed', whereThrown(error)),
    )
    cancelSweep = clock.after(SWEEP_EVERY, sweepAndAgain)
  }

  async function shutDown(): Promise<void> {
    cancelSweep()
    const closed = new Promise((resolve) => http.close(resolve))
    const empty = new Promise<void>((resolve) => {
      tellEmpty = resolve
    })
    for (const connection of connections) connection.end(GoodbyeReason.SHUTTING_DOWN)
    if (connections.size > 0) await empty
    await blobDoor?.close()
    await sweeping
    await releases.close()
    cutAll()
    await closed
    log.info('closed')
  }

  return {
    listen: async ({ host, port }) => {
      if (access.loopbackOnly && !isLoopback(host)) throw new RangeError('this relay listens on loopback only')
      await new Promise<void>((resolve, reject) => {
        http.once('error', reject)
        http.listen({ host, port }, () => {
          http.off('error', reject)
          resolve()
        })
      })
      const bound = http.address()
      if (bound === null || typeof bound === 'string') throw new Error('a TCP server without port')
      sweepAndAgain()
      releases.start()
      log.info('listening', { port: bound.port })
      return { port: bound.port }
    },
    invite: async () => {
      const code = Buffer.from(random.bytes(INVITATION_BYTES)).toString('base64url')
      await store.addInvitation(invitationDigest(code), clock.now())
      return code
    },
    renewCertificate,
    isWell,
    metrics: metrics.text,
    close: () => {
      closing ??= shutDown()
      return closing
    },
  }
}

function turnAway(socket: Duplex, status: number): void {
  socket.once('error', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
