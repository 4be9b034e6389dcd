// The server under the relay: HTTP, or HTTPS where it has a certificate of its own.

import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import { HELLO_WITHIN } from './patience.ts'

/** In PEM. */
export interface Certificate {
  /** The relay's own first, then those between it and the root. */
  certificate: string
  key: string
}

export interface WebServer {
  http: Server
  /** Told of each socket once requests can come in on it. */
  arrival: 'connection' | 'secureConnection'
  /** Every connection, also where nothing was said on it yet. */
  cutAll(): void
  /** For connections from now on; those that are open stay as they are. Throws where there was none before. */
  renewCertificate(certificate: Certificate): void
}

/** Node would cut off whoever sends for more than five minutes. Patience is the relay's own affair. */
const WITHOUT_DEADLINE = { requestTimeout: 0 }

export function createWebServer(certificate: Certificate | undefined, answer: RequestListener): WebServer {
  if (certificate === undefined) {
    const http = createServer(WITHOUT_DEADLINE, answer)
    return {
      http,
      arrival: 'connection',
      cutAll: () => http.closeAllConnections(),
      renewCertificate: () => {
        throw new RangeError('this relay was started without a certificate')
      },
    }
  }
  const https = createTlsServer(
    { ...WITHOUT_DEADLINE, ...tlsOptions(certificate), handshakeTimeout: HELLO_WITHIN },
    answer,
  )
  // Node's server of HTTPS knows a connection once its handshake is done.
  const arrived = new Set<Socket>()
  https.on('connection', (socket: Socket) => {
    arrived.add(socket)
    socket.once('close', () => arrived.delete(socket))
  })
  return {
    http: https,
    arrival: 'secureConnection',
    cutAll: () => {
      https.closeAllConnections()
      for (const socket of arrived) socket.destroy()
    },
    renewCertificate: (renewed) => https.setSecureContext(tlsOptions(renewed)),
  }
}

/** Throws if TLS would not speak with it. */
export function tryCertificate(certificate: Certificate): void {
  createSecureContext(tlsOptions(certificate))
}

function tlsOptions({ certificate, key }: Certificate) {
  return { cert: certificate, key, minVersion: 'TLSv1.2' } as const
}
