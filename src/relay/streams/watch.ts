// What one connection watches: the streams it named last, pushed as fast as it takes them, and told of where it did not.

import type { RelayBody } from '../../protocol/frames.ts'
import type { WatchStreams } from '../../protocol/generated/relay_pb.ts'
import { type AccountId, type GroupId, uuidToBytes } from '../../shared/ids.ts'
import type { Limit } from '../limits.ts'
import { readGroup } from '../read.ts'
import { malformed, tooManyRequests } from '../refusal.ts'
import type { Hub, Watcher } from './hub.ts'
import type { GroupStates } from './states.ts'

/** Named at once. */
export const MOST_WATCHED = 1000
/** Above so many bytes that the socket has not taken yet, nothing more is pushed. */
const ENOUGH_BUFFERED = 256 * 1024
/** Looked up at once. */
const ABREAST = 16

export interface Outlet {
  push(frame: Uint8Array): void
  /** Bytes the socket has not taken yet. */
  buffered(): number
}

export interface Watching {
  watch(request: WatchStreams): Promise<RelayBody>
  /** [P36] Whether both are members of a group that is watched here. */
  sharesGroupWith(other: AccountId): boolean
  /** The socket has taken something, whatever it was. */
  written(): void
  stop(): void
}

export interface WatchingParts {
  hub: Hub
  states: Pick<GroupStates, 'remembered'>
  /** By account. */
  streamReads: Limit
}

export function createWatching(
  { hub, states, streamReads }: WatchingParts,
  account: AccountId,
  outlet: Outlet,
): Watching {
  const watched = new Map<GroupId, Watcher>()
  /** Pushed to while there was no room. */
  const behind = new Set<GroupId>()
  let stopped = false
  /** Counts the requests: what an older one finds out is of no use any more. */
  let latest = 0

  function makeWatcher(group: GroupId): Watcher {
    return {
      account,
      push: (frame) => {
        // Once it has missed something, the next it hears is where to read.
        if (behind.has(group) || outlet.buffered() > ENOUGH_BUFFERED) {
          behind.add(group)
          return false
        }
        outlet.push(frame)
        return true
      },
    }
  }

  function leaveAll(): void {
    for (const [group, watcher] of watched) hub.leave(group, watcher)
    watched.clear()
    behind.clear()
  }

  async function standingOf(group: GroupId, request: number) {
    const watcher = makeWatcher(group)
    const standing = await hub.watch(group, watcher)
    if (standing !== undefined && (stopped || request !== latest)) hub.leave(group, watcher)
    else if (standing !== undefined) watched.set(group, watcher)
    return {
      group: uuidToBytes(group),
      served: standing !== undefined,
      lastPosition: BigInt(standing?.lastPosition ?? 0),
      entries: BigInt(standing?.entries ?? 0),
    }
  }

  return {
    watch: async ({ groups: named }) => {
      const groups = [...new Set(named.flatMap((bytes) => readGroup(bytes) ?? []))]
      if (groups.length !== named.length || groups.length > MOST_WATCHED) return malformed('not groups, or too many')
      for (const _ of groups) {
        const wait = streamReads.take(account)
        if (wait > 0) return tooManyRequests(wait)
      }
      latest += 1
      const request = latest
      leaveAll()
      const standings = []
      for (let first = 0; first < groups.length; first += ABREAST) {
        const some = groups.slice(first, first + ABREAST)
        standings.push(...(await Promise.all(some.map((group) => standingOf(group, request)))))
      }
      return { case: 'streamsWatched', value: { standings } }
    },
    sharesGroupWith: (other) => {
      for (const group of watched.keys()) {
        const members = states.remembered(group)?.members
        if (members?.has(account) && members.has(other)) return true
      }
      return false
    },
    written: () => {
      if (behind.size === 0 || outlet.buffered() > ENOUGH_BUFFERED) return
      const groups = [...behind]
      behind.clear()
      for (const group of groups) {
        const watcher = watched.get(group)
        if (watcher !== undefined) hub.again(group, watcher)
      }
    },
    stop: () => {
      stopped = true
      leaveAll()
    },
  }
}
