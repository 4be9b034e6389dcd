// The door: who may open a connection at all, decided before the upgrade [P8].

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Access {
  /** Asked for as `Authorization: Bearer …`. */
  token?: string
  /** Listens on this computer only, and lets no web page in that runs on it. */
  loopbackOnly: boolean
  /** Everybody comes through a proxy, which says where from in `X-Forwarded-For`. */
  proxyInFront?: boolean
  invitations: 'open' | 'invited'
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Undefined: come in. Otherwise the HTTP status that says why not. */
export function statusAtDoor(
  access: Pick<Access, 'token' | 'loopbackOnly'>,
  request: IncomingMessage,
): 401 | 403 | undefined {
  if (isForeign(access, request)) return 403
  const { authorization = '' } = request.headers
  if (access.token !== undefined && !sameSecret(authorization, `Bearer ${access.token}`)) return 401
  return undefined
}

/** Whether a web page may be behind it, where none has any business. */
export function isForeign(
  { loopbackOnly }: Pick<Access, 'loopbackOnly'>,
  { headers, socket }: IncomingMessage,
): boolean {
  return loopbackOnly && (headers.origin !== undefined || !isOwnHost(headers.host, socket.localPort))
}

/** Where a request comes from, for limits. A proxy puts what it saw behind whatever the other side claims. */
export function addressOf({ proxyInFront = false }: Access, { headers, socket }: IncomingMessage): string {
  const seen = proxyInFront
    ? String(headers['x-forwarded-for'] ?? '')
        .split(',')
        .at(-1)
        ?.trim()
    : undefined
  return seen || (socket.remoteAddress ?? '')
}

/** A name that points here but is not ours is a web page's, by way of its own name server. */
function isOwnHost(host: string | undefined, port: number | undefined): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].some((name) => host === `${name}:${port}`)
}

/** How long it takes tells nothing, not even a length. */
function sameSecret(given: string, expected: string): boolean {
  const digest = (secret: string) => createHash('sha256').update(secret).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
