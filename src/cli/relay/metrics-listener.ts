// Where Prometheus fetches the relay's numbers: a listener of its own, so that the one for devices shows none.

import { createServer } from 'node:http'
import { isLoopback, statusAtDoor } from '../../relay/door.ts'

export interface MetricsPlace {
  host: string
  port: number
  /** Asked for as `Authorization: Bearer …`. */
  token: string | undefined
}

export interface MetricsListener {
  port: number
  close(): void
}

/** Rejects if it cannot listen there. */
export async function listenForMetrics(
  { host, port, token }: MetricsPlace,
  text: () => string,
): Promise<MetricsListener> {
  const access = { loopbackOnly: isLoopback(host), ...(token !== undefined && { token }) }
  const server = createServer((request, response) => {
    const isMetrics = request.method === 'GET' && request.url === '/metrics'
    const status = statusAtDoor(access, request) ?? (isMetrics ? 200 : 404)
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(status === 200 ? text() : '')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, resolve)
  })
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server without port')
  return {
    port: bound.port,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
