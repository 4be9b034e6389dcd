// Following the streams of groups: what was pushed if it fits, what was missed by reading [P122].

import type { StreamGrew, StreamItem } from '../../protocol/generated/relay_pb.ts'
import { type Answer, answer } from '../../shared/answer.ts'
import type { Failure } from '../../shared/failure.ts'
import { bytesToUuid, GroupId, groupConversation, uuidToBytes } from '../../shared/ids.ts'
import type { GroupStanding } from '../../shared/model.ts'
import { beginConversation } from '../devices/of-conversations.ts'
import { createQueue, type Queue } from '../queue.ts'
import { findConversation, setConversationState } from '../storage/conversations.ts'
import { allGroups, enterGroup, findGroup, type GroupRow, haltGroup, setGroupPosition } from '../storage/groups.ts'
import { Touched } from '../touched.ts'
import type { GroupNeeds } from './needs.ts'
import type { GroupStates } from './states.ts'
import { type Noticed, takeItems } from './take-items.ts'

/** Items of one page; the relay bounds it by bytes, too. */
const PAGE = 200
/** Until a relay that takes no more for now is asked again, if it does not say, in milliseconds. */
const PAUSE = 5_000

/** As one of these one is served the log, from its first entry to its newest. */
const SERVED: ReadonlySet<GroupStanding> = new Set(['member', 'invited', 'asked'])

/** Whether it is worth watching: whatever the log says, as far as it is known, or nothing of it yet. */
export function mayBeServed({ standing, log_position }: Pick<GroupRow, 'standing' | 'log_position'>): boolean {
  return log_position === 0 || SERVED.has(standing)
}

export interface Following {
  /** Reads all that is there by now. Several at once read once. */
  catchUp(group: GroupId): Promise<Answer<null>>
  /** From here on pushes come, for all groups one knows. */
  watch(): Promise<void>
  grew(push: StreamGrew): void
  idle(): Promise<void>
  stop(): void
}

export function createFollowing(
  needs: GroupNeeds,
  states: GroupStates,
  /** After the commit that holds them. */
  notice: (group: GroupId, noticed: readonly Noticed[]) => void,
): Following {
  const { sql, clock, connection, log } = needs
  const queues = new Map<GroupId, Queue>()
  /** What the relay had no time for. */
  const pauses = new Map<GroupId | 'watch', () => void>()
  let stopped = false

  function queueOf(group: GroupId): Queue {
    const known = queues.get(group)
    if (known !== undefined) return known
    const fresh = createQueue()
    queues.set(group, fresh)
    return fresh
  }

  async function read(group: GroupId): Promise<Answer<null>> {
    for (;;) {
      const row = findGroup(sql, group)
      if (row === undefined || row.halted !== null) return answer(null)
      const whole = isWhole(row)
      const after = whole ? row.position : row.log_position
      const page = await connection.ask(
        {
          case: 'readStream',
          value: {
            group: uuidToBytes(group),
            after: BigInt(after),
            limit: PAGE,
            entriesOnly: !whole,
            linkSecret: row.link_secret ?? new Uint8Array(),
          },
        },
        'streamPage',
      )
      if (!page.ok) return page
      if (!(await takeAll(group, page.value.items, whole))) continue
      readUpTo(group, whole, Number(page.value.upTo))
      if (!page.value.more) return answer(null)
    }
  }

  /** [P122] What is not for this device is left out of a page: it goes on behind that. */
  function readUpTo(group: GroupId, whole: boolean, upTo: number): void {
    const row = findGroup(sql, group)
    const which = whole ? 'position' : 'log_position'
    if (row === undefined || row.halted !== null || row[which] >= upTo || !Number.isSafeInteger(upTo)) return
    sql.transaction(() => setGroupPosition(sql, group, which, upTo))
  }

  /** False: where one stands has changed on the way, and the rest is to be read otherwise. */
  async function takeAll(group: GroupId, items: readonly StreamItem[], whole: boolean): Promise<boolean> {
    let rest = items
    while (rest.length > 0) {
      const mine = rest
      const { taken, noticed, halted } = await needs.work.run(() => takeItems(needs, states, group, mine, whole))
      if (noticed.length > 0) notice(group, noticed)
      if (halted) return true
      rest = rest.slice(taken)
      if (!whole && hasEntered(group)) return false
      await clock.breathe()
    }
    return true
  }

  /** One is a member by now: the stream is read from its beginning, and shown as far as one may read it. */
  function hasEntered(group: GroupId): boolean {
    const row = findGroup(sql, group)
    if (row?.standing !== 'member') return false
    // Who comes back reads from the beginning, too: what was said meanwhile may be for them by now. What is here is known.
    const conversation = groupConversation(group)
    const touched = new Touched()
    sql.transaction(() => {
      enterGroup(sql, group)
      if (findConversation(sql, conversation) === undefined)
        beginConversation(sql, {
          id: conversation,
          kind: 'group',
          account: null,
          state: 'open',
          last_at: clock.now(),
        })
      else setConversationState(sql, conversation, 'open')
    })
    touched.conversation(conversation)
    needs.tell(touched)
    needs.entered(group)
    return true
  }

  /** Who is no member, or not yet again, is served the log alone: what else there is, is not to be passed over. */
  function isWhole({ entered, standing }: GroupRow): boolean {
    return entered === 1 && standing === 'member'
  }

  async function watch(): Promise<void> {
    const groups = allGroups(sql).filter(({ halted }) => halted === null)
    if (groups.length === 0) return
    const watched = await connection.ask(
      { case: 'watchStreams', value: { groups: groups.map(({ group_id }) => uuidToBytes(group_id)) } },
      'streamsWatched',
    )
    if (!watched.ok) {
      later('watch', watched.failure, () => void watch().catch(failed))
      return
    }
    for (const standing of watched.value.standings) {
      const group = GroupId.safeParse(bytesToUuid(standing.group))
      if (!group.success) continue
      if (standing.served && isRolledBack(group.data, Number(standing.entries))) halt(group.data, 'rolled-back')
      else if (standing.served || isThoughtToBeServed(group.data)) readSoon(group.data)
    }
  }

  /** [P123] Who has gone, on another device or by the word of others, may still read how that came about. */
  function isThoughtToBeServed(group: GroupId): boolean {
    const row = findGroup(sql, group)
    return row !== undefined && SERVED.has(row.standing)
  }

  async function catchUp(group: GroupId): Promise<Answer<null>> {
    const done = await queueOf(group).run(() => read(group))
    if (!done.ok) later(group, done.failure, () => readAgain(group))
    return done
  }

  function readSoon(group: GroupId): void {
    catchUp(group).catch(failed)
  }

  /** Somebody may have waited for what was not read then. */
  function readAgain(group: GroupId): void {
    catchUp(group).then((done) => {
      if (done.ok) notice(group, [])
    }, failed)
  }

  /** Who is not connected goes on over the next connection. */
  function later(what: GroupId | 'watch', failure: Failure, again: () => void): void {
    pauses.get(what)?.()
    pauses.delete(what)
    if (stopped || failure.code !== 'rate-limited') return
    pauses.set(
      what,
      clock.after(failure.retryAfter ?? PAUSE, () => {
        pauses.delete(what)
        again()
      }),
    )
  }

  /** [P116] A relay that has fewer entries than it had before has lost some, or hides them. */
  function isRolledBack(group: GroupId, entries: number): boolean {
    const known = states.get(group)
    return known !== undefined && entries <= known.head.index
  }

  function halt(group: GroupId, why: string): void {
    log.warn('groups.halted', { why })
    const touched = new Touched()
    sql.transaction(() => haltGroup(sql, group, why))
    touched.conversation(groupConversation(group))
    needs.tell(touched)
  }

  function failed(error: unknown): void {
    log.error('groups.follow', { error: error instanceof Error ? error.name : 'unknown' })
  }

  return {
    catchUp,
    watch,
    grew(push) {
      const group = GroupId.safeParse(bytesToUuid(push.group))
      if (!group.success) return
      queueOf(group.data)
        .run(async () => {
          const row = findGroup(sql, group.data)
          if (row === undefined || row.halted !== null) return answer(null)
          const fits = isWhole(row) && row.position === Number(push.after) && push.items.length > 0
          if (!fits) return read(group.data)
          await takeAll(group.data, push.items, true)
          return answer(null)
        })
        .then((done) => {
          if (!done.ok) later(group.data, done.failure, () => readAgain(group.data))
        })
        .catch(failed)
    },
    async idle() {
      for (const queue of queues.values()) await queue.idle()
    },
    stop() {
      stopped = true
      for (const callOff of pauses.values()) callOff()
      pauses.clear()
    },
  }
}
