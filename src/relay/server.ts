// The server under the relay: HTTP, or HTTPS where it has a certificate of its own.

import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
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
  /** For connections from now on; those that are open stay as they are. Throws where there was none before. */
  renewCertificate(certificate: Certificate): void
}

/** Node would cut off whoever sends for more than five minutes. Patience is the relay's own affair. */
const WITHOUT_DEADLINE = { requestTimeout: 0 }

export function createWebServer(certificate: Certificate | undefined, answer: RequestListener): WebServer {
  if (certificate === undefined)
    return {
      http: createServer(WITHOUT_DEADLINE, answer),
      arrival: 'connection',
      renewCertificate: () => {
        throw new RangeError('this relay was started without a certificate')
      },
    }
  const https = createTlsServer(
    { ...WITHOUT_DEADLINE, ...contextOf(certificate), handshakeTimeout: HELLO_WITHIN },
    answer,
  )
  return {
    http: https,
    arrival: 'secureConnection',
    renewCertificate: (renewed) => https.setSecureContext(contextOf(renewed)),
  }
}

function contextOf({ certificate, key }: Certificate) {
  return { cert: certificate, key, minVersion: 'TLSv1.2' } as const
}
