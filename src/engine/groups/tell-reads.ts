// Telling the authors of a group, each alone, that one has read what they said: a moment later, many at once [P147].

import { create } from '@bufbuild/protobuf'
import { GroupReadsSchema } from '../../protocol/generated/group_pb.ts'
import { type AccountId, type GroupId, uuidToBytes } from '../../shared/ids.ts'
import {
  addReadToTell,
  authorsToTell,
  dropReadsToTell,
  forgetReadsToTell,
  forgetReadsToTellBefore,
  type ReadToTell,
  readsToTell,
} from '../storage/group-reads.ts'
import { findGroup } from '../storage/groups.ts'
import type { MessageRow } from '../storage/messages.ts'
import { isBlocked } from '../storage/people.ts'
import type { GroupNeeds } from './needs.ts'
import { parcelBody, sendParcel } from './pairwise.ts'
import { type GroupStates, isAtWork } from './states.ts'
import { isTold, isToldTo, MOST_READS } from './take-reads.ts'

/** Milliseconds: who reads on has read more by then. */
const A_MOMENT = 2_000
/** Before the next try, where the relay does not say how long. */
const PAUSE = 60_000
/** [P54] Longer than a relay keeps an envelope, nobody waits for it. */
const KEPT = 31 * 86_400_000

export interface TellingReads {
  /** In the transaction in which they become read. */
  owe(group: GroupId, rows: readonly MessageRow[]): void
  connected(): void
  idle(): Promise<void>
  stop(): void
}

export function createTellingReads(needs: GroupNeeds, states: GroupStates): TellingReads {
  const { sql, clock, log, connection, own } = needs
  let callOff: (() => void) | undefined
  let running: Promise<void> = Promise.resolve()
  let stopped = false

  function owe(group: GroupId, rows: readonly MessageRow[]): void {
    const state = states.get(group)
    if (state === undefined || !isAtWork(findGroup(sql, group), state, own.account) || !isTold(needs, state)) return
    let isOwing = false
    for (const row of rows) {
      if (row.imported === 1 || !isAuthor(group, row.author) || !isToldTo(state, own.account, row)) continue
      addReadToTell(sql, { group_id: group, author: row.author, message: row.id, at: clock.now() })
      isOwing = true
    }
    if (isOwing) wake(A_MOMENT)
  }

  /** Of those who may be told. */
  function isAuthor(group: GroupId, account: AccountId): boolean {
    return account !== own.account && states.get(group)?.members.has(account) === true && !isBlocked(sql, account)
  }

  function wake(after: number): void {
    if (stopped || callOff !== undefined) return
    callOff = clock.after(after, () => {
      callOff = undefined
      running = running.then(tellAll).catch((error: unknown) => {
        log.error('groups.tell-reads', { error: error instanceof Error ? error.name : 'unknown' })
      })
    })
  }

  async function tellAll(): Promise<void> {
    if (!needs.tellsOfReading()) {
      sql.transaction(() => forgetReadsToTell(sql))
      return
    }
    let wait: number | undefined
    for (const { group_id, author } of authorsToTell(sql)) {
      for (;;) {
        if (stopped || !isOnline()) return
        const due = readsToTell(sql, group_id, author, MOST_READS)
        if (due.length === 0) break
        const told = await tell(group_id, author, due)
        if (told === 'later') break
        if (typeof told === 'number') {
          wait = Math.max(wait ?? 0, told)
          break
        }
        sql.transaction(() => dropReadsToTell(sql, due))
        await clock.breathe()
      }
    }
    if (wait !== undefined) wake(wait)
  }

  /** done: nothing of it is owed any more. later: when one connects again. Or after so many milliseconds. */
  async function tell(
    group: GroupId,
    author: AccountId,
    due: readonly ReadToTell[],
  ): Promise<'done' | 'later' | number> {
    const state = states.get(group)
    if (state === undefined || !isAtWork(findGroup(sql, group), state, own.account)) return 'done'
    if (!isAuthor(group, author) || !isTold(needs, state)) return 'done'
    const reads = due.map(({ message, at }) => ({ message: uuidToBytes(message), atMs: BigInt(at) }))
    const body = parcelBody({
      case: 'groupReads',
      value: create(GroupReadsSchema, { group: uuidToBytes(group), reads }),
    })
    const sent = await sendParcel(needs, { recipient: author, device: undefined, body })
    if (sent.ok) return 'done'
    switch (sent.failure.code) {
      case 'not-connected':
      case 'rate-limited':
      case 'mailbox-full':
      case 'disk-full':
        return sent.failure.retryAfter ?? PAUSE
      case 'no-such-person':
        return 'done'
      default:
        return 'later'
    }
  }

  function isOnline(): boolean {
    const { state } = connection.state()
    return state === 'online' || state === 'catching-up'
  }

  return {
    owe,
    connected() {
      sql.transaction(() => forgetReadsToTellBefore(sql, clock.now() - KEPT))
      if (authorsToTell(sql).length > 0) wake(A_MOMENT)
    },
    async idle() {
      await running
    },
    stop() {
      stopped = true
      callOff?.()
    },
  }
}
