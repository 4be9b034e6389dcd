// Making an entry: the bytes to sign, and, with the signature, the bytes that go into the stream.

import { create, toBinary } from '@bufbuild/protobuf'
import { type AccountId, type DeviceId, type GroupId, type Instant, uuidToBytes } from '../../shared/ids.ts'
import { EntrySchema, SignedEntrySchema } from '../generated/group_pb.ts'
import { labelled } from '../signed.ts'
import type { Change } from './change.ts'
import type { GroupState } from './state.ts'
import { writeChange } from './write-change.ts'

export interface Actor {
  readonly actor: AccountId
  readonly device: DeviceId
  /** By the actor's clock. */
  readonly at: Instant
}

export interface UnsignedEntry {
  /** A serialised Entry. */
  readonly entry: Uint8Array<ArrayBuffer>
  /** What the actor's identity key signs. */
  readonly toSign: Uint8Array<ArrayBuffer>
}

/** [P110] What an identity key signs over a serialised Entry. */
export function entryToSign(entry: Uint8Array): Uint8Array<ArrayBuffer> {
  return labelled('sotto/group-log/v1', entry)
}

/** The first entry of a group. `change` is a `create`. */
export function buildFirstEntry(group: GroupId, by: Actor, change: Change & { kind: 'create' }): UnsignedEntry {
  return build(group, 0, new Uint8Array(), by, change)
}

/** The entry that follows all those in `state`. */
export function buildEntry(state: GroupState, by: Actor, change: Change): UnsignedEntry {
  return build(state.group, state.head.index + 1, state.head.hash, by, change)
}

/** A serialised SignedEntry. */
export function sealEntry({ entry }: UnsignedEntry, signature: Uint8Array): Uint8Array<ArrayBuffer> {
  return toBinary(SignedEntrySchema, create(SignedEntrySchema, { entry, signature }))
}

function build(group: GroupId, index: number, previous: Uint8Array, by: Actor, change: Change): UnsignedEntry {
  const entry = toBinary(
    EntrySchema,
    create(EntrySchema, {
      group: uuidToBytes(group),
      index: BigInt(index),
      previous,
      actor: uuidToBytes(by.actor),
      actorDevice: by.device,
      timeMs: BigInt(by.at),
      change: writeChange(change),
    }),
  )
  return { entry, toSign: entryToSign(entry) }
}
