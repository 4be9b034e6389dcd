// Appending to the log of a group: the relay judges an entry as every member will, and orders them [P120].

import type { RelayBody } from '../../protocol/frames.ts'
import { type AppendEntry, Reason } from '../../protocol/generated/relay_pb.ts'
import { applyEntry, type Why } from '../../protocol/groups/apply.ts'
import { type GroupEntry, readEntry } from '../../protocol/groups/read.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import { MAILBOX_RETENTION, MAX_CLOCK_SKEW, MAX_ENTRY_BYTES } from '../../protocol/limits.ts'
import { unreachable } from '../../shared/answer.ts'
import type { Instant } from '../../shared/ids.ts'
import type { Caller } from '../authentication.ts'
import type { Bell } from '../bell.ts'
import type { Limit } from '../limits.ts'
import type { Clock, Verify } from '../ports.ts'
import { readGroup } from '../read.ts'
import { malformed, type Refusal, refused, tooManyRequests } from '../refusal.ts'
import type { EntryStored, NewEntry, StreamStore } from './contract.ts'
import { extentOf, opens } from './extent.ts'
import type { GroupStates } from './states.ts'

export interface AppendParts {
  store: StreamStore
  states: GroupStates
  bell: Bell
  clock: Clock
  verify: Verify
  /** By account. */
  entries: Limit
  /** By account. */
  newGroups: Limit
}

const DAY = 86_400_000

export async function appendEntry(parts: AppendParts, caller: Caller, request: AppendEntry): Promise<RelayBody> {
  const group = readGroup(request.group)
  if (group === undefined) return malformed('not a group')
  if (request.entry.length > MAX_ENTRY_BYTES) return refused(Reason.TOO_LARGE, `at most ${MAX_ENTRY_BYTES} bytes`)
  const read = readEntry(request.entry)
  if (!read.ok) return read.why === 'malformed' ? invalid('not an entry') : updateNeeded()
  const { entry } = read
  if (entry.group !== group) return invalid('of another group')
  if (entry.actor !== caller.account || entry.device !== caller.device) return invalid('made by somebody else')
  const { change } = entry
  const isOwnKey = !('identityKey' in change) || Buffer.compare(change.identityKey, caller.identityKey) === 0
  if (!isOwnKey) return invalid('brings another identity key than the account’s')
  const isFirst = entry.index === 0
  const wait = (isFirst ? parts.newGroups : parts.entries).take(caller.account)
  if (wait > 0) return tooManyRequests(wait)
  const state = await parts.states.newest(group)
  if (state === undefined) return isFirst ? store(parts, undefined, entry, request.entry) : noSuchGroup()
  // Whoever has nothing to do with a group is not told that there is one.
  const now = parts.clock.now()
  if (extentOf(state, caller.account, request.linkSecret, now) === undefined) return noSuchGroup()
  if (entry.index <= state.head.index) return storedBefore(parts, state, entry)
  const asks = entry.change.kind === 'request-to-join' && !state.members.has(caller.account)
  if (asks && !opens(state, request.linkSecret, now)) return noSuchGroup()
  return store(parts, state, entry, request.entry)
}

/** The answer was lost, or others were faster. */
async function storedBefore({ store }: AppendParts, state: GroupState, entry: GroupEntry): Promise<RelayBody> {
  const [held] = await store.entriesFrom(entry.group, entry.index, 1)
  const read = held && readEntry(held.content)
  if (held === undefined || !read?.ok || Buffer.compare(read.entry.hash, entry.hash) !== 0) return headMoved(state)
  return appended(held.position, held.takenAt, true)
}

async function store(
  { store, states, bell, clock, verify }: AppendParts,
  state: GroupState | undefined,
  entry: GroupEntry,
  content: Uint8Array,
): Promise<RelayBody> {
  const now = clock.now()
  if (Math.abs(entry.at - now) > MAX_CLOCK_SKEW)
    return refused(Reason.CLOCK_SKEW, 'the time of the entry differs from the relay’s by more than five minutes')
  const applied = applyEntry(state, entry, { verify, now })
  if (!applied.ok) return whyNot(applied.why, state)
  const { group, index, hash, previous, actor: sender, device: senderDevice } = entry
  const next: NewEntry = {
    ...{ group, index, hash, previous, content, sender, senderDevice },
    keepFor: retention(applied.state),
    ends: applied.state.deleted !== undefined,
  }
  const stored = await store.appendEntry(next, now)
  if (stored.outcome === 'appended') {
    const { position } = stored.placed.item
    // Once more, with the place it has now.
    const placed = applyEntry(state, entry, { verify: () => true, now, position })
    if (placed.ok) states.remember(placed.state)
    bell.grew(group, stored.placed)
  }
  return answerTo(stored, now)
}

function answerTo(stored: EntryStored, now: Instant): RelayBody {
  switch (stored.outcome) {
    case 'appended':
      return appended(stored.placed.item.position, now, false)
    case 'duplicate':
      return appended(stored.position, stored.at, true)
    case 'moved':
      return {
        case: 'headMoved',
        value: { index: BigInt(stored.index), position: BigInt(stored.position) },
      }
    case 'full':
      return refused(Reason.STREAM_FULL, 'the log has as many entries as it may')
    case 'no-such-stream':
      return noSuchGroup()
    default:
      return unreachable(stored)
  }
}

function appended(position: number, at: Instant, duplicate: boolean): RelayBody {
  return { case: 'entryAppended', value: { position: BigInt(position), timeMs: BigInt(at), duplicate } }
}

/** [P124] How long items are kept; undefined: as long as the group. */
function retention({ policies: { history } }: GroupState): number | undefined {
  switch (history.kind) {
    case 'none':
      return MAILBOX_RETENTION
    case 'days':
      return Math.max(MAILBOX_RETENTION, history.days * DAY)
    case 'all':
      return undefined
  }
}

function whyNot(why: Why, state: GroupState | undefined): RelayBody {
  switch (why) {
    case 'wrong-index':
    case 'wrong-chain':
      return state === undefined ? invalid('a log begins with its creation') : headMoved(state)
    case 'deleted':
      return noSuchGroup()
    case 'not-a-member':
    case 'not-permitted':
    case 'outranked':
    case 'banned':
    case 'expired':
    case 'not-invited':
      return refused(Reason.NOT_PERMITTED, why)
    case 'too-many':
      return refused(Reason.STREAM_FULL, why)
    default:
      return invalid(why)
  }
}

function headMoved({ head }: GroupState): RelayBody {
  return { case: 'headMoved', value: { index: BigInt(head.index), position: BigInt(head.position) } }
}

function invalid(detail: string): Refusal {
  return refused(Reason.ENTRY_INVALID, detail)
}

function updateNeeded(): Refusal {
  return refused(Reason.UPDATE_NEEDED, 'this relay does not know that change')
}

export function noSuchGroup(): Refusal {
  return refused(Reason.NO_SUCH_GROUP, 'no such group, or not for this account')
}
