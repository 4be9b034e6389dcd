// The address behind the square code of a new device: where it waits, under which code, and what it has committed itself to.

import { z } from 'zod'
import { MAX_ADDRESS_LENGTH } from './limits.ts'
import { LinkCode } from './link-code.ts'

const Commitment = z.string().regex(/^[\w-]{43}$/)
const RelayUrl = z.url({ protocol: /^wss?$/ }).max(MAX_ADDRESS_LENGTH)

export interface LinkAddress {
  code: LinkCode
  /** Undefined: the relay of this computer, or typed by hand. */
  relay: string | undefined
  /** SHA-256, in base64url. */
  commitment: string | undefined
}

export function writeLinkAddress({ code, relay, commitment }: LinkAddress): string {
  const parts = [`code=${code}`]
  if (relay !== undefined) parts.push(`relay=${encodeURIComponent(relay)}`)
  if (commitment !== undefined) parts.push(`commitment=${commitment}`)
  return `sotto:link?${parts.join('&')}`
}

/** What somebody typed, pasted or scanned: an address, or a code alone. Undefined: neither. */
export function readLinkAddress(typed: string): LinkAddress | undefined {
  const text = typed.trim()
  if (text.length > 1024) return undefined
  if (!/^sotto:/i.test(text)) {
    const code = LinkCode.safeParse(text)
    return code.success ? { code: code.data, relay: undefined, commitment: undefined } : undefined
  }
  const [, query] = /^sotto:\/{0,2}link\/?\?([^#]*)$/i.exec(text) ?? []
  if (query === undefined) return undefined
  const parts = new Map<string, string>()
  for (const part of query.split('&')) {
    const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(part) ?? []
    if (parts.has(name)) return undefined
    parts.set(name, value)
  }
  const code = LinkCode.safeParse(parts.get('code'))
  const relay = RelayUrl.optional().safeParse(decode(parts.get('relay')))
  const commitment = Commitment.optional().safeParse(parts.get('commitment'))
  if (!code.success || !relay.success || !commitment.success) return undefined
  return { code: code.data, relay: relay.data, commitment: commitment.data }
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** RFC 4648, without padding. */
export function base64url(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const three = [bytes[at], bytes[at + 1], bytes[at + 2]]
    const value = ((three[0] ?? 0) << 16) | ((three[1] ?? 0) << 8) | (three[2] ?? 0)
    for (let sign = 0; sign < 4; sign++)
      if (sign < 2 || three[sign - 1] !== undefined) text += ALPHABET.charAt((value >> (18 - 6 * sign)) & 63)
  }
  return text
}
