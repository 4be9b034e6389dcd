// The bell: tells the connections of a mailbox, and whoever watches a stream, that something happened. A lost ring costs time, never mail: what it tells
// is in the store, or was never meant to last. So whoever may have missed one looks there.

import type { AccountId, DeviceId, GroupId } from '../shared/ids.ts'
import type { HeldEnvelope, Mailbox, OneTimeCounts, Placed } from './store.ts'
import type { PlacedItem } from './streams/contract.ts'

export type Ring =
  /** With what came, where it is at hand: whoever has read all before it need not read it from the store. */
  | { kind: 'mail'; placed?: Placed }
  /** [P57] Not in the store: this is all there is of it. */
  | { kind: 'ephemeral'; envelope: HeldEnvelope }
  | { kind: 'keys-depleted'; left: OneTimeCounts }
  /** [P16] By the connection that entered as this: whether it still counts, the store knows. Undefined: it does. */
  | { kind: 'replaced'; by: Uint8Array | undefined }
  | { kind: 'erased' }
  /** The device is no longer in its account's list, or its account is disabled [P19]. */
  | { kind: 'unlisted' }
  /** Rings of any kind may have been lost. */
  | { kind: 'missed' }

export interface Bell {
  /** Whether what others ring is heard here now. */
  isHeard(): boolean
  ring(mailbox: Mailbox, ring: Ring): void
  /** Returns how to stop listening. */
  listen(mailbox: Mailbox, heard: (ring: Ring) => void): () => void
  /** Something came into the stream of a group: this, where it is at hand. */
  grew(group: GroupId, placed?: PlacedItem): void
  /** For good. `all`: rings may have been lost. */
  listenToStreams(heard: (group: GroupId | 'all', placed?: PlacedItem) => void): void
}

interface Listener {
  device: DeviceId
  heard(ring: Ring): void
}

/** For a relay of one process. */
export function createBell(): Bell {
  // A list for each account: most have one device, and there may be very many.
  const listeners = new Map<AccountId, readonly Listener[]>()
  const ofStreams: ((group: GroupId | 'all', placed?: PlacedItem) => void)[] = []
  return {
    isHeard: () => true,
    ring: ({ account, device }, ring) => {
      for (const listener of listeners.get(account) ?? []) if (listener.device === device) listener.heard(ring)
    },
    listen: ({ account, device }, heard) => {
      const listener = { device, heard }
      listeners.set(account, [...(listeners.get(account) ?? []), listener])
      return () => {
        const left = (listeners.get(account) ?? []).filter((one) => one !== listener)
        if (left.length > 0) listeners.set(account, left)
        else listeners.delete(account)
      }
    },
    grew: (group, placed) => {
      for (const heard of ofStreams) heard(group, placed)
    },
    listenToStreams: (heard) => void ofStreams.push(heard),
  }
}
