// The link by which people ask to join a group: `sotto:group?r=<relay>&g=<group>&s=<secret>`. Read as hostile input [P114].

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { GroupId } from '../../shared/ids.ts'

export const LINK_SECRET_BYTES = 32

export interface GroupLink {
  /** The relay's id, in hex: a group is at one relay. */
  relay: string
  group: GroupId
  secret: Uint8Array
}

const LINK = /^sotto:group\?r=([0-9a-f]{32})&g=([0-9a-f-]{36})&s=([0-9a-f]{64})$/

export function writeGroupLink({ relay, group, secret }: GroupLink): string {
  return `sotto:group?r=${relay}&g=${group}&s=${bytesToHex(secret)}`
}

/** Written in one way only; whatever else it is, it is none. */
export function readGroupLink(text: string): GroupLink | undefined {
  const parts = LINK.exec(text.trim())
  const group = GroupId.safeParse(parts?.[2])
  if (parts === null || !group.success) return undefined
  return { relay: parts[1] ?? '', group: group.data, secret: hexToBytes(parts[3] ?? '') }
}

/** By which the relay and the log know it. */
export function linkHash(secret: Uint8Array): Uint8Array {
  return sha256(secret)
}
