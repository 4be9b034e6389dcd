// Changing a group: an entry on top of the newest, by compare-and-swap at the relay. Who was slower makes it anew on top of
// what the others did [F33].

import { type Applied, applyEntry, type Why } from '../../protocol/groups/apply.ts'
import { buildEntry, buildFirstEntry, sealEntry } from '../../protocol/groups/build.ts'
import type { Change } from '../../protocol/groups/change.ts'
import { readEntry } from '../../protocol/groups/read.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { FailureCode } from '../../shared/failure.ts'
import { type GroupId, groupConversation, type Instant, uuidToBytes } from '../../shared/ids.ts'
import { verifySignature } from '../signal/verify.ts'
import { findGroup } from '../storage/groups.ts'
import { Touched } from '../touched.ts'
import { isAlreadySo } from './already-so.ts'
import type { Following } from './follow.ts'
import type { GroupNeeds } from './needs.ts'
import type { GroupStates } from './states.ts'

/** Ten who change a group at the same moment all come through. */
const MOST_TRIES = 12

/** What is to change, given what stands; undefined: nothing any more. */
export type Plan = (state: GroupState) => Change | undefined

export interface Appending {
  /** The first entry: the group is there when it answers. */
  found(group: GroupId, change: Change & { kind: 'create' }): Promise<Answer<null>>
  /** Committed at the relay, and read, when it answers. */
  change(group: GroupId, plan: Plan): Promise<Answer<null>>
}

export function createAppending(needs: GroupNeeds, states: GroupStates, following: Following): Appending {
  const { sql, clock, connection, own, account } = needs

  function actor(at: Instant) {
    return { actor: own.account, device: own.device, at }
  }

  async function found(group: GroupId, change: Change & { kind: 'create' }): Promise<Answer<null>> {
    const built = buildFirstEntry(group, actor(clock.now()), change)
    const entry = sealEntry(built, account.identity.sign(built.toSign))
    const appended = await connection.askAny({ case: 'appendEntry', value: { group: uuidToBytes(group), entry } })
    needs.crash('group.appended')
    if (!appended.ok) return appended
    if (appended.value.case !== 'entryAppended') return refuse('relay-refused', 'the group is there already')
    return following.catchUp(group)
  }

  async function change(group: GroupId, plan: Plan): Promise<Answer<null>> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const row = findGroup(sql, group)
      const state = states.get(group)
      if (row === undefined || state === undefined) return refuse('no-such-group')
      if (row.halted !== null) return refuse('group-halted')
      const planned = plan(state)
      if (planned === undefined) return refuse('already-so')
      const now = clock.now()
      if (isOverAlready(planned, now)) return refuse('bad-input', 'until: a time that has passed')
      const built = buildEntry(state, actor(now), planned)
      const entry = sealEntry(built, account.identity.sign(built.toSign))
      const judged = judge(state, entry)
      if (!judged.ok) return refuse(codeOf(judged.why), judged.why)
      // What one may not do is refused as that, also where it stands already.
      if (isAlreadySo(state, own.account, planned, now)) return refuse('already-so')
      const appended = await connection.askAny({
        case: 'appendEntry',
        value: { group: uuidToBytes(group), entry, linkSecret: row.link_secret ?? new Uint8Array() },
      })
      needs.crash('group.appended')
      if (!appended.ok) return appended
      const read = await following.catchUp(group)
      if (appended.value.case === 'entryAppended') {
        if (read.ok) return answer(null)
        if (read.failure.code !== 'no-such-group') return read
        // With this one's own last word the relay serves it no more: it stands as it was judged.
        keep(group, judged.state)
        return answer(null)
      }
      if (!read.ok) return read
      // Others were faster: their entries are read, and this one is made anew.
    }
    return refuse('not-connected', 'others change the group faster')
  }

  function judge(state: GroupState, bytes: Uint8Array): Applied | { ok: false; why: 'malformed' } {
    const read = readEntry(bytes)
    if (!read.ok) return { ok: false, why: 'malformed' }
    return applyEntry(state, read.entry, { verify: verifySignature, now: clock.now() })
  }

  function keep(group: GroupId, state: GroupState): void {
    const touched = new Touched()
    try {
      sql.transaction(() => states.write(group, state, own.account))
    } catch (error) {
      states.forget(group)
      throw error
    }
    touched.conversation(groupConversation(group))
    needs.tell(touched)
  }

  return { found, change }
}

/** A ban or a mute that would be over when it begins. In the log, 0 stands for one that never ends. */
function isOverAlready(change: Change, now: Instant): boolean {
  return (change.kind === 'ban' || change.kind === 'mute') && change.until !== undefined && change.until <= now
}

function codeOf(why: Why | 'malformed'): FailureCode {
  switch (why) {
    case 'already-so':
    case 'already-member':
      return 'already-so'
    case 'not-a-member':
    case 'deleted':
    case 'no-link':
      return 'no-such-group'
    case 'no-such-member':
    case 'not-invited':
    case 'not-requested':
    case 'not-banned':
      return 'no-such-person'
    case 'too-many':
      return 'group-full'
    case 'last-owner':
      return 'last-owner'
    case 'not-permitted':
    case 'outranked':
    case 'not-yourself':
    case 'banned':
    case 'expired':
      return 'not-permitted'
    default:
      return 'bad-input'
  }
}
