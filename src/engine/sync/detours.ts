// Detours: where a relay that says goodbye can be reached meanwhile [P163]. Each is tried once, then its own address again.

import type { Welcome } from '../../protocol/generated/relay_pb.ts'
import { MAX_ALTERNATIVES } from '../../protocol/limits.ts'
import { RelayPlace } from '../../shared/model.ts'
import type { Random, RelayAddress } from '../ports.ts'

export interface Detour {
  address: RelayAddress
  /** Whether what answers there is the relay that named it. */
  leadsTo(welcome: Welcome): boolean
}

export interface Detours {
  /** By the relay at this address, instead of what was told before. */
  told(alternatives: readonly string[], from: RelayAddress, relay: Uint8Array): void
  next(): Detour | undefined
  isThereOne(): boolean
}

export function createDetours(random: Random): Detours {
  let left: Detour[] = []
  return {
    told(alternatives, from, relay) {
      const leadsTo = (welcome: Welcome) => equal(welcome.relay, relay)
      const usable = alternatives
        .slice(0, MAX_ALTERNATIVES)
        .filter((url) => isUsable(url, from))
        .map((url) => ({ address: { ...from, url }, leadsTo }))
      // Not everybody to the first one.
      const start = Math.floor(random.fraction() * usable.length)
      left = [...usable.slice(start), ...usable.slice(0, start)]
    },
    next: () => left.shift(),
    isThereOne: () => left.length > 0,
  }
}

/** Nobody is led from TLS to where there is none. */
function isUsable(url: string, from: RelayAddress): boolean {
  if (!RelayPlace.safeParse({ kind: 'address', url }).success) return false
  return url.startsWith('wss:') || !from.url.startsWith('wss:')
}

/** Of ids that are no secret. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
