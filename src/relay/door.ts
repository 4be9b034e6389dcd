// The door: who may open a connection at all, decided before the upgrade [P8].

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'

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

/** Where a request comes from, for limits: its network. A proxy puts what it saw behind whatever the other side claims. */
export function addressOf({ proxyInFront = false }: Access, { headers, socket }: IncomingMessage): string {
  const seen = proxyInFront
    ? String(headers['x-forwarded-for'] ?? '')
        .split(',')
        .at(-1)
        ?.trim()
    : undefined
  return networkOf(seen || (socket.remoteAddress ?? ''))
}

/** Of IPv6 the first half: who is given one address there is given 2⁶⁴. */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%')
  if (!isIPv6(plain)) return address
  const groups = groupsOf(plain)
  const text = groups.map((group) => group.toString(16))
  if (AROUND_IPV4.includes(text.slice(0, 6).join(':')))
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.')
  return `${text.slice(0, 4).join(':')}::/64`
}

/** What stands before an IPv4 address that is written as one of IPv6: mapped by a socket, or translated on the way. */
const AROUND_IPV4 = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']

/** All eight of what is an IPv6 address. The parser of URLs has one way to write each. */
function groupsOf(address: string): number[] {
  const [before = '', after = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const numbers = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const [first, last] = [numbers(before), numbers(after)]
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
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
