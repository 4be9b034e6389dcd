// A state as text and back, so that a log need not be gone through from its beginning at every start.

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { AccountId } from '../../shared/ids.ts'
import type { Former, GroupState } from './state.ts'

/** Counts up whenever the shape of a state changes; what earlier ones wrote is read as far as it goes. */
const VERSION = 2

export function saveState(state: GroupState): string {
  return JSON.stringify({ version: VERSION, state }, function (this: Record<string, unknown>, key) {
    // Not what is handed over: Node's buffers have an idea of their own of what they are as JSON.
    const value = this[key]
    if (value instanceof Map) return { '%map': [...value] }
    if (value instanceof Uint8Array) return { '%bytes': bytesToHex(value) }
    return value
  })
}

/** Takes what `saveState` made, now or in an earlier version, and nobody else could have altered. Undefined: nobody did. */
export function loadState(text: string): GroupState | undefined {
  const saved: { version: number; state: GroupState } = JSON.parse(text, (_key, value) => {
    if (typeof value !== 'object' || value === null) return value
    if ('%map' in value) return new Map(value['%map'])
    if ('%bytes' in value) return hexToBytes(value['%bytes'])
    return value
  })
  switch (saved.version) {
    case VERSION:
      return saved.state
    case 1:
      return fromFirst(saved.state)
    default:
      return undefined
  }
}

/** Which did not keep what held before, nor what was granted to who has gone: of that nothing is known. */
function fromFirst(state: GroupState): GroupState {
  const former = [...state.former].map(([account, { how, spans }]): [AccountId, Former] => [
    account,
    { how, spans: spans.map((span) => ({ ...span, history: { kind: 'none' } })) },
  ])
  return { ...state, encryption: { ...state.encryption, earlier: [] }, former: new Map(former) }
}
