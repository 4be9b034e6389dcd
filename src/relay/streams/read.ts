// Reading a stream: a page from a position on, of what is for whoever asks [P122] [P123].

import type { MessageInitShape } from '@bufbuild/protobuf'
import type { RelayBody } from '../../protocol/frames.ts'
import type { ReadStream, StreamItemSchema } from '../../protocol/generated/relay_pb.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import { MAX_FRAME_BYTES } from '../../protocol/limits.ts'
import type { GroupId } from '../../shared/ids.ts'
import type { Caller } from '../authentication.ts'
import type { Limit } from '../limits.ts'
import type { Clock } from '../ports.ts'
import { readGroup } from '../read.ts'
import { malformed, tooManyRequests } from '../refusal.ts'
import { noSuchGroup } from './append.ts'
import type { HeldItem, StreamRead, StreamStore } from './contract.ts'
import { type Extent, extentOf } from './extent.ts'
import type { GroupStates } from './states.ts'

export interface ReadParts {
  store: StreamStore
  states: GroupStates
  /** By account. */
  streamReads: Limit
  clock: Clock
}

/** Items of one page, at most and unless less is asked for. */
const MOST_ITEMS = 256
/** More than an item's fields other than its content take on the wire, in bytes. */
export const ITEM_WRAPPING = 96
/** What is left for contents, with as many items as there may be. */
const MOST_BYTES = MAX_FRAME_BYTES - 1024

export async function readStream(parts: ReadParts, caller: Caller, request: ReadStream): Promise<RelayBody> {
  const group = readGroup(request.group)
  const after = Number(request.after)
  if (group === undefined || !Number.isSafeInteger(after)) return malformed('not a place in a stream')
  const wait = parts.streamReads.take(caller.account)
  if (wait > 0) return tooManyRequests(wait)
  return readFor(parts, caller, group, request)
}

async function readFor(
  { store, states, clock }: ReadParts,
  caller: Caller,
  group: GroupId,
  { after: from, limit: wanted, entriesOnly, linkSecret }: ReadStream,
): Promise<RelayBody> {
  const after = Number(from)
  const limit = Math.min(wanted || MOST_ITEMS, MOST_ITEMS)
  const mostBytes = MOST_BYTES - limit * ITEM_WRAPPING
  const extentIn = (state: GroupState | undefined) => {
    const extent = state && extentOf(state, caller.account, linkSecret, clock.now())
    return extent && after < extent.upTo ? extent : undefined
  }
  let state = states.remembered(group)
  // What is remembered may be behind: nobody is refused by it.
  if (extentIn(state) === undefined) state = await states.newest(group)
  for (;;) {
    const extent = extentIn(state)
    if (extent === undefined) return noSuchGroup()
    const { upTo } = extent
    const itemsAfter = entriesOnly ? Infinity : extent.itemsAfter
    const held = await store.readStream(group, { after, itemsAfter, upTo, limit, mostBytes })
    const now = held && (await states.at(group, held.head))
    // Judged by another log than it was read by: once more, by this one.
    if (now === state && held !== undefined) return page(held, extent, after)
    state = now
  }
}

function page({ items, lastPosition }: StreamRead, extent: Extent, after: number): RelayBody {
  const last = items.at(-1)?.position ?? after
  return {
    case: 'streamPage',
    value: {
      items: items.filter(extent.serves).map(asStreamItem),
      more: items.length > 0 && last < Math.min(lastPosition, extent.upTo),
      upTo: BigInt(last),
    },
  }
}

export function asStreamItem(item: HeldItem): MessageInitShape<typeof StreamItemSchema> {
  const { position, kind, sender, senderDevice, message, content, takenAt } = item
  return { position: BigInt(position), kind, sender, senderDevice, message, content, timeMs: BigInt(takenAt) }
}
