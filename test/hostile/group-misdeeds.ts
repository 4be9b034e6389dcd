// What an evil relay can do wrong with groups: one function for each, to be begun and ended by a test.

import { clone, create } from '@bufbuild/protobuf'
import { Reason, type StreamItem, StreamItemSchema, StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import { readEntry } from '../../src/protocol/groups/read.ts'
import { type AccountId, bytesToUuid, type GroupId, uuidToBytes } from '../../src/shared/ids.ts'
import type { EvilRelay, Misdeed, Victim } from './evil-relay.ts'

/**
 * What becomes of the items of a group's stream on their way to one account, or to all: pushed ones and those of pages.
 * `entries` is what the relay says of how many there are, where it is asked.
 */
export function streamItems(
  group: GroupId,
  to: AccountId | 'everybody',
  change: (items: StreamItem[], victim: Victim) => StreamItem[],
  entries: (count: bigint) => bigint = (count) => count,
): Misdeed {
  /** Pages do not say of which group they are. */
  const asked = new Map<Victim, Set<number>>()
  const isFor = (victim: Victim) => to === 'everybody' || victim.account === to
  return {
    toRelay(body, victim, request) {
      if (body.case !== 'readStream' || !isOfGroup(body.value.group, group)) return body
      asked.set(victim, (asked.get(victim) ?? new Set()).add(request))
      return body
    },
    toDevice(body, victim, request) {
      if (!isFor(victim)) return body
      if (body.case === 'streamGrew' && isOfGroup(body.value.group, group) && body.value.items.length > 0) {
        body.value.items = change(body.value.items, victim)
        return body.value.items.length > 0 ? body : undefined
      }
      if (body.case === 'streamPage' && asked.get(victim)?.delete(request)) {
        body.value.items = change(body.value.items, victim)
      }
      if (body.case === 'streamsWatched')
        for (const standing of body.value.standings)
          if (isOfGroup(standing.group, group)) standing.entries = entries(standing.entries)
      return body
    },
  }
}

/** Shows the log, and all else, as it was when this entry was the newest. */
export function rollsBack(group: GroupId, to: AccountId | 'everybody', index: number): Misdeed {
  let from: bigint | undefined
  const isLater = (item: StreamItem) => {
    if (from === undefined && indexOf(item) === index + 1) from = item.position
    return from !== undefined && item.position >= from
  }
  return streamItems(
    group,
    to,
    (items) => items.filter((item) => !isLater(item)),
    (count) => (count > index + 1 ? BigInt(index + 1) : count),
  )
}

/** Shows another entry at that place of the log than it shows to others: somebody's signed one, or one that it made up. */
export function forks(group: GroupId, to: AccountId | 'everybody', index: number, entry: Uint8Array): Misdeed {
  return streamItems(group, to, (items) =>
    items.map((item) => (indexOf(item) === index ? itemLike(item, { content: new Uint8Array(entry) }) : item)),
  )
}

/** Slips an entry in behind this one: of a member it wants added, removed, or made an owner. */
export function slipsIn(group: GroupId, to: AccountId | 'everybody', index: number, entry: Uint8Array): Misdeed {
  return streamItems(group, to, (items) =>
    items.flatMap((item) => {
      if (indexOf(item) !== index) return [item]
      return [item, itemLike(item, { content: new Uint8Array(entry), position: item.position + 1n })]
    }),
  )
}

/** Leaves out an entry: the member that it removed would stay. */
export function leavesOut(group: GroupId, to: AccountId | 'everybody', index: number): Misdeed {
  return streamItems(group, to, (items) => items.filter((item) => indexOf(item) !== index))
}

/** Says that encryption is switched off, whatever the log says: refuses what is sealed. */
export function claimsEncryptionOff(group: GroupId): Misdeed {
  return {
    toRelay(body, victim, request) {
      if (body.case !== 'publish' || !isOfGroup(body.value.group, group)) return body
      if (body.value.kind !== StreamKind.SEALED) return body
      victim.answer(request, {
        case: 'refused',
        value: { reason: Reason.ENCRYPTION_OFF, detail: 'encryption is switched off', retryAfterMs: 0 },
      })
      return undefined
    },
  }
}

/** Delivers what is sealed as if it had been said readably, or the other way round: with another content. */
export function says(group: GroupId, to: AccountId | 'everybody', kind: StreamKind, content: Uint8Array): Misdeed {
  return streamItems(group, to, (items) =>
    items.map((item) =>
      item.kind === StreamKind.ENTRY ? item : itemLike(item, { kind, content: new Uint8Array(content) }),
    ),
  )
}

/**
 * Goes on pushing all that comes into the stream to an account that the log has removed. Begin it while they are watching;
 * `count` says how many items they were given that were not theirs.
 */
export function keepsDelivering(evil: EvilRelay, group: GroupId, to: AccountId): Misdeed & { readonly count: number } {
  let last = 0n
  let count = 0
  const seen = new Set<bigint>()
  return {
    get count() {
      return count
    },
    toDevice(body, victim) {
      if (body.case !== 'streamGrew' || !isOfGroup(body.value.group, group)) return body
      const { items } = body.value
      if (victim.account === to) {
        for (const { position } of items) seen.add(position)
        last = items.at(-1)?.position ?? last
        // That they should read, which would tell them that they are not served.
        return items.length > 0 ? body : undefined
      }
      const missed = items.filter(({ position }) => position > last && !seen.has(position))
      if (missed.length === 0) return body
      const after = last
      for (const { position } of missed) seen.add(position)
      last = missed.at(-1)?.position ?? last
      count += missed.length
      const value = { group: uuidToBytes(group), after, items: missed.map((item) => clone(StreamItemSchema, item)) }
      evil.victim(to).send({ case: 'streamGrew', value })
      return body
    },
  }
}

/** Of an entry: its number in the log, as it says itself. */
function indexOf({ kind, content }: StreamItem): number | undefined {
  const read = kind === StreamKind.ENTRY ? readEntry(content) : undefined
  return read?.ok ? read.entry.index : undefined
}

function itemLike(item: StreamItem, different: Partial<StreamItem>): StreamItem {
  return create(StreamItemSchema, { ...item, ...different })
}

function isOfGroup(bytes: Uint8Array, group: GroupId): boolean {
  return bytesToUuid(bytes) === group
}
