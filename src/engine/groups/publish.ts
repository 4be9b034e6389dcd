// What is said in groups, on its way: new keys first where they are due, sealed once for everybody, published as the very
// bytes that were committed [G4][G5][P81].

import { StreamKind } from '../../protocol/generated/relay_pb.ts'
import { type GroupState, newestEpoch } from '../../protocol/groups/state.ts'
import type { Failure, FailureCode } from '../../shared/failure.ts'
import { type GroupId, Instant, type MessageId, uuidToBytes } from '../../shared/ids.ts'
import type { SignalUnit } from '../signal/unit.ts'
import {
  failInGroupOutbox,
  type GroupOutboxRow,
  groupsWithMail,
  markGroupSealed,
  nextForGroup,
  nextToSeal,
  ownGroupSession,
} from '../storage/group-outbox.ts'
import { findGroup } from '../storage/groups.ts'
import { failDelivery, setMessageEpoch } from '../storage/messages.ts'
import { Touched } from '../touched.ts'
import type { Appending } from './append.ts'
import { readEnvelope, writeGroupContent } from './content.ts'
import type { Following } from './follow.ts'
import { whyNotSay } from './may-say.ts'
import type { GroupNeeds } from './needs.ts'
import { createPublished } from './published.ts'
import { createRotationDue } from './rotation-due.ts'
import { type SealedMessage, sealMessage, unsealFrom } from './seal.ts'
import { type GroupStates, isAtWork } from './states.ts'

export interface Publishing {
  /** There may be something to publish: in one group, or in all. */
  kick(group?: GroupId): void
  /**
   * In a unit that the caller commits, in the work queue: one commit instead of two, when there is a connection, a session
   * to speak in, and nothing that has to be sealed first. Undefined: it waits for its turn.
   */
  sealAtOnce(
    unit: SignalUnit,
    state: GroupState,
    said: Pick<GroupOutboxRow, 'message' | 'body' | 'at'>,
  ): Promise<SealedMessage | undefined>
  /** What is known to have left is noted as such: what remains may be withdrawn. */
  settle(): void
  idle(): Promise<void>
  stop(): void
}

type Step = 'on' | 'rest' | { pause: number }

/** After a failure that nobody foresaw, in milliseconds. */
const PAUSE = 5_000

export function createPublishing(
  needs: GroupNeeds,
  states: GroupStates,
  appending: Appending,
  catchUp: Following['catchUp'],
  /** Keys are owed that were not before. */
  owing: () => void,
): Publishing {
  const { sql, clock, log, connection } = needs
  const published = createPublished(needs)
  const isRotationDue = createRotationDue(needs)
  const lanes = new Map<GroupId, { again: boolean; running: Promise<void> }>()
  const pauses = new Map<GroupId, () => void>()
  const refusedLate = new Set<MessageId>()
  let stopped = false

  function kick(group?: GroupId): void {
    if (stopped) return
    if (group === undefined) {
      for (const waiting of groupsWithMail(sql)) kick(waiting)
      return
    }
    const lane = lanes.get(group)
    if (lane !== undefined) {
      lane.again = true
      return
    }
    const fresh = { again: true, running: Promise.resolve() }
    lanes.set(group, fresh)
    fresh.running = drive(group, fresh)
  }

  async function drive(group: GroupId, lane: { again: boolean }): Promise<void> {
    let step: Step = 'on'
    try {
      while (!stopped && (step === 'on' || lane.again)) {
        lane.again = false
        step = await move(group)
        if (typeof step === 'object') break
        if (step === 'rest') published.write()
      }
      published.write()
    } catch (error) {
      log.error('groups.publish', { error: error instanceof Error ? error.name : 'unknown' })
      step = { pause: PAUSE }
    } finally {
      lanes.delete(group)
    }
    if (typeof step === 'object' && !stopped) pause(group, step.pause)
  }

  function pause(group: GroupId, milliseconds: number): void {
    pauses.get(group)?.()
    pauses.set(
      group,
      clock.after(milliseconds, () => {
        pauses.delete(group)
        kick(group)
      }),
    )
  }

  /** One message, as far as it goes now. */
  async function move(group: GroupId): Promise<Step> {
    if (!isOnline()) return 'rest'
    const row = nextForGroup(sql, group, published.last(group))
    if (row === undefined) return 'rest'
    // What is tried again may lie before what was published: it is found once that is noted.
    if (row.state === 'waiting') published.write()
    const where = findGroup(sql, group)
    const state = states.get(group)
    if (where?.halted != null) return 'rest'
    if (where === undefined || !isAtWork(where, state, needs.own.account)) return fail(row, { code: 'no-such-group' })
    if (row.state === 'sealed' && row.bytes !== null) return publish(row, row.bytes)
    // As things stand, which may be otherwise than when it was said.
    const refused = whyNotSay(where, state, needs.own.account, row.readable === 1, clock.now())
    if (refused !== undefined) return fail(row, refused)
    if (row.readable === 1) return publish(row, await writeReadable(state, row))
    if (isRotationDue(state)) return rotate(group, newestEpoch(state).number)
    return seal(row, group)
  }

  function isOnline(): boolean {
    const { state } = connection.state()
    return state === 'online' || state === 'catching-up'
  }

  /** Of two at once the log takes one, and the other goes on in that. */
  async function rotate(group: GroupId, from: number): Promise<Step> {
    const opened = await appending.change(group, (state) =>
      newestEpoch(state).number === from ? { kind: 'open-epoch', epoch: from + 1 } : undefined,
    )
    if (opened.ok || opened.failure.code === 'already-so') return 'on'
    return afterFailure(opened.failure, undefined)
  }

  async function seal(row: GroupOutboxRow, group: GroupId): Promise<Step> {
    return needs.work.run(async (): Promise<Step> => {
      const state = states.get(group)
      const current = nextForGroup(sql, group, 0)
      if (current?.id !== row.id || current.state !== 'waiting' || state === undefined) return 'on'
      if (isRotationDue(state)) return 'on'
      const unit = needs.signal.unit()
      try {
        const sealed = await sealMessage(needs, unit, state, row)
        needs.crash('group.sealed')
        sql.transaction(() => {
          unit.flush()
          sealed.write()
          markGroupSealed(sql, row.id, sealed.bytes)
          setMessageEpoch(sql, row.message, sealed.epoch)
        })
        unit.settled()
      } catch (error) {
        unit.abandon()
        throw error
      }
      needs.crash('group.committed')
      owing()
      return 'on'
    })
  }

  async function sealAtOnce(
    unit: SignalUnit,
    state: GroupState,
    said: Pick<GroupOutboxRow, 'message' | 'body' | 'at'>,
  ): Promise<SealedMessage | undefined> {
    const hasSession = ownGroupSession(sql, state.group)?.epoch === newestEpoch(state).number
    if (!isOnline() || !hasSession || nextToSeal(sql, state.group) !== undefined || isRotationDue(state))
      return undefined
    return sealMessage(needs, unit, state, said)
  }

  async function writeReadable(state: GroupState, row: GroupOutboxRow): Promise<Uint8Array> {
    const sender = { account: needs.own.account, device: needs.own.device }
    const epoch = newestEpoch(state).number
    sql.transaction(() => setMessageEpoch(sql, row.message, epoch))
    return writeGroupContent(
      row.body,
      { group: state.group, epoch, sender, message: row.message, session: undefined },
      0,
      row.at,
    )
  }

  async function publish(row: GroupOutboxRow, content: Uint8Array): Promise<Step> {
    const answered = await connection.ask(
      {
        case: 'publish',
        value: {
          group: uuidToBytes(row.group_id),
          message: uuidToBytes(row.message),
          kind: row.readable === 1 ? StreamKind.READABLE : StreamKind.SEALED,
          content,
        },
      },
      'published',
    )
    needs.crash('group.published')
    if (!answered.ok && answered.failure.code === 'epoch-over') return sealAfresh(row)
    if (!answered.ok) return afterFailure(answered.failure, row)
    published.note(row, Instant.safeParse(Number(answered.value.timeMs)).data ?? clock.now())
    // What was never sealed would be found again.
    if (row.state === 'waiting') published.write()
    return 'on'
  }

  /** [P135] The log has moved on unseen: it is read, and what was sealed is sealed for what holds by now. */
  async function sealAfresh(row: GroupOutboxRow): Promise<Step> {
    await unseal(row)
    const read = await catchUp(row.group_id)
    if (!read.ok) return afterFailure(read.failure, undefined)
    const state = states.get(row.group_id)
    const sealedIn = row.bytes === null ? undefined : readEnvelope(row.bytes)?.epoch
    const isOver = state !== undefined && (state.marks.length > 0 || newestEpoch(state).number !== sealedIn)
    // A relay that shows no reason for it is not asked without end.
    return isOver ? 'on' : { pause: PAUSE }
  }

  /** Nothing of it was taken. What was, before it, stays as it is. Queued: what is sealed meanwhile has its number behind it. */
  function unseal(row: GroupOutboxRow): Promise<void> {
    return needs.work.run(async () => {
      published.write()
      if (row.state === 'sealed') sql.transaction(() => unsealFrom(sql, row.group_id, row.id))
    })
  }

  async function afterFailure(failure: Failure, row: GroupOutboxRow | undefined): Promise<Step> {
    switch (whatNow(failure.code)) {
      case 'rest':
        return 'rest'
      case 'wait':
        return { pause: failure.retryAfter ?? PAUSE }
      case 'fail':
        if (row === undefined) return { pause: PAUSE }
        // What is tried again is sealed for what holds then.
        await unseal(row)
        return isRefusedLate(row) ? { pause: PAUSE } : fail(row, failure)
    }
  }

  /** By the log as it was then; as it is now, it may be said. Once for each: who refuses it again means it. */
  function isRefusedLate({ group_id, message, readable }: GroupOutboxRow): boolean {
    const where = findGroup(sql, group_id)
    const state = states.get(group_id)
    if (where === undefined || !isAtWork(where, state, needs.own.account) || refusedLate.has(message)) return false
    refusedLate.add(message)
    return whyNotSay(where, state, needs.own.account, readable === 1, clock.now()) === undefined
  }

  function fail(row: GroupOutboxRow, failure: Failure): Step {
    const touched = new Touched()
    sql.transaction(() => {
      failInGroupOutbox(sql, row.id)
      touched.message(failDelivery(sql, row.message, failure, clock.now()))
    })
    needs.tell(touched)
    return 'on'
  }

  return {
    kick,
    sealAtOnce,
    settle: published.write,
    async idle() {
      while (lanes.size > 0) await Promise.all([...lanes.values()].map(({ running }) => running))
    },
    stop() {
      stopped = true
      for (const callOff of pauses.values()) callOff()
      pauses.clear()
    },
  }
}

function whatNow(code: FailureCode): 'rest' | 'wait' | 'fail' {
  switch (code) {
    case 'not-connected':
      return 'rest'
    case 'rate-limited':
    case 'disk-full':
      return 'wait'
    default:
      return 'fail'
  }
}
