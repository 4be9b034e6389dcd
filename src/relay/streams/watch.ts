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

export interface WatchingParts {
  hub: Hub
  states: Pick<GroupStates, 'remembered'>
  /** By account. */
  streamReads: Limit
}

/** One for each device that watches, and a watcher for each group. */
export class Watching {
  readonly #parts: WatchingParts
  readonly #account: AccountId
  readonly #outlet: Outlet
  readonly #watched = new Map<GroupId, Watcher>()
  /** Pushed to while there was no room. */
  readonly #behind = new Set<GroupId>()
  #stopped = false
  /** Counts the requests: what an older one finds out is of no use any more. */
  #latest = 0

  constructor(parts: WatchingParts, account: AccountId, outlet: Outlet) {
    this.#parts = parts
    this.#account = account
    this.#outlet = outlet
  }

  async watch({ groups: named }: WatchStreams): Promise<RelayBody> {
    const groups = [...new Set(named.flatMap((bytes) => readGroup(bytes) ?? []))]
    if (groups.length !== named.length || groups.length > MOST_WATCHED) return malformed('not groups, or too many')
    for (const _ of groups) {
      const wait = this.#parts.streamReads.take(this.#account)
      if (wait > 0) return tooManyRequests(wait)
    }
    this.#latest += 1
    const request = this.#latest
    this.#leaveAll()
    const standings = []
    for (let first = 0; first < groups.length; first += ABREAST) {
      const some = groups.slice(first, first + ABREAST)
      standings.push(...(await Promise.all(some.map((group) => this.#standingOf(group, request)))))
    }
    return { case: 'streamsWatched', value: { standings } }
  }

  /** [P36] Whether both are members of a group that is watched here. */
  sharesGroupWith(other: AccountId): boolean {
    for (const group of this.#watched.keys()) {
      const members = this.#parts.states.remembered(group)?.members
      if (members?.has(this.#account) && members.has(other)) return true
    }
    return false
  }

  /** The socket has taken something, whatever it was. */
  written(): void {
    if (this.#behind.size === 0 || this.#outlet.buffered() > ENOUGH_BUFFERED) return
    const groups = [...this.#behind]
    this.#behind.clear()
    for (const group of groups) {
      const watcher = this.#watched.get(group)
      if (watcher !== undefined) this.#parts.hub.again(group, watcher)
    }
  }

  stop(): void {
    this.#stopped = true
    this.#leaveAll()
  }

  async #standingOf(group: GroupId, request: number) {
    const { hub } = this.#parts
    const watcher: Watcher = { account: this.#account, push: (frame) => this.#push(group, frame) }
    const standing = await hub.watch(group, watcher)
    if (standing !== undefined && (this.#stopped || request !== this.#latest)) hub.leave(group, watcher)
    else if (standing !== undefined) this.#watched.set(group, watcher)
    return {
      group: uuidToBytes(group),
      served: standing !== undefined,
      lastPosition: BigInt(standing?.lastPosition ?? 0),
      entries: BigInt(standing?.entries ?? 0),
    }
  }

  /** Once it has missed something, the next it hears is where to read. */
  #push(group: GroupId, frame: Uint8Array): boolean {
    if (this.#behind.has(group) || this.#outlet.buffered() > ENOUGH_BUFFERED) {
      this.#behind.add(group)
      return false
    }
    this.#outlet.push(frame)
    return true
  }

  #leaveAll(): void {
    for (const [group, watcher] of this.#watched) this.#parts.hub.leave(group, watcher)
    this.#watched.clear()
    this.#behind.clear()
  }
}
