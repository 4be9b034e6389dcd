// The storage contract, as far as it is about streams: docs/storage.md has the rules [S11]…; a suite checks every store.
//
// A store takes an entry or an item only on top of the very log that whoever asks has judged it by: it compares the hash of
// the newest entry. What the log says is not the store's to understand.

import type { StreamKind } from '../../protocol/generated/relay_pb.ts'
import type { AccountId, DeviceId, GroupId, Instant } from '../../shared/ids.ts'

/** An entry of the log, or what was said. */
export interface HeldItem {
  position: number
  kind: StreamKind
  /** The 16 bytes of an account id. */
  sender: Uint8Array
  senderDevice: number
  /** 16 bytes; empty in an entry. */
  message: Uint8Array
  content: Uint8Array
  takenAt: number
}

/** An item as it was put into a stream. Whoever has read up to `previous` has missed nothing before it. */
export interface PlacedItem {
  previous: number
  item: HeldItem
}

export interface NewEntry {
  group: GroupId
  index: number
  /** SHA-256 of the content, which other entries follow. */
  hash: Uint8Array
  /** Of the entry it follows; empty in the first. */
  previous: Uint8Array
  content: Uint8Array
  sender: AccountId
  senderDevice: DeviceId
  /** From now on: how long items are kept, in milliseconds; absent: as long as the group. */
  keepFor: number | undefined
  /** It deletes the group: its items go at once, its log when the sweep comes by after `MAILBOX_RETENTION`. */
  ends: boolean
}

/** moved: another one is the newest. full: the log has as many entries as it may. */
export type EntryStored =
  | { outcome: 'appended'; placed: PlacedItem }
  /** Stored before, then and there. */
  | { outcome: 'duplicate'; position: number; at: Instant }
  | { outcome: 'moved'; index: number; position: number }
  | { outcome: 'full' | 'no-such-stream' }

export interface Publication {
  group: GroupId
  /** 16 bytes, the sender's choice. */
  message: Uint8Array
  /** Any but an entry. */
  kind: StreamKind
  content: Uint8Array
  sender: AccountId
  senderDevice: DeviceId
  /** Hash of the newest entry that it was judged by. */
  head: Uint8Array
}

export type Published =
  | { outcome: 'published'; placed: PlacedItem }
  /** Stored before, then and there. */
  | { outcome: 'duplicate'; position: number; at: Instant }
  | { outcome: 'moved' }
  | { outcome: 'full' | 'no-such-stream' }

/** What a stream is, as it stands. */
export interface StreamStanding {
  /** Of the newest entry. */
  head: { index: number; hash: Uint8Array }
  /** No item it ever held is behind it. */
  lastPosition: number
  /** Besides entries, and their bytes of content. */
  items: number
  bytes: number
}

/** An entry as the log is gone through. */
export interface LoggedEntry {
  index: number
  position: number
  takenAt: Instant
  content: Uint8Array
}

export interface StreamReading {
  /** Behind this position. */
  after: number
  /** Items, other than entries, only behind this one too. */
  itemsAfter: number
  /** Nothing behind this one. */
  upTo: number
  limit: number
  /** Bytes of content; one item always fits. */
  mostBytes: number
}

export interface StreamRead {
  /** Hash of the newest entry, and the newest position, at that moment. */
  head: Uint8Array
  lastPosition: number
  items: HeldItem[]
}

export interface StreamStore {
  /** Compare-and-swap on the newest entry [S11]. The first makes the stream. */
  appendEntry(entry: NewEntry, at: Instant): Promise<EntryStored>
  /**
   * Positions are taken in the order of the calls and only grow, with holes, so that whoever has read up to one has missed
   * nothing below it [S12]. The same message of the same sender is stored once [S13].
   */
  publish(publication: Publication, at: Instant): Promise<Published>
  /** When the message of this sender was taken, and where to. */
  findMessage(
    group: GroupId,
    sender: AccountId,
    message: Uint8Array,
  ): Promise<{ position: number; at: Instant } | undefined>
  /** Undefined: there is none. Also of a group that was deleted, as long as its log is kept. */
  streamStanding(group: GroupId): Promise<StreamStanding | undefined>
  /** From the oldest, in order. Undefined: there is no such stream. */
  readStream(group: GroupId, reading: StreamReading): Promise<StreamRead | undefined>
  /** The log from an index on. */
  entriesFrom(group: GroupId, index: number, limit: number): Promise<LoggedEntry[]>
  /** The newest items other than entries, newest first: their sizes and first bytes. */
  newestItems(group: GroupId, limit: number): Promise<HeldItemSummary[]>
  /** Forgets what was kept long enough, and the ids of messages when twice as long went by. How many items went. */
  expireStream(group: GroupId, now: Instant): Promise<number>
  /** Group ids in a fixed order, for the sweep: the first ones after the given one. */
  streamsAfter(group: GroupId | undefined, limit: number): Promise<GroupId[]>
}

export interface HeldItemSummary extends Omit<HeldItem, 'position' | 'message' | 'content'> {
  size: number
  firstBytes: Uint8Array
}
