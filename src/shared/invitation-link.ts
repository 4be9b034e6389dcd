// The sotto: link of an invitation: written one way, and read as if an enemy wrote it [P173].

import type { Invitation } from './invitation.ts'
import { MAX_ADDRESS_LENGTH } from './limits.ts'
import type { RelayPlace } from './model.ts'
import { normalAddress, readUsername } from './typed.ts'

/** In characters. The longest that we write ourselves is shorter. */
export const MAX_LINK_LENGTH = 1024
export const HINT = /^[0-9a-f]{32}$/
export const CODE = /^[A-Za-z0-9._~-]{1,256}$/

const START = 'sotto:invite?'
const HERE = 'this-computer'

/** Undefined: the relay is reached in the clear, by an address that is not one's own network's. */
export function writeInvitation({ relay, username, hint, code }: Invitation): string | undefined {
  const place = relay.kind === 'this-computer' ? HERE : canonical(relay.url)
  if (place === undefined) return undefined
  const link = `${START}relay=${place}&name=${username}&hint=${hint}${code === null ? '' : `&code=${code}`}`
  // Whatever we write, we read: an address with something odd in it is in no invitation.
  return readInvitationLink(link) === undefined ? undefined : link
}

/**
 * Undefined: not an invitation. There is one way to write each: no percent-encoding, no capitals or spaces, no second
 * value of a name, no address that a browser would read as another one. Names that are not known are passed over.
 */
export function readInvitationLink(text: string): Invitation | undefined {
  const link = text.trim()
  if (link.length > MAX_LINK_LENGTH || !link.startsWith(START)) return undefined
  const said = new Map<string, string>()
  for (const part of link.slice(START.length).split('&')) {
    const [, name, value] = /^([a-z]{1,16})=([A-Za-z0-9._~:/[\]-]+)$/.exec(part) ?? []
    if (name === undefined || value === undefined || said.has(name)) return undefined
    said.set(name, value)
  }
  const place = said.get('relay')
  const relay = place === undefined ? undefined : readPlace(place)
  const username = readUsername(said.get('name') ?? '')
  // What would have to be folded first was not written by us.
  const hint = said.get('hint') ?? ''
  const code = said.get('code')
  if (relay === undefined || username === undefined || username !== said.get('name')) return undefined
  if (!HINT.test(hint) || (code !== undefined && !CODE.test(code))) return undefined
  return { relay, username, hint, code: code ?? null }
}

function readPlace(place: string): RelayPlace | undefined {
  if (place === HERE) return { kind: 'this-computer' }
  return place.length <= MAX_ADDRESS_LENGTH && canonical(place) === place ? { kind: 'address', url: place } : undefined
}

/** An address the one way it is written; undefined if it may not be in an invitation. Whoever reads it sees where it leads. */
export function canonical(address: string): string | undefined {
  const normal = normalAddress(address)?.replace(/^([a-z]+:\/\/[^/]+)\/$/, '$1')
  const [, scheme, host] =
    /^(wss?):\/\/(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::\d{1,5})?(?:\/[A-Za-z0-9._~/-]*)?$/.exec(normal ?? '') ?? []
  if (normal === undefined || host === undefined || !isHost(host)) return undefined
  return scheme === 'wss' || isNear(host) ? normal : undefined
}

/** ASCII labels: what looks like another letter is spelled out as `xn--`, and shown so. */
function isHost(host: string): boolean {
  if (host.startsWith('[')) return true
  return host.length <= 253 && host.split('.').every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
}

/** Of this computer or its own network, where a relay may do without TLS. */
function isNear(host: string): boolean {
  if (host.startsWith('[')) return /^\[(?:::1|f[cd][0-9a-f]{2}:[0-9a-f:]*|fe[89ab][0-9a-f]:[0-9a-f:]*)\]$/.test(host)
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return /^(?:127|10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))\./.test(host)
  return !host.includes('.') || host.endsWith('.local')
}
