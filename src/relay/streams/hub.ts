// The hub: pushes what comes into a stream to all who watch it here [P125]. It is read once and written once, however many
// they are; who cannot take more, or missed what was before, is told to read it.

import { encodeRelayFrame } from '../../protocol/frames.ts'
import { StreamKind } from '../../protocol/generated/relay_pb.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import { MAX_FRAME_BYTES } from '../../protocol/limits.ts'
import { type AccountId, type GroupId, uuidToBytes } from '../../shared/ids.ts'
import { whereThrown } from '../../shared/thrown.ts'
import type { Bell } from '../bell.ts'
import type { Log } from '../ports.ts'
import type { HeldItem, PlacedItem, StreamStore } from './contract.ts'
import { asStreamItem, ITEM_WRAPPING } from './read.ts'
import type { GroupStates } from './states.ts'

/** Items read in one go. */
const READ_AT_ONCE = 128
const READ_BYTES = 1024 * 1024
/** Items waiting in memory; beyond it they are read from the store. */
const MOST_AT_HAND = 1024

/** Somebody's connection. */
export interface Watcher {
  readonly account: AccountId
  /** False: it has not taken what was pushed before, and this was not pushed. */
  push(frame: Uint8Array): boolean
}

export interface Hub {
  /** Resolves when pushes have begun, with what there was before. Undefined: nothing there for this account. */
  watch(group: GroupId, watcher: Watcher): Promise<Standing | undefined>
  leave(group: GroupId, watcher: Watcher): void
  /** It takes again what it did not: it is told where to read. */
  again(group: GroupId, watcher: Watcher): void
}

export interface Standing {
  lastPosition: number
  entries: number
}

interface HubParts {
  store: Pick<StreamStore, 'readStream' | 'streamStanding'>
  states: GroupStates
  bell: Bell
  log: Log
  pushed(items: number): void
}

interface Watched {
  readonly group: GroupId
  /** Behind which position everything is pushed; absent: nothing is, only told of entries. */
  readonly watchers: Map<Watcher, number | undefined>
  /** Pushed. */
  upTo: number
  /** What follows it, from rings. */
  atHand: PlacedItem[]
  /** There is more than what is at hand. */
  mustRead: boolean
  pump: 'idle' | 'scheduled' | 'running' | 'running, rung again'
}

export function createHub({ store, states, bell, log, pushed }: HubParts): Hub {
  const streams = new Map<GroupId, Watched>()

  bell.listenToStreams((group, placed) => {
    if (group === 'all') for (const stream of streams.values()) rung(stream)
    else {
      const stream = streams.get(group)
      if (stream !== undefined) rung(stream, placed)
    }
  })

  /** After all that happens in this turn: many rings, one push. */
  function rung(stream: Watched, placed?: PlacedItem): void {
    const follows = (stream.atHand.at(-1)?.item.position ?? stream.upTo) === placed?.previous
    if (placed !== undefined && follows && stream.atHand.length < MOST_AT_HAND) stream.atHand.push(placed)
    else stream.mustRead = true
    if (stream.pump === 'running') stream.pump = 'running, rung again'
    if (stream.pump !== 'idle') return
    stream.pump = 'scheduled'
    process.nextTick(() => {
      run(stream).catch((error: unknown) => {
        stream.pump = 'idle'
        log.error('stream not pushed', whereThrown(error))
      })
    })
  }

  async function run(stream: Watched): Promise<void> {
    do {
      stream.pump = 'running'
      const { atHand, mustRead } = stream
      stream.atHand = []
      stream.mustRead = false
      const follows = atHand[0]?.previous === stream.upTo
      if (follows)
        await push(
          stream,
          atHand.map(({ item }) => item),
        )
      if (mustRead || !follows) while (isWatched(stream) && (await pushSome(stream)));
    } while (stream.pump === ('running, rung again' as Watched['pump']) && isWatched(stream))
    stream.pump = 'idle'
  }

  function isWatched(stream: Watched): boolean {
    return streams.get(stream.group) === stream
  }

  /** Whether there may be more. */
  async function pushSome(stream: Watched): Promise<boolean> {
    const { group, upTo: after } = stream
    const reading = { after, itemsAfter: after, upTo: Infinity, limit: READ_AT_ONCE, mostBytes: READ_BYTES }
    const held = await store.readStream(group, reading)
    if (held === undefined || held.items.length === 0) return false
    await push(stream, held.items)
    return true
  }

  /** Up to an entry, and with it, to those it was for until then. */
  async function push(stream: Watched, items: readonly HeldItem[]): Promise<void> {
    let first = 0
    for (const [index, item] of items.entries()) {
      const isEntry = item.kind === StreamKind.ENTRY
      if (!isEntry && index < items.length - 1) continue
      pushRun(stream, items.slice(first, index + 1), isEntry)
      first = index + 1
      if (isEntry) admit(stream, await states.newest(stream.group))
    }
  }

  function pushRun(stream: Watched, items: readonly HeldItem[], hasEntry: boolean): void {
    const { group, watchers, upTo: after } = stream
    const frames = split(items).map((run, index, runs) => grew(group, runs[index - 1]?.at(-1)?.position ?? after, run))
    let hint: Uint8Array | undefined
    let count = 0
    for (const [watcher, from] of watchers) {
      if (from !== undefined && from <= after) {
        for (const frame of frames) if (!watcher.push(frame)) break
        count += items.length
      } else if (hasEntry) {
        hint ??= grew(group, after, [])
        watcher.push(hint)
      }
    }
    stream.upTo = items.at(-1)?.position ?? after
    pushed(count)
  }

  /** Looks again at who may be pushed what. Whoever goes is told to read how it came about. */
  function admit(stream: Watched, state: GroupState | undefined): void {
    for (const watcher of [...stream.watchers.keys()]) {
      const standing = state && standingOf(state, watcher.account)
      if (standing !== undefined) stream.watchers.set(watcher, standing.from)
      else {
        leave(stream.group, watcher)
        watcher.push(grew(stream.group, stream.upTo, []))
      }
    }
  }

  function begin(group: GroupId, upTo: number): Watched {
    const stream: Watched = { group, watchers: new Map(), upTo, atHand: [], mustRead: false, pump: 'idle' }
    streams.set(group, stream)
    // What came while nobody listened for it.
    rung(stream)
    return stream
  }

  function leave(group: GroupId, watcher: Watcher): void {
    const stream = streams.get(group)
    stream?.watchers.delete(watcher)
    if (stream?.watchers.size === 0) streams.delete(group)
  }

  return {
    watch: async (group, watcher) => {
      for (;;) {
        const state = await states.newest(group)
        const standing = state && standingOf(state, watcher.account)
        const held = await store.streamStanding(group)
        if (state === undefined || standing === undefined || held === undefined) return undefined
        // The log has moved on in between: whoever was removed must not slip in.
        if (Buffer.compare(held.head.hash, state.head.hash) !== 0 || states.remembered(group) !== state) continue
        const stream = streams.get(group) ?? begin(group, held.lastPosition)
        stream.watchers.set(watcher, standing.from)
        return { lastPosition: Math.max(held.lastPosition, stream.upTo), entries: held.head.index + 1 }
      }
    },
    leave,
    again: (group, watcher) => {
      const stream = streams.get(group)
      if (stream?.watchers.has(watcher)) watcher.push(grew(group, stream.upTo, []))
    },
  }
}

/** Undefined: there is nothing to watch for them. */
function standingOf(state: GroupState, account: AccountId): { from: number | undefined } | undefined {
  if (state.deleted !== undefined) return undefined
  const member = state.members.get(account)
  if (member !== undefined) return { from: member.joined.position }
  return state.invited.has(account) || state.requests.has(account) ? { from: undefined } : undefined
}

function grew(group: GroupId, after: number, items: readonly HeldItem[]): Uint8Array {
  const value = { group: uuidToBytes(group), after: BigInt(after), items: items.map(asStreamItem) }
  return encodeRelayFrame(0, { case: 'streamGrew', value })
}

/** Into runs that fit a frame each. */
function split(items: readonly HeldItem[]): HeldItem[][] {
  const frames: HeldItem[][] = []
  let room = 0
  for (const item of items) {
    const size = item.content.length + ITEM_WRAPPING
    if (size > room || frames.length === 0) {
      frames.push([])
      room = MAX_FRAME_BYTES - 2 * ITEM_WRAPPING
    }
    frames.at(-1)?.push(item)
    room -= size
  }
  return frames
}
