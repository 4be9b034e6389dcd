// The parser door of a group's log: bytes become an entry that can be believed to be one, or say why not. Whether it may be
// made is for others to judge.

import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { sha256 } from '@noble/hashes/sha2.js'
import { AccountId, bytesToUuid, DeviceId, GroupId, Instant } from '../../shared/ids.ts'
import { type Entry, EntrySchema, type SignedEntry, SignedEntrySchema } from '../generated/group_pb.ts'
import { MAX_ENTRY_BYTES, SIGNATURE_BYTES } from '../limits.ts'
import type { Change } from './change.ts'
import { readChange } from './read-change.ts'

export interface GroupEntry {
  readonly group: GroupId
  /** 0 creates the group. */
  readonly index: number
  /** Hash of the entry before; empty in the first. */
  readonly previous: Uint8Array
  readonly actor: AccountId
  readonly device: DeviceId
  /** By the actor's clock. */
  readonly at: Instant
  readonly change: Change
  /** SHA-256 of the whole, as it lies in the stream. */
  readonly hash: Uint8Array
  /** The bytes of the Entry: behind its label they are what was signed. */
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

/** unknown-change: a later version made it; whoever does not know it cannot go on. */
export type ReadEntry = { ok: true; entry: GroupEntry } | { ok: false; why: 'malformed' | 'unknown-change' }

const MALFORMED = { ok: false, why: 'malformed' } as const
const HASH_BYTES = 32

/** Takes a serialised SignedEntry. */
export function readEntry(bytes: Uint8Array): ReadEntry {
  if (bytes.length > MAX_ENTRY_BYTES) return MALFORMED
  const outer = parse((): SignedEntry => fromBinary(SignedEntrySchema, bytes))
  const inner = outer && parse((): Entry => fromBinary(EntrySchema, outer.entry))
  if (outer === undefined || inner === undefined || outer.signature.length !== SIGNATURE_BYTES) return MALFORMED
  // Nobody can write the same entry in other bytes, and so with another hash.
  if (!equal(toBinary(SignedEntrySchema, outer), bytes)) return MALFORMED
  const group = GroupId.safeParse(bytesToUuid(inner.group)).data
  const actor = AccountId.safeParse(bytesToUuid(inner.actor)).data
  const device = DeviceId.safeParse(inner.actorDevice).data
  const at = Instant.safeParse(Number(inner.timeMs)).data
  const index = Number(inner.index)
  if (group === undefined || actor === undefined || device === undefined || !at) return MALFORMED
  if (!Number.isSafeInteger(index) || inner.previous.length !== (index === 0 ? 0 : HASH_BYTES)) return MALFORMED
  if (inner.change.case === undefined) return { ok: false, why: 'unknown-change' }
  const change = readChange(inner.change)
  if (change === undefined) return MALFORMED
  const { previous } = inner
  const { entry: signed, signature } = outer
  return {
    ok: true,
    entry: { group, index, previous, actor, device, at, change, hash: sha256(bytes), signed, signature },
  }
}

function parse<Message>(read: () => Message): Message | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
