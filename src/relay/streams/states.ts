// What the relay knows of groups: their logs taken together, made from the store's entries and remembered.
//
// Another relay may append to the same log. So what is remembered counts only together with the hash of its newest entry,
// which the store compares, or after it was brought up to date.

import { applyEntry } from '../../protocol/groups/apply.ts'
import { readEntry } from '../../protocol/groups/read.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import type { GroupId } from '../../shared/ids.ts'
import type { LoggedEntry, StreamStore } from './contract.ts'

export interface GroupStates {
  /** As it was when it was last looked at. */
  remembered(group: GroupId): GroupState | undefined
  /** As it is now. Undefined: there is no such group. */
  newest(group: GroupId): Promise<GroupState | undefined>
  /** As it was at this newest entry, or a later one. */
  at(group: GroupId, head: Uint8Array): Promise<GroupState | undefined>
  /** What was appended here. */
  remember(state: GroupState): void
}

/** Entries read in one go: the event loop turns in between. */
const READ_AT_ONCE = 200
/** Bytes of a member, or of somebody else whom a log names. */
const A_MEMBER = 300
/** As many of them, and what takes as much room. */
const MOST_REMEMBERED = 1_000_000

/** They were verified when they were taken. */
const trusted = () => true

export function createGroupStates(store: Pick<StreamStore, 'entriesFrom' | 'streamStanding'>): GroupStates {
  /** Least lately used first. */
  const states = new Map<GroupId, GroupState>()
  const underWay = new Map<GroupId, Promise<GroupState | undefined>>()
  let weight = 0

  function forget(group: GroupId): void {
    const state = states.get(group)
    if (state !== undefined) weight -= weightOf(state)
    states.delete(group)
  }

  function remember(state: GroupState): void {
    const known = states.get(state.group)
    // Two that were appended at once are told of in any order.
    if (known !== undefined && known.head.index > state.head.index && known.created.at === state.created.at) return
    forget(state.group)
    states.set(state.group, state)
    weight += weightOf(state)
    for (const group of states.keys()) {
      if (weight <= MOST_REMEMBERED || group === state.group) break
      forget(group)
    }
  }

  function remembered(group: GroupId): GroupState | undefined {
    const state = states.get(group)
    if (state === undefined) return undefined
    states.delete(group)
    states.set(group, state)
    return state
  }

  async function load(group: GroupId): Promise<GroupState | undefined> {
    const standing = await store.streamStanding(group)
    const known = states.get(group)
    if (known !== undefined && standing !== undefined && equal(standing.head.hash, known.head.hash)) return known
    const state = (known && (await goOn(known))) ?? (await goThrough(undefined, await entries(group, 0)))
    if (state === undefined) forget(group)
    else remember(state)
    return state
  }

  function entries(group: GroupId, index: number): Promise<LoggedEntry[]> {
    return store.entriesFrom(group, index, READ_AT_ONCE)
  }

  /** From the newest one that is known. Undefined: it is not in this log, which is another one by that name. */
  async function goOn(known: GroupState): Promise<GroupState | undefined> {
    const [newest, ...further] = await entries(known.group, known.head.index)
    const read = newest && readEntry(newest.content)
    if (!read?.ok || !equal(read.entry.hash, known.head.hash)) return undefined
    return goThrough(known, further)
  }

  async function goThrough(from: GroupState | undefined, first: LoggedEntry[]): Promise<GroupState | undefined> {
    let state = from
    for (let page = first; page.length > 0; page = state ? await entries(state.group, state.head.index + 1) : [])
      for (const entry of page) state = follow(state, entry)
    return state
  }

  /** Whoever asks while it is loaded may have to know of what came since. */
  async function newest(group: GroupId): Promise<GroupState | undefined> {
    await underWay.get(group)
    const running = underWay.get(group)
    if (running !== undefined) return running
    const loading = load(group).finally(() => underWay.delete(group))
    underWay.set(group, loading)
    return loading
  }

  return {
    remembered,
    newest,
    at: async (group, head) => {
      const state = remembered(group)
      return state !== undefined && equal(state.head.hash, head) ? state : newest(group)
    },
    remember,
  }
}

/** Throws for what no relay can have taken. */
function follow(state: GroupState | undefined, { content, position }: LoggedEntry): GroupState {
  const read = readEntry(content)
  const applied = read.ok ? applyEntry(state, read.entry, { verify: trusted, position }) : read
  if (!applied.ok) throw new Error(`a log that does not hold together: ${applied.why}`)
  return applied.state
}

function weightOf({ members, former, invited, requests, turnedAway, bans, epochs, details }: GroupState): number {
  // A picture takes as much as dozens of members.
  const sealed = Math.ceil((details?.sealed.ciphertext.length ?? 0) / A_MEMBER)
  return [members, former, invited, requests, turnedAway, bans].reduce(
    (sum, { size }) => sum + size,
    epochs.length + 1 + sealed,
  )
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}
