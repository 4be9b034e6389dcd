// A state as text and back, so that a log need not be gone through from its beginning at every start.

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { GroupState } from './state.ts'

/** Counts up whenever the shape of a state changes: what another one wrote is made again from the log. */
const VERSION = 1

export function saveState(state: GroupState): string {
  return JSON.stringify({ version: VERSION, state }, function (this: Record<string, unknown>, key) {
    // Not what is handed over: Node's buffers have an idea of their own of what they are as JSON.
    const value = this[key]
    if (value instanceof Map) return { '%map': [...value] }
    if (value instanceof Uint8Array) return { '%bytes': bytesToHex(value) }
    return value
  })
}

/** Takes what `saveState` made and nobody else could have altered. Undefined: go through the log. */
export function loadState(text: string): GroupState | undefined {
  const saved: { version: number; state: GroupState } = JSON.parse(text, (_key, value) => {
    if (typeof value !== 'object' || value === null) return value
    if ('%map' in value) return new Map(value['%map'])
    if ('%bytes' in value) return hexToBytes(value['%bytes'])
    return value
  })
  return saved.version === VERSION ? saved.state : undefined
}
